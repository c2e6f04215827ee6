"""Facts that could settle a verdict, in words: as an item of a list, and as a question to bring to a visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from remit.flow.carried import Last
from remit.knowledge import Definition
from remit.knowledge.pattern import selects
from remit.render.letters import legible
from remit.render.phrases import Phrases
from remit.render.views import Lack, TrialView


@dataclass(slots=True)
class Told:
    """Words of one person that several definitions share.

    Attributes
    ----------
    trials : dict
        Words of a trial by trial_key, and by None of none.
    lacks : dict
        By fact and the words of the definition that it names: what was said, by trial_key.
    """

    trials: dict[int | None, dict[str, str]] = field(default_factory=dict)
    lacks: dict[tuple[str, ...], dict[int | None, Lack]] = field(default_factory=dict)


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
        self._asked_for: dict[str, tuple[dict[str, str], dict[int | None, Lack]]] = {}

    def of(self, fact: str, trial_key: int | None) -> Lack:
        """The fact in words; definitions that ask for the same get the same."""
        found = self._asked_for.get(fact)
        if found is None:
            found = self._asked_for[fact] = self._asked_by_name(fact)
        asked, known = found
        lack = known.get(trial_key)
        if lack is None:
            trial = None if trial_key is None else self.trials[trial_key]
            made = Last() if trial is None else trial.made
            name, words = ("lack", fact, self.definition.id), tuple(asked.items())
            lack = known[trial_key] = made.of(name, partial(self._lack, fact, trial_key, trial), words)
        return lack

    def _lack(
        self, fact: str, trial_key: int | None, trial: TrialView | None, asked: tuple[tuple[str, str], ...]
    ) -> Lack:
        values, say = self._trial(trial_key, trial) | dict(asked), self.phrases.text.say
        text, question = say(f"missing.{fact}", **values), say(f"question.{fact}", **values)
        return Lack(fact, trial.id if trial else None, text, question)

    def _asked_by_name(self, fact: str) -> tuple[dict[str, str], dict[int | None, Lack]]:
        """Words of the definition that the words of a fact name, and what was said with the same words."""
        keys, text = (f"missing.{fact}", f"question.{fact}"), self.phrases.text
        asked = {name: word for name, word in self._asked.items() if any(text.names(key, name) for key in keys)}
        return asked, self.told.lacks.setdefault((fact, *asked.values()), {})

    def _trial(self, trial_key: int | None, trial: TrialView | None) -> dict[str, str]:
        """Words of a trial; all of them empty where the fact is about none."""
        if trial_key not in self.told.trials:
            period = self.phrases.period(trial) if trial else ""
            name = trial.treatment.name if trial else ""
            named = self.phrases.say("words.named", treatment=name, period=period) if trial else ""
            is_only = trial is None or self._n_trials[trial.treatment.id] == 1
            words = {"named": named, "treatment": name, "period": period, "tried": name if is_only else named}
            self.told.trials[trial_key] = {key: legible(word) for key, word in words.items()}
        return self.told.trials[trial_key]

    @cached_property
    def _n_trials(self) -> Counter[str]:
        """Trials by treatment: of one that was tried twice, a question says which time."""
        return Counter(trial.treatment.id for trial in self.trials.values())

    @cached_property
    def _asked(self) -> dict[str, str]:
        """Words of the definition: its rule, the conditions that it excludes, the details that it asks for."""
        features = self.definition.features.values()
        details = sorted({name for f in features for select in selects(f) for name in select.detail})
        words = {
            "rule": self.definition.adequacy,
            "conditions": self.phrases.listed(self.suspected),
            "detail": self.phrases.listed(details),
        }
        return {key: legible(word) for key, word in words.items()}
