"""Pooled effects of studies, as plain data: a surface fetches them from the evidence and hands them to a document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citation:
    """One study behind an effect."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Effect:
    """One treatment against one control, from the studies that hold both. Effects are never ranked among each other.

    Attributes
    ----------
    treatment, control : str
        Names as in the evidence.
    outcome : str
        Such as response or remission, each by its study's own definition.
    window : str
        When it was measured, in words.
    n_studies : int
    n_people : int
        In both groups.
    helped, n_helped : int
        People with the outcome, and people, in the treatment's groups.
    helped_control, n_control : int
        The same in the control groups.
    odds_ratio, lower, upper : float
        Pooled, with its interval.
    certainty : str
        In GRADE words.
    words : str
        One sentence that carries the certainty.
    warnings : tuple of str
        What must stand beside the numbers.
    citations : tuple of Citation
    """

    treatment: str
    control: str
    outcome: str
    window: str
    n_studies: int
    n_people: int
    helped: int
    n_helped: int
    helped_control: int
    n_control: int
    odds_ratio: float
    lower: float
    upper: float
    certainty: str
    words: str
    warnings: tuple[str, ...]
    citations: tuple[Citation, ...]
