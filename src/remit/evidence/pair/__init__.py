"""One comparison: pooled effects of two treatments, or one pooled proportion or mean."""
