"""Facts that could settle a verdict, in words: as an item of a list, and as a question to bring to a visit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

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
    told : dict, optional
        Words of trials by trial_key; filled here, and to be handed on to the person's next definition.
    """

    def __init__(
        self,
        phrases: Phrases,
        trials: Mapping[int, TrialView],
        definition: Definition,
        suspected: tuple[str, ...],
        told: dict[int | None, dict[str, str]] | None = None,
    ) -> None:
        self.phrases, self.trials = phrases, trials
        self.definition, self.suspected = definition, suspected
        self.told = {} if told is None else told

    def of(self, fact: str, trial_key: int | None) -> Lack:
        """The fact in words."""
        trial = None if trial_key is None else self.trials[trial_key]
        values = self._trial(trial_key, trial) | self._asked
        text = self.phrases.say(f"missing.{fact}", **values)
        question = self.phrases.say(f"question.{fact}", **values)
        return Lack(fact, trial.id if trial else None, text, question)

    def _trial(self, trial_key: int | None, trial: TrialView | None) -> dict[str, str]:
        """Words of a trial; all of them empty where the fact is about none."""
        if trial_key not in self.told:
            self.told[trial_key] = {
                "named": self.phrases.named(trial) if trial else "",
                "treatment": trial.treatment.name if trial else "",
                "period": self.phrases.period(trial) if trial else "",
            }
        return self.told[trial_key]

    @cached_property
    def _asked(self) -> dict[str, str]:
        """Words of the definition: its rule, the conditions that it excludes, the details that it asks for."""
        features = self.definition.features.values()
        details = sorted({name for f in features for select in selects(f) for name in select.detail})
        return {
            "rule": self.definition.adequacy,
            "conditions": self.phrases.listed(self.suspected),
            "detail": self.phrases.listed(details),
        }
