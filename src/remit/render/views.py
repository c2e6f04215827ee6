"""A person's assessment as plain objects: what every output, text or JSON, is written from.

`remit.render.gather` makes them by following the keys of the tables; nothing here judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from remit.flow.carried import Last
from remit.knowledge import AdequacyRule, Definition, Treatment

if TYPE_CHECKING:
    from remit.knowledge.ordering import SpecialGroup
    from remit.render.considered import ConsiderationView, GeneView
    from remit.render.optioned import MechanismView, OptionView

DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class TrialView:
    """One trial. `end` and `end_earliest` are exclusive; null is unknown; an ongoing trial ends at the index date."""

    key: int
    id: str
    treatment: Treatment
    class_name: str
    start: date | None
    start_latest: date | None
    end: date | None
    end_earliest: date | None
    is_ongoing: bool
    covered_days: int | None
    covered_days_low: int
    max_dose_mg: float | None
    is_dose_complete: bool
    sessions: float | None
    adherence: float | None
    stop_reason: str | None
    added_to: str | None  # name of the treatment that it was added to
    outcome: str | None
    improvement_percent: float | None
    basis: str  # measured, reported, none
    measured: str | None  # name of the instrument, and both scores
    disagrees: bool
    made: Last = field(default_factory=Last, init=False, repr=False, compare=False)  # of this view

    def __hash__(self) -> int:  # the other fields are many, and hardly tell trials of a run apart
        return hash((self.key, self.id))

    @property
    def is_start_exact(self) -> bool:
        """Whether the first day is known."""
        return self.start is not None and self.start == self.start_latest

    @property
    def is_end_exact(self) -> bool:
        """Whether the last day is known, or the trial goes on."""
        return self.is_ongoing or (self.end is not None and self.end == self.end_earliest)


@dataclass(frozen=True, slots=True)
class AdequacyView:
    """One trial under one adequacy rule; three-valued fields hold yes, no or unknown."""

    trial: TrialView
    rule: AdequacyRule
    dose_met: str
    duration_met: str
    adherence_met: str
    adequate_days: int | None
    adequate_days_low: int
    failed_adequate: str
    intolerant: str
    episode_duration_met: str
    episode_days: int | None
    episode_days_low: int
    failed_in_episode: str
    is_rule_silent: bool  # the rule has neither a dose nor a number of sessions for the treatment
    why: Callable[[AdequacyView], tuple[str, ...]] = field(repr=False, compare=False)
    made: Last = field(default_factory=Last, init=False, repr=False, compare=False)  # of this view

    @property
    def reasons(self) -> tuple[str, ...]:
        """Each condition of the rule in words."""
        return self.why(self)

    @property
    def fair_try(self) -> str:
        """Whether dose and time were enough and adherence is not known to be low: the least of the three."""
        kept_to = "no" if self.adherence_met == "no" else "yes"
        return min((self.dose_met, self.duration_met, kept_to), key=("no", "unknown", "yes").index)


@dataclass(frozen=True, slots=True)
class Lack:
    """A fact that could settle a verdict; the same one for several definitions compares equal."""

    fact: str
    trial_id: str | None
    text: str
    question: str  # the same as something to bring to a visit


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One definition's verdict."""

    definition: Definition
    status: str
    value: float | None
    low: float | None
    high: float | None
    first_met_date: date | None
    label: str | None
    missing: tuple[Lack, ...]
    trial_ids: tuple[str, ...]
    excluded_by: tuple[str, ...]  # names of recorded conditions for which it does not apply


@dataclass(frozen=True, slots=True)
class Sign:
    """One row of table `crisis`."""

    kind: str
    about: str
    item: int | None
    record_ref: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Something that a reader should know about the record."""

    kind: str
    code: str
    text: str
    record_ref: str | None


class PersonView(Protocol):
    """All that is to be said about one person; a part is made when it is first asked for (`remit.render.person`)."""

    id: str
    index_date: date
    country: str | None
    severity: str | None
    psychotic: str
    episode_start: date | None
    episode_start_latest: date | None

    @property
    def score(self) -> str | None:
        """The newest total of an instrument of severity, in words."""

    @property
    def trials(self) -> tuple[TrialView, ...]:
        """By start; unknown ones last."""

    @property
    def adequacy(self) -> tuple[AdequacyView, ...]:
        """Trials, each under every rule of the definitions."""

    def under(self, rule_id: str) -> tuple[AdequacyView, ...]:
        """Trials under one rule of the definitions."""

    @property
    def verdicts(self) -> tuple[VerdictView, ...]:
        """In the order of the definitions."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was not recorded and is taken as ordinary."""

    @property
    def notices(self) -> tuple[NoticeView, ...]:
        """What a reader should know about the record."""

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Signs of suicidality on record."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Sentences in the order in which they are to be read."""

    @property
    def considerations(self) -> tuple[ConsiderationView, ...]:
        """What else could explain it."""

    @property
    def genes(self) -> tuple[GeneView, ...]:
        """What a guideline says by genotype."""

    @property
    def options(self) -> tuple[OptionView, ...]:
        """In their order; none for a visit."""

    @property
    def groups(self) -> tuple[SpecialGroup, ...]:
        """That need a specialist."""

    @property
    def mechanisms(self) -> tuple[MechanismView, ...]:
        """What was tried of each system."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, what it is about, and where it comes from."""

    text: str
    about: str  # kind and id, such as trial:..., verdict:..., safety
    sources: tuple[str, ...] = ()
    verified: str | None = None


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """Everything of one run."""

    mode: str
    knowledge_version: str
    knowledge_date: date
    definitions: tuple[Definition, ...]
    persons: tuple[PersonView, ...]
    notices: tuple[NoticeView, ...]  # that concern no single person
