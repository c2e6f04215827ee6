"""From exposures to trials: the cut at the index date, stitching, overlaps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from oracle.facts import Facts
from oracle.model import ALWAYS, NEVER, Exposure, Person

BARE = "fill"
"""A record of bare claims has no notes: what is dispensed."""


@dataclass(frozen=True)
class Piece:
    """One exposure as it stands at the index date. `start` to `end` is possible, `certain` is certain."""

    row: int
    source: Exposure
    start: float
    start_latest: float
    end_earliest: float
    end: float
    start_known: bool
    end_known: bool
    ongoing: bool

    @property
    def dose(self) -> float | None:
        """Daily dose in mg; None: not recorded."""
        return self.source.dose

    @property
    def exact(self) -> bool:
        """Whether both dates are exact."""
        return (self.start_known and self.end_known
                and self.start == self.start_latest and self.end_earliest == self.end)  # fmt: skip

    @property
    def certain(self) -> tuple[float, float]:
        """Days that it covered whatever the dates were; may be empty."""
        return (self.start_latest, max(self.start_latest, self.end_earliest))

    @property
    def evidence(self) -> str:
        """What kind of record says so."""
        return self.source.evidence if self.source.noted else BARE


def at_index(row: int, e: Exposure, index: int) -> Piece | None:
    """The exposure as known on the index date; None where it starts later."""
    start = None if e.start is None else e.start.toordinal()
    if start is not None and start > index:
        return None
    latest_start = e.start_latest if e.noted else e.start
    end = None if e.end is None else e.end.toordinal()
    earliest = e.end_earliest if e.noted else e.end
    end_earliest = None if earliest is None else earliest.toordinal()
    first: float = NEVER if start is None else start
    ongoing = end is None and (not e.noted or e.end_kind == "ongoing")
    if end is not None and end_earliest is not None and end_earliest > index + 1:
        ongoing = True
    if ongoing:
        end_earliest = end = index
    low: float = first if end_earliest is None else end_earliest
    high: float = index + 1 if end is None else min(end, index + 1)
    late: float = low if start is None or latest_start is None else min(latest_start.toordinal(), index)
    return Piece(row, e, first, late, low, high, start is not None, end is not None, ongoing)


@dataclass(eq=False)
class Trial:
    """One unbroken course of one treatment."""

    treatment: str
    pieces: list[Piece]
    gap: float
    unsettled: bool = False  # there are several of this treatment and a date of one is unknown
    all_known: bool = True  # every dose and date of the person's exposures of the treatment

    @cached_property
    def rows(self) -> frozenset[int]:
        """Which exposures it is made of."""
        return frozenset(p.row for p in self.pieces)

    @cached_property
    def start_known(self) -> bool:
        """Whether no exposure's start is unknown."""
        return all(p.start_known for p in self.pieces)

    @cached_property
    def end_known(self) -> bool:
        """Whether no exposure's end is unknown."""
        return all(p.end_known for p in self.pieces)

    @cached_property
    def exact(self) -> bool:
        """Whether its first and its last day are exact."""
        known = self.start_known and self.end_known
        return known and self.start == self.start_latest and self.end == self.end_earliest

    @cached_property
    def start(self) -> float:
        """Earliest possible first day."""
        return min(p.start for p in self.pieces)

    @cached_property
    def start_latest(self) -> float:
        """Latest possible first day."""
        return min(p.start_latest for p in self.pieces)

    @cached_property
    def end(self) -> float:
        """Latest possible day after the last."""
        return max(p.end for p in self.pieces)

    @cached_property
    def end_earliest(self) -> float:
        """Earliest possible day after the last: the latest of its exposures' earliest ends."""
        return max(p.end_earliest for p in self.pieces)

    @cached_property
    def certain(self) -> tuple[float, float]:
        """From its latest start to its earliest end, as far as they are known."""
        start = min((p.start_latest for p in self.pieces if p.start_known), default=ALWAYS)
        return start, self.end_earliest

    @cached_property
    def is_ongoing(self) -> bool:
        """Whether it still ran at the index date."""
        return any(p.ongoing for p in self.pieces)

    @cached_property
    def sessions(self) -> float | None:
        """Sessions of all exposures; None where one has none recorded."""
        each = [p.source.sessions for p in self.pieces]
        return None if None in each else sum(x for x in each if x is not None)

    @cached_property
    def adherence(self) -> float | None:
        """Lowest recorded share of doses taken."""
        return min((p.source.adherence for p in self.pieces if p.source.adherence is not None), default=None)

    @cached_property
    def augments(self) -> str | None:
        """The treatment that the record says it was added to."""
        return next((p.source.augments for p in self.pieces if p.source.augments is not None), None)

    @cached_property
    def dose_complete(self) -> bool:
        """Whether every exposure has a dose."""
        return all(p.dose is not None for p in self.pieces)

    @cached_property
    def may_be_last(self) -> list[Piece]:
        """The exposures that may have ended last; of several with that same exact end the later in the record."""
        able = [p for p in self.pieces if p.end >= self.end_earliest]
        tied = {p.row for p in able if p.end == p.end_earliest == self.end_earliest}
        return [p for p in able if p.row not in tied or p.row == max(tied)]

    @cached_property
    def stop_reason(self) -> str | None:
        """Why it was stopped: what all exposures that may have ended last say."""
        said = {p.source.stop_reason for p in self.may_be_last}
        return said.pop() if len(said) == 1 else None


