"""Loads the library of the contracts without the database toolkit that it looks for.

It offers columns for SQLAlchemy where that is installed, which no table here asks for, and loading that takes longer
than all else that a command does at its start. So it is shown as absent for the moment of the import; who needs it
imports it as ever.
"""

from __future__ import annotations

import sys

TOOLKIT = "sqlalchemy"

if TOOLKIT not in sys.modules and "dataframely" not in sys.modules:
    sys.modules[TOOLKIT] = None  # type: ignore[assignment]
    try:
        import dataframely  # noqa: F401
    finally:
        del sys.modules[TOOLKIT]
