"""Facts that could settle a verdict, in words: as an item of a list, and as a question to bring to a visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from remit.knowledge import Definition
from remit.knowledge.pattern import selects
from remit.render.phrases import Phrases
from remit.render.views import Lack, TrialView


@dataclass(slots=True)
class Told:
    """Words of one person that several definitions share: of trials by trial_key, and of facts that they lack."""

    trials: dict[int | None, dict[str, str]] = field(default_factory=dict)
    lacks: dict[tuple[str | int | None, ...], Lack] = field(default_factory=dict)


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
    told : Told, optional
        What was said of the person; filled here, and to be handed on to their next definition.
    """

    def __init__(
        self,
        phrases: Phrases,
        trials: Mapping[int, TrialView],
        definition: Definition,
        suspected: tuple[str, ...],
        told: Told | None = None,
    ) -> None:
        self.phrases, self.trials = phrases, trials
        self.definition, self.suspected = definition, suspected
        self.told = Told() if told is None else told
        self._named: dict[str, dict[str, str]] = {}

    def of(self, fact: str, trial_key: int | None) -> Lack:
        """The fact in words; definitions that ask for the same get the same."""
        asked = self._asked_for(fact)
        mark = (fact, trial_key, *asked.values())
        if mark not in self.told.lacks:
            trial = None if trial_key is None else self.trials[trial_key]
            values = self._trial(trial_key, trial) | asked
            text = self.phrases.say(f"missing.{fact}", **values)
            question = self.phrases.say(f"question.{fact}", **values)
            self.told.lacks[mark] = Lack(fact, trial.id if trial else None, text, question)
        return self.told.lacks[mark]

    def _asked_for(self, fact: str) -> dict[str, str]:
        """Words of the definition that the words of a fact name."""
        if fact not in self._named:
            keys, text = (f"missing.{fact}", f"question.{fact}"), self.phrases.text
            named = {name: word for name, word in self._asked.items() if any(text.names(key, name) for key in keys)}
            self._named[fact] = named
        return self._named[fact]

    def _trial(self, trial_key: int | None, trial: TrialView | None) -> dict[str, str]:
        """Words of a trial; all of them empty where the fact is about none."""
        if trial_key not in self.told.trials:
            self.told.trials[trial_key] = {
                "named": self.phrases.named(trial) if trial else "",
                "treatment": trial.treatment.name if trial else "",
                "period": self.phrases.period(trial) if trial else "",
            }
        return self.told.trials[trial_key]

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
