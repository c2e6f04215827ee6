"""Cells of tables of trials and verdicts, and lists beside them: the same words on every page, text, HTML or PDF."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import get_args

from remit.knowledge import Definition
from remit.render.phrases import Phrases, number
from remit.render.statements import improved, result, why_not
from remit.render.views import AdequacyView, Lack, NoticeView, PersonView, TrialView, VerdictView

FAMILIES: tuple[str, ...] = get_args(Definition.model_fields["family"].annotation)
"""Families of definitions in the order in which they are shown."""


def settling(verdicts: tuple[VerdictView, ...]) -> dict[Lack, list[str]]:
    """Missing facts with the names of the definitions that they leave open; those that would settle most come first."""
    found: dict[Lack, list[str]] = defaultdict(list)
    for verdict in verdicts:
        for lack in verdict.missing:
            found[_merged(lack, found)].append(verdict.definition.name)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _merged(lack: Lack, found: dict[Lack, list[str]]) -> Lack:
    """The same fact of the same trial is one, although the rules that ask for it differ."""
    return next((f for f in found if (f.fact, f.trial_id) == (lack.fact, lack.trial_id)), lack)


class Cells:
    """Writes cells.

    Parameters
    ----------
    phrases : Phrases
    """

    def __init__(self, phrases: Phrases) -> None:
        self.phrases, self.say = phrases, phrases.say

    # --- trials
    def name(self, trial: TrialView) -> str:
        """The treatment, and what it was added to on a line of its own."""
        added = f"\n{self.say('page.added', treatment=trial.added_to)}" if trial.added_to else ""
        return f"{trial.treatment.name}{added}"

    def days(self, trial: TrialView) -> str:
        """Covered days, or what they can be."""
        low, high = trial.covered_days_low, trial.covered_days
        if high is None:
            return self.say("page.days_least", low=low)
        return str(low) if low == high else self.say("page.days_range", low=low, high=high)

    def dose(self, trial: TrialView) -> str:
        """Highest daily dose in mg, or number of sessions."""
        if trial.treatment.given_as == "sessions":
            n = trial.sessions
            return self.say("page.sessions", n=number(n)) if n else "?"
        if trial.max_dose_mg is None:
            return "?"
        dose = number(trial.max_dose_mg)
        return dose if trial.is_dose_complete else self.say("page.dose_partly", dose=dose)

    def fair(self, row: AdequacyView) -> str:
        """Whether it was a fair try, and if not, why."""
        return self.say(f"page.fair.{row.fair_try}", why=why_not(row, self.phrases))

    def outcome(self, trial: TrialView) -> str:
        """What came of it, on which scores, and why it was stopped."""
        word = "open" if trial.outcome is None and trial.basis != "none" else trial.outcome
        parts = [self.phrases.outcome(word)]
        if trial.improvement_percent is not None:
            parts[0] = improved(parts[0], trial.improvement_percent, self.phrases)
        if trial.measured:
            parts.append(trial.measured)
        if trial.disagrees:
            parts.append(self.say("page.disagrees"))
        if trial.stop_reason:
            parts.append(self.say("page.stopped", reason=self.say(f"words.stopped.{trial.stop_reason}")))
        return "; ".join(parts)

    def other_rules(self, person: PersonView, leading: str) -> Iterator[str]:
        """Trials that another rule in use calls a fair try where the leading one does not, or the reverse."""
        fair = {a.trial.id: a.fair_try for a in person.adequacy if a.rule.id == leading}
        rows: dict[str, list[AdequacyView]] = defaultdict(list)
        for row in person.adequacy:
            if row.fair_try != fair[row.trial.id]:
                rows[row.trial.id].append(row)
        for trial in person.trials:
            differing: dict[str, list[str]] = defaultdict(list)
            for row in rows[trial.id]:
                differing[self.fair(row)].append(row.rule.id)
            for told, rules in differing.items():
                named = self.phrases.named(trial)
                yield self.say("page.other_rule", treatment=named, fair=told, rules=self.phrases.listed(rules))

    # --- verdicts
    def definition(self, verdict: VerdictView) -> str:
        """Name of a definition with its label."""
        definition = verdict.definition
        return f"{definition.name} [{definition.label}]" if definition.label else definition.name

    def since(self, verdict: VerdictView) -> str:
        """Since when it is met; empty where it is not."""
        day = verdict.first_met_date
        return self.say("page.since", day=self.phrases.day(day)) if day else ""

    def result(self, verdict: VerdictView) -> str:
        """The result, or the end of its range that decides the verdict."""
        if verdict.low == verdict.high:
            return result(verdict, self.phrases)
        if verdict.status == "met" and verdict.low is not None:
            return self.say("page.at_least", value=number(verdict.low))
        if verdict.status == "not_met" and verdict.high is not None:
            return self.say("page.at_most", value=number(verdict.high))
        return "?"

    def range(self, verdict: VerdictView) -> str:
        """What the result can be, with the published names of both ends."""
        ends = (verdict.low, verdict.high)
        low, high = (self.say("words.no_result") if end is None else number(end) for end in ends)
        if low == high:
            return low
        told = self.say("words.range", low=low, high=high)
        labels = [verdict.definition.label_of(end) for end in ends]
        if labels[0] == labels[1]:
            return self.say("words.labelled", value=told, label=labels[0]) if labels[0] else told
        return result(verdict, self.phrases)

    def excluded(self, verdict: VerdictView) -> str:
        """Why a definition does not apply."""
        return self.say("page.excluded", conditions=self.phrases.listed(verdict.excluded_by))

    def missing(self, verdict: VerdictView, asked: Iterable[Lack]) -> str:
        """Numbers of the facts that a verdict lacks, in the list of what would settle most."""
        order = [(lack.fact, lack.trial_id) for lack in asked]
        found = sorted({order.index((lack.fact, lack.trial_id)) + 1 for lack in verdict.missing})
        return ", ".join(map(str, found)) if found else self.say("page.nothing_missing")

    def settled(self, told: str, names: list[str], n_verdicts: int) -> str:
        """A missing fact with the verdicts that it would settle."""
        n = len(names)
        if n > 1 and n == n_verdicts:
            return self.say("page.settle_all", text=told, n=n)
        # What stands in brackets after a name is not needed to tell definitions apart.
        short = "; ".join(name.split(" (")[0] for name in names)
        return self.say("page.settle_row", text=told, n=n, names=short)

    # --- record
    def episode(self, person: PersonView) -> str:
        """The current episode in one line."""
        known = self.phrases.span(person.episode_start, person.episode_start_latest)
        start = self.say("page.since", day=known) if person.episode_start_latest else self.say("page.no_start")
        severity = self.say(f"words.severity.{person.severity or 'unknown'}")
        psychotic = self.say(f"words.psychotic.{person.psychotic}")
        return self.say("page.episode", start=start, severity=severity, psychotic=psychotic)

    def notice(self, notice: NoticeView) -> str:
        """A notice with its kind and its place in the record."""
        kind = self.say(f"words.notice.{notice.kind}")
        if notice.record_ref:
            return self.say("page.notice_at", kind=kind, text=notice.text, place=notice.record_ref)
        return self.say("page.notice", kind=kind, text=notice.text)
