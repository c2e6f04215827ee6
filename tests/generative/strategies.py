"""Persons for Hypothesis, from the same building blocks as the fast driver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from generative.people import draw_person
from oracle import Person

T = TypeVar("T")


class HypothesisChooser:
    """Choices that Hypothesis makes, and shrinks towards the first of each list."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self._draw(st.integers(0, len(options) - 1))]


@st.composite
def persons(draw: st.DrawFn) -> Person:
    """One person at the knowledge's thresholds."""
    return draw_person(HypothesisChooser(draw))
