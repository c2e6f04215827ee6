"""A plain-Python reference for one person, written from docs/explanation/semantics.md and not from the engine.

Slow and obvious: dates are day numbers, a trial is a handful of pieces, every rule of the text is one small function.
Nothing here may import the engine, the flow, the pipeline, Polars or NumPy; `test_imports.py` holds that.
"""

from oracle.judge import Judgement, Oracle
from oracle.model import Condition, Episode, Exposure, Person, Score

__all__ = ["Condition", "Episode", "Exposure", "Judgement", "Oracle", "Person", "Score"]
