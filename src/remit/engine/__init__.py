"""Columns to columns: intervals, groups, three-valued logic and the shapes of definitions. Knows no psychiatry."""