def trials_of(person: Person, facts: Facts) -> list[Trial]:
    """All trials of a person as known on the index date."""
    index = person.index_date.toordinal()
    by_treatment: dict[str, list[Piece]] = {}
    for row, exposure in enumerate(person.exposures):
        piece = at_index(row, exposure, index)
        if piece is not None:
            by_treatment.setdefault(exposure.treatment, []).append(piece)
    out: list[Trial] = []
    for treatment, pieces in by_treatment.items():
        gap = facts.course_gap if facts.is_course(treatment) else max(facts.gap[p.evidence] for p in pieces)
        groups = _stitch(pieces, gap)
        unsettled = len(groups) > 1 and not all(p.start_known and p.end_known for p in pieces)
        all_known = all(p.dose is not None and p.exact for p in pieces)
        out += [Trial(treatment, group, gap, unsettled, all_known) for group in groups]
    return out


def _stitch(pieces: list[Piece], gap: float) -> list[list[Piece]]:
    """Pieces of one treatment as unbroken courses."""
    alone = [[p] for p in pieces if not p.start_known and not p.end_known]
    placed = [(*_place(p), p) for p in pieces if p.start_known or p.end_known]
    groups: list[list[Piece]] = []
    reach = NEVER
    for first, last, piece in sorted(placed, key=lambda x: (x[0], x[1], x[2].row)):
        if not groups or first > reach + gap:
            groups.append([])
        groups[-1].append(piece)
        reach = max(reach, last)
    return groups + alone


def _place(piece: Piece) -> tuple[float, float]:
    """Where a piece takes part in stitching."""
    if not piece.start_known:
        return piece.end, piece.end
    if not piece.end_known:
        return piece.start, piece.start
    return piece.start, piece.end


@dataclass(frozen=True)
class Overlap:
    """Two trials that ran at the same time; `added` is the one that was added to `base`."""

    base: Trial
    added: Trial
    days: float
    kind: str
    declared: bool


def latest_start(whole: list[Trial]) -> float:
    """Latest first day of the course that some trials may be; where no start is known, only its end bounds it."""
    starts = [trial.certain[0] for trial in whole]
    return max(t.end for t in whole) if ALWAYS in starts else max(starts)


DRUG_ROLES = ("antidepressant", "rapid_acting", "augmentation", "herbal", "investigational")
MAIN_ROLES = ("antidepressant", "rapid_acting")


def overlaps_of(trials: list[Trial], facts: Facts) -> list[Overlap]:
    """Every pair of trials that share days."""
    able = [t for t in trials if facts.treatments[t.treatment].role in DRUG_ROLES]
    out = []
    for i, a in enumerate(able):
        for b in able[i + 1 :]:
            if a.start_known and a.end_known and b.start_known and b.end_known:
                days = min(a.end, b.end) - max(a.start, b.start)
                if days > 0:
                    out.append(_overlap(a, b, days, facts))
    return out


def _overlap(a: Trial, b: Trial, days: float, facts: Facts) -> Overlap:
    roles = [facts.treatments[t.treatment].role for t in (a, b)]
    kind = "augmentation" if sum(r in MAIN_ROLES for r in roles) == 1 else "combination"
    if a.augments == b.treatment or b.augments == a.treatment:
        base, added = (b, a) if a.augments == b.treatment else (a, b)
        return Overlap(base, added, days, kind, True)
    augmenting = [kind == "augmentation" and r not in MAIN_ROLES for r in roles]
    if days <= facts.cross_taper:
        kind = "cross_taper"
    if a.start != b.start:
        first = a.start < b.start
    elif augmenting[0] != augmenting[1]:
        first = augmenting[1]
    else:
        first = a.treatment < b.treatment
    base, added = (a, b) if first else (b, a)
    return Overlap(base, added, days, kind, False)
