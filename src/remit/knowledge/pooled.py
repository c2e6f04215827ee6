"""Pooled effects of studies as plain data: made from the evidence base ahead of time, read where numbers are shown.

`remit evidence pool` writes the file from the study files; a test makes it anew and compares. Nothing that shows a
number needs the engine that pools. Effects are never ranked among each other, and nothing is told across comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from remit.errors import Fault, KnowledgeError
from remit.knowledge.base import KnowledgeModel

FILE = Path("evidence") / "pooled.json"
SCHEMA = "remit-pooled/1"
STUDY = "study:"
"""Begins the id of a study where it stands among the ids of sources."""


class Share(KnowledgeModel):
    """People of 100 with an outcome, with the limits of a 95 % interval."""

    of_100: float
    low: float
    high: float


class PooledNode(KnowledgeModel):
    """A treatment or a control as studies compared it, and the entries of the catalogue that it belongs to."""

    name: str
    plain: str
    options: tuple[str, ...] = ()


class PooledStudy(KnowledgeModel):
    """A study behind a pooled effect."""

    label: str
    year: int
    source: str
    seen_where: str
    funding: str
    risk_of_bias: str
    trd_level: str
    trd_definition: str


class PooledEffect(KnowledgeModel):
    """One treatment against one control, over the trials that hold both.

    Attributes
    ----------
    treatment, control : str
        Ids of nodes.
    outcome, window : str
        What was counted, by each study's own definition; when, as a key.
    events, n, events_control, n_control : int
        Over all studies in the estimate.
    share, share_control : Share or None
        People of 100. That of the controls is their own with Wilson's interval; that of the treatment is what the
        pooled odds ratio and its limits make of it. None where all controls, or none, had the outcome.
    model : str
        ``random`` or ``common``: which estimate it is.
    certainty : str
        In GRADE words, provisional; `reasons` say why it is not high.
    left_out : tuple of str
        Studies of this comparison that are not in the estimate, with the reason.
    """

    treatment: str
    control: str
    outcome: str
    window: str
    window_text: str
    k: int
    events: int
    n: int
    events_control: int
    n_control: int
    odds_ratio: float
    lower: float
    upper: float
    prediction_lower: float | None = None
    prediction_upper: float | None = None
    model: str
    tau2: float
    i2: float | None = None
    share: Share | None = None
    share_control: Share | None = None
    certainty: str
    reasons: tuple[str, ...] = ()
    words: str
    studies: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def n_people(self) -> int:
        """People in both groups."""
        return self.n + self.n_control

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Ids of its studies as sources."""
        return tuple(f"{STUDY}{name}" for name in self.studies)


class RelapseRatio(KnowledgeModel):
    """Hazard ratio of relapse in one trial, as published: going on against stopping, among people who had responded."""

    study: str
    treatment: str
    people: str
    against: str
    hazard_ratio: float
    lower: float | None = None
    upper: float | None = None


class PooledTable(KnowledgeModel):
    """Everything that was pooled ahead of time."""

    schema_id: str
    label: str
    inputs: str
    nodes: Mapping[str, PooledNode]
    studies: Mapping[str, PooledStudy]
    effects: tuple[PooledEffect, ...]
    relapse: tuple[RelapseRatio, ...] = ()

    @cached_property
    def _by_option(self) -> dict[str, tuple[PooledEffect, ...]]:
        found: dict[str, list[PooledEffect]] = {}
        for effect in self.effects:
            sides = (*self.nodes[effect.treatment].options, *self.nodes[effect.control].options)
            for option in dict.fromkeys(sides):
                found.setdefault(option, []).append(effect)
        return {option: tuple(effects) for option, effects in found.items()}

    def of(self, option: str) -> tuple[PooledEffect, ...]:
        """Effects that hold an entry of the catalogue on either side; none means that no counts were verified yet."""
        return self._by_option.get(option, ())

    def relapse_of(self, option: str) -> Iterator[RelapseRatio]:
        """Hazard ratios of relapse of an entry of the catalogue."""
        return (ratio for ratio in self.relapse if option in self.nodes[ratio.treatment].options)

    def cited(self, study: str) -> str:
        """A study in words, by its id with or without what begins it."""
        known = self.studies[study.removeprefix(STUDY)]
        return f"{known.label} ({known.source}; {known.seen_where})"

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Ids of all studies as sources."""
        return tuple(f"{STUDY}{name}" for name in self.studies)


EMPTY = PooledTable.model_construct(schema_id=SCHEMA, label="", inputs="", nodes={}, studies={}, effects=())


def read_pooled(roots: tuple[Path, ...]) -> PooledTable:
    """The pooled effects of the last root that holds them; an empty table where none does.

    Raises
    ------
    KnowledgeError
        The file is not what `remit evidence pool` writes.
    """
    for root in reversed(roots):
        path = root / FILE
        if path.is_file():
            try:
                return PooledTable.model_validate_json(path.read_bytes())
            except ValidationError as error:
                what = f"is not a table of pooled effects ({error.error_count()} faults)"
                raise KnowledgeError([Fault(str(FILE), what, "Write it anew: remit evidence pool")]) from None
    return EMPTY
