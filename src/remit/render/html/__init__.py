"""Documents as HTML that stands alone: one file, no script, no request."""
