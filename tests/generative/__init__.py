"""Drawn persons: the engine against the oracle, at the knowledge's own thresholds plus or minus one."""
