"""Facts that could settle a verdict, in words: as an item of a list, and as a question to bring to a visit."""

from __future__ import annotations

from collections.abc import Mapping

from remit.knowledge import Definition
from remit.knowledge.pattern import selects
from remit.render.phrases import Phrases
from remit.render.views import Lack, TrialView


class Lacks:
    """Facts that one definition lacks of one person.

    Parameters
    ----------
    phrases : Phrases
    trials : mapping of int to TrialView
        By trial_key.
    definition : Definition
    suspected : tuple of str
        Names of suspected conditions that the definition excludes.
    """

    def __init__(
        self, phrases: Phrases, trials: Mapping[int, TrialView], definition: Definition, suspected: tuple[str, ...]
    ) -> None:
        self.phrases, self.trials = phrases, trials
        self.definition, self.suspected = definition, suspected

    def of(self, fact: str, trial_key: int | None) -> Lack:
        """The fact in words."""
        trial = None if trial_key is None else self.trials[trial_key]
        values = {
            "named": self.phrases.named(trial) if trial else "",
            "treatment": trial.treatment.name if trial else "",
            "period": self.phrases.period(trial) if trial else "",
            "rule": self.definition.adequacy,
            "conditions": self.phrases.listed(self.suspected),
            "detail": self.phrases.listed(self._details()),
        }
        text = self.phrases.say(f"missing.{fact}", **values)
        question = self.phrases.say(f"question.{fact}", **values)
        return Lack(fact, trial.id if trial else None, text, question)

    def _details(self) -> list[str]:
        """Names of details that the definition asks for."""
        features = self.definition.features.values()
        return sorted({name for f in features for select in selects(f) for name in select.detail})
