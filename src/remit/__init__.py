"""Remit: from a record of depression treatment to a defensible next step."""

__version__ = "0.1.0"
