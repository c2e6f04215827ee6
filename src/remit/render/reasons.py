"""Why a trial was, or was not, a fair try that did not help: each condition of a rule in words, with its number."""

from __future__ import annotations

from collections.abc import Iterator

from remit.knowledge import AdequacyRule, Knowledge
from remit.knowledge.base import Cited
from remit.render.phrases import Phrases, number
from remit.render.views import DAYS_PER_WEEK, AdequacyView

PERCENT = 100


def is_long_at_a_low_dose(row: AdequacyView) -> bool:
    """Whether a trial was as long as asked, but at too low a dose: not a day of it counts, and yet it was not short."""
    asked = row.rule.min_weeks.value * DAYS_PER_WEEK
    return row.dose_met == row.duration_met == "no" and row.trial.covered_days_low >= asked


class Reasons:
    """Writes the reasons of trials under rules.

    Parameters
    ----------
    phrases : Phrases
    knowledge : Knowledge
    """

    def __init__(self, phrases: Phrases, knowledge: Knowledge) -> None:
        self.phrases, self.knowledge = phrases, knowledge
        self.say = phrases.moded
        self._origins: dict[tuple[str, tuple[str, ...], str], str] = {}
        self._nonresponses: dict[str, str] = {}  # by id of the rule

    def of(self, row: AdequacyView) -> tuple[str, ...]:
        """Reasons in a fixed order: dose, duration, adherence, outcome, side effects, episode."""
        return tuple(self._all(row))

    def _all(self, row: AdequacyView) -> Iterator[str]:
        is_course = row.trial.treatment.id in self.knowledge.sessions_of(row.rule)
        yield self._sessions(row) if is_course else self._dose(row)
        yield self.say("reason.duration.course") if is_course else self._duration(row)
        yield self._adherence(row)
        yield self._outcome(row)
        if row.intolerant != "no":
            yield self.say(f"reason.intolerant.{row.intolerant}")
        if not is_course and row.failed_in_episode != row.failed_adequate:
            days = self.phrases.days(row.episode_days_low, row.episode_days)
            yield self.say(f"reason.episode.{row.episode_duration_met}", days=days)

    def facts(self, row: AdequacyView) -> list[Cited]:
        """The numbers of the rule that a trial was held against."""
        asked = self.knowledge.sessions_of(row.rule).get(row.trial.treatment.id)
        dose = self.knowledge.doses_of(row.rule).get(row.trial.treatment.id)
        found: list[Cited | None] = [asked or dose, None if asked else row.rule.min_weeks, row.rule.nonresponse]
        if row.adherence_met != "unknown":
            found.append(row.rule.adherence_at_least)
        return [fact for fact in found if fact is not None]

    def _from(self, row: AdequacyView, fact: Cited) -> str:
        """Rule, sources and mark of a number."""
        known = row.rule.id, fact.sources, fact.verified
        if known not in self._origins:
            rule, sources, verified = known
            values = {"rule": rule, "sources": ", ".join(sources), "mark": self.phrases.mark(verified)}
            self._origins[known] = self.phrases.say("reason.from", **values)
        return self._origins[known]

    def _dose(self, row: AdequacyView) -> str:
        trial = row.trial
        asked = self.knowledge.doses_of(row.rule).get(trial.treatment.id)
        if asked is None:
            return self.say("reason.dose.no_rule", treatment=trial.treatment.name, rule=row.rule.id)
        values = {"asked": number(asked.mg), "origin": self._from(row, asked)}
        if trial.max_dose_mg is None:
            return self.say("reason.dose.none", **values)
        return self.say(f"reason.dose.{row.dose_met}", highest=number(trial.max_dose_mg), **values)

    def _sessions(self, row: AdequacyView) -> str:
        asked = self.knowledge.sessions_of(row.rule)[row.trial.treatment.id]
        values = {"asked": number(asked.sessions), "origin": self._from(row, asked)}
        given = row.trial.sessions
        if given is None:
            return self.say("reason.sessions.unknown", **values)
        return self.say(f"reason.sessions.{row.dose_met}", given=number(given), **values)

    def _duration(self, row: AdequacyView) -> str:
        asked = row.rule.min_weeks
        days = self.phrases.days(row.adequate_days_low, row.adequate_days)
        values = {"days": days, "asked": number(asked.value * DAYS_PER_WEEK), "origin": self._from(row, asked)}
        return self.say(f"reason.duration.{'low' if is_long_at_a_low_dose(row) else row.duration_met}", **values)

    def _adherence(self, row: AdequacyView) -> str:
        if row.trial.adherence is None:
            return self.say("reason.adherence.unknown")
        asked = row.rule.adherence_at_least
        values = {"share": number(row.trial.adherence * PERCENT), "asked": number(asked.value * PERCENT)}
        return self.say(f"reason.adherence.{row.adherence_met}", origin=self._from(row, asked), **values)

    def _outcome(self, row: AdequacyView) -> str:
        trial, asked = row.trial, self._nonresponse(row.rule)
        if trial.outcome is None and trial.improvement_percent is None:
            return self.say("reason.outcome.unknown" if trial.basis == "none" else "reason.outcome.open", asked=asked)
        told = self.phrases.outcome(trial.outcome)
        if trial.improvement_percent is not None:
            told = self.phrases.say("reason.improvement", percent=number(round(trial.improvement_percent, 1)))
        basis = trial.measured or self.phrases.say("reason.reported")
        return self.say("reason.outcome.known", told=told, basis=basis, asked=asked)

    def _nonresponse(self, rule: AdequacyRule) -> str:
        """What a rule calls no response."""
        if rule.id not in self._nonresponses:
            below, at_most = rule.nonresponse.below_percent, rule.nonresponse.at_most_percent
            how, limit = ("at_most", at_most) if below is None else ("below", below)
            said = self.phrases.say(f"reason.nonresponse.{how}", percent=number(limit or 0))
            self._nonresponses[rule.id] = said
        return self._nonresponses[rule.id]
