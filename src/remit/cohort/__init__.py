"""Populations: the same flow, bucket by bucket."""
