"""Worked cases and vignettes as test items."""
