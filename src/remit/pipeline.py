"""The whole house on one page: which transform follows which, and how a record is assessed.

One person and a bucket of a cohort take the same way; a cohort asks for fewer tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import polars as pl

from remit.engine.written import Kept, Pending, Written
from remit.flow.adequacy import adequacy
from remit.flow.carried import Carried
from remit.flow.crisis import crisis
from remit.flow.resistance import resistance
from remit.flow.trials import trials
from remit.knowledge import Knowledge
from remit.tables import RECORDS, Tables

if TYPE_CHECKING:
    from remit.knowledge.payers import PayerPolicy
    from remit.knowledge.plans import PlanTemplate

Transform: TypeAlias = Callable[[Tables, Knowledge], Mapping[str, pl.DataFrame]]


class Step(NamedTuple):
    """A transform of the flow, and the tables that it writes.

    One that reads tables of records alone may name them: it sees no others where what it writes is carried over.
    """

    transform: Transform
    writes: tuple[str, ...]
    reads: tuple[str, ...] = ()


def _later(name: str) -> Transform:
    """A transform of `remit.flow` that is loaded by the first run that needs it."""

    def run(tables: Tables, knowledge: Knowledge) -> Mapping[str, pl.DataFrame]:
        written: Mapping[str, pl.DataFrame] = getattr(import_module(f"remit.flow.{name}"), name)(tables, knowledge)
        return written

    return run


FLOW = (
    Step(crisis, ("crisis",)),
    Step(
        trials,
        ("trial", "trial_note", "trial_detail", "trial_exposure", "trial_run", "trial_overlap"),
        ("person", "episode", "exposure", "exposure_note", "exposure_detail", "outcome"),
    ),
    Step(adequacy, ("response", "adequacy")),
    Step(resistance, ("verdict",)),
    Step(_later("reasons"), ("tally", "finding", "finding_trial", "missing")),
    Step(_later("facts"), ("fact",)),
    Step(_later("options"), ("option", "option_reason", "special_group", "mechanism_tried")),
    Step(_later("differential"), ("consideration", "consideration_reason")),
    Step(_later("pharmacogenetics"), ("gene_guidance",)),
    Step(_later("course"), ("course_event", "due", "caseload_line")),
)
"""In the order of the questions."""

_STEP: dict[str, Step] = {name: step for step in FLOW for name in step.writes}

JUDGED = ("crisis", "verdict")
"""What `assess` makes at once, with all that leads there."""


_RECORDS = {table.table_name(): table for table in RECORDS}


class _Content:
    """A table, which is the same as another that says the same."""

    __slots__ = ("frame",)

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self.frame.equals(other.frame)

    __hash__ = None  # type: ignore[assignment]


class Assessed(Written):
    """The records, and what the flow makes of them: a transform runs when one of its tables is first asked for.

    A transform is pure, so when it runs makes no difference to what it writes; what nobody asks for costs nothing.
    Nor does a frame: what a transform wrote as arrays stays so, until its frame is asked for.

    Parameters
    ----------
    records : mapping of str to DataFrame
    knowledge : Knowledge
    carried : Carried, optional
        Of runs by the same knowledge: what a step wrote is taken over where all tables that it reads are the same.
    """

    def __init__(self, records: Tables, knowledge: Knowledge, carried: Carried | None = None) -> None:
        super().__init__({name: t.conform(records.get(name, t.empty())) for name, t in _RECORDS.items()})
        self.knowledge, self.carried = knowledge, carried
        self.found: dict[tuple[object, ...], object] = {}  # see `remit.flow.once`

    def find(self, name: str) -> Kept:
        """A table as it is kept, from the transform that writes it if it was not asked for before."""
        if name not in self.kept:
            written = self._written(_STEP[name])
            for other, table in (written.kept if isinstance(written, Written) else written).items():
                self.kept.setdefault(other, table)
        return self.kept[name]

    def _written(self, step: Step) -> Mapping[str, pl.DataFrame]:
        if self.carried is None or not step.reads:
            return step.transform(self, self.knowledge)

        def run(*read: _Content) -> Mapping[str, pl.DataFrame]:
            tables = {name: content.frame for name, content in zip(step.reads, read, strict=True)}
            return step.transform(tables, self.knowledge)

        return self.carried.last.of(step.writes, run, *(_Content(self[name]) for name in step.reads))

    def __iter__(self) -> Iterator[str]:
        yield from list(self.kept)
        yield from (name for name in _STEP if name not in self.kept)

    def __len__(self) -> int:
        return len(self.kept.keys() | _STEP.keys())

    def __or__(self, written: Mapping[str, pl.DataFrame]) -> Assessed:
        """The same with further tables, as `schedule` and `cover` write them."""
        joined = copy(self)
        joined.found = {}
        # What is pending sees the run that it was left by, which may go.
        joined.kept = {name: table for name, table in self.kept.items() if not isinstance(table, Pending)}
        joined.kept |= written
        return joined


def assess(records: Tables, knowledge: Knowledge, definitions: Sequence[str] | None = None) -> Assessed:
    """From records to verdicts.

    Parameters
    ----------
    records : mapping of str to DataFrame
        Tables of `remit.tables.RECORDS`; one that is absent is empty. Persons stand in the order of their keys.
    knowledge : Knowledge
        Narrowed to the asked definitions by `Knowledge.only`, or with `definitions`.
    definitions : sequence of str, optional
        Ids of definitions; all by default. `definition_key` counts in the narrowed knowledge.

    Returns
    -------
    Assessed
        The records and every table of `FLOW`: crisis signs, trials, adequacy and verdicts made, the others (reasons,
        facts, options, differential, gene guidance, course) when they are asked for.

    Raises
    ------
    ContractError
        If a table of records does not have its contract's types.
    UsageError
        If a definition is not known.
    """
    assessed = Assessed(records, knowledge.only(definitions))
    for name in JUDGED:
        assessed[name]
    return assessed


def follow(records: Tables, knowledge: Knowledge) -> Assessed:
    """Where every person stands, for the list view of a practice: trials and course, without adequacy and verdicts.

    Parameters
    ----------
    records : mapping of str to DataFrame
        As for `assess`.
    knowledge : Knowledge

    Returns
    -------
    Assessed
        The records, and when asked for `crisis`, the tables of `trials`, `course_event`, `due` and `caseload_line`.
    """
    return Assessed(records, knowledge.only([]))


def schedule(tables: Tables, knowledge: Knowledge, template: PlanTemplate, start: date) -> dict[str, pl.DataFrame]:
    """The plan of a chosen option (`remit.flow.plan`) for the persons of a run."""
    from remit.flow.plan import plan  # not needed by most runs

    return plan(tables, knowledge, template, start)


def cover(tables: Tables, knowledge: Knowledge, policy: PayerPolicy) -> dict[str, pl.DataFrame]:
    """Which criteria of a coverage policy (`remit.flow.coverage`) the persons of a run meet; needs table `fact`."""
    from remit.flow.coverage import coverage  # not needed by most runs

    return coverage(tables, knowledge, policy)
