"""Did a trial help? What was measured, else what was reported, else unknown.

Improvement is a list of pieces, each of which may be the true one: a band of percent or one number. A statement holds
if it holds for all pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from oracle.facts import Facts, Rule
from oracle.model import ALWAYS, NEVER, NO, UNKNOWN, YES, Person
from oracle.trials import Piece, Trial, latest_start


@dataclass(frozen=True)
class Part:
    """One possible improvement: a number, or a band [low, high) of percent; or remission by word or by cut-off."""

    low: float
    high: float
    is_band: bool = False
    remission: int = NO


@dataclass(frozen=True)
class Response:
    """What is known of a trial's improvement; no part: unknown."""

    parts: tuple[Part, ...] = ()
    basis: str = "none"
    word: str | None = None
    measure: str | None = None
    scores: tuple[int, ...] = field(default=())  # rows of the baseline and the end score

    def nonresponse(self, rule: Rule) -> int:
        """Whether the trial did not help, by the rule's threshold; not sure where it may have been a remission."""
        found = {_nonresponse(part, rule) for part in self.parts} or {UNKNOWN}
        return found.pop() if len(found) == 1 else UNKNOWN

    @property
    def remission(self) -> int:
        """Whether there was remission."""
        found = {part.remission for part in self.parts} or {UNKNOWN}
        return found.pop() if len(found) == 1 else UNKNOWN

    @property
    def number(self) -> float | None:
        """The improvement, where one number is known."""
        one = self.parts[0] if len(self.parts) == 1 else None
        return None if one is None or one.is_band or one.low != one.high else one.low


def _nonresponse(part: Part, rule: Rule) -> int:
    if part.remission == YES:
        return NO
    most = UNKNOWN if part.remission == UNKNOWN else YES
    if rule.below is not None:
        surely = part.high <= rule.below if part.is_band else part.high < rule.below
        surely_not = part.low >= rule.below
    else:
        limit = rule.at_most
        assert limit is not None
        surely = part.high <= limit
        surely_not = part.low >= limit if part.is_band else part.low > limit
    return most if surely else NO if surely_not else UNKNOWN


Series = list[tuple[int, float, int]]
"""Scores of one instrument: day, value, row."""


def series_of(person: Person, facts: Facts) -> dict[str, Series]:
    """Usable scores by instrument of depression severity, in order of time."""
    out: dict[str, Series] = {}
    for row, score in enumerate(person.scores):
        if score.measure in facts.severity_scales and not score.imputed and score.day <= person.index_date:
            out.setdefault(score.measure, []).append((score.day.toordinal(), score.value, row))
    return {k: sorted(v, key=lambda s: (s[0], s[2])) for k, v in sorted(out.items())}


def _part(measure: str, baseline: float, end: float, facts: Facts) -> Part:
    percent = 100 * (baseline - end) / baseline
    cutoff = facts.severity_scales[measure]
    return Part(percent, percent, remission=NO if cutoff is None or end > cutoff else YES)


def measured(trial: Trial, series: dict[str, Series], facts: Facts) -> Response | None:
    """The improvement between two scores of one instrument; the one with the later end score, then by name."""
    best: tuple[float, Response] | None = None
    for measure, scores in series.items():
        before, after = facts.baseline
        near = [s for s in scores if trial.start - before <= s[0] <= trial.start + after]
        if not near:
            continue
        base = min(near, key=lambda s: (abs(s[0] - trial.start), s[0], s[2]))
        early, late = facts.endpoint
        ends = [s for s in scores if trial.end - early <= s[0] <= trial.end + late
                and s[0] >= base[0] + facts.endpoint_least]  # fmt: skip
        if not ends or base[1] <= 0:
            continue
        end = ends[-1]
        if best is None or end[0] > best[0]:
            part = _part(measure, base[1], end[1], facts)
            best = (end[0], Response((part,), "measured", None, measure, (base[2], end[2])))
    return best[1] if best else None


def reported(piece: Piece, facts: Facts) -> Part | None:
    """What one exposure's record says of its outcome."""
    source = piece.source
    if source.improvement is not None:
        return Part(source.improvement, source.improvement)
    if source.outcome is None:
        return None
    if source.outcome == "remission":
        return Part(NEVER, ALWAYS, is_band=True, remission=YES)
    low, high = facts.bands[source.outcome]
    return Part(NEVER if low is None else low, ALWAYS if high is None else high, is_band=True)


def response_of(trial: Trial, whole: list[Trial], series: dict[str, Series], facts: Facts) -> Response:
    """The response of a trial for itself; `whole` are the trials that it may be one with, itself among them."""
    exact = trial.exact and not trial.unsettled
    if exact and (found := measured(trial, series, facts)):
        return found
    parts = [reported(piece, facts) for piece in trial.may_be_last]
    if None in parts:
        return Response()
    known = [p for p in parts if p is not None]
    if not exact and (pairs := _any_pair(whole, series, facts)):
        known = [replace(p, remission=max(p.remission, UNKNOWN)) for p in (*known, *pairs)]
    words = {p.source.outcome for p in trial.may_be_last}
    word = words.pop() if len(words) == 1 else None
    return Response(tuple(dict.fromkeys(known)), "reported", word)


def _any_pair(whole: list[Trial], series: dict[str, Series], facts: Facts) -> list[Part]:
    """Every improvement between two scores that may be baseline and end score."""
    before, after = facts.baseline
    early, late = facts.endpoint
    first = (min(t.start for t in whole) - before, latest_start(whole) + after)
    last = (min(t.end_earliest for t in whole) - early, max(t.end for t in whole) + late)
    out = []
    for measure, scores in series.items():
        for i, (day, value, _) in enumerate(scores):
            if not first[0] <= day <= first[1]:
                continue
            for later, end, _ in scores[i + 1 :]:
                if last[0] <= later <= last[1] and later - day >= facts.endpoint_least and value > 0:
                    out.append(replace(_part(measure, value, end, facts), remission=UNKNOWN))
    return out


def joined(responses: list[Response]) -> Response:
    """What holds for several trials of which any may be the true one: unknown if one is."""
    if not all(r.parts for r in responses):
        return Response()
    return Response(tuple(dict.fromkeys(p for r in responses for p in r.parts)), responses[0].basis)
