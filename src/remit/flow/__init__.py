"""Psychiatry, one transform a module: tables in, tables out. See `remit.pipeline.FLOW` for the order."""
