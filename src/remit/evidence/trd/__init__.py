"""The studies that Remit carries, what may be pooled from them, and how certain it is."""
