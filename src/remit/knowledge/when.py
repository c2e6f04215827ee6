"""Conditions over facts: what a rule, a check or a policy asks of a person.

`remit.engine.expressions` evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from remit.knowledge.base import Id, KnowledgeModel


class When(KnowledgeModel):
    """One condition: a fact, or a combination of conditions.

    A fact of the kind yes_no is asked with `is` (default yes), a number with one or two bounds:
    ``{fact: age, at_least: 18}``, ``{fact: egfr, at_least: 30, below: 60}``. Combinations are ``{any: [...]}``,
    ``{all: [...]}``, ``{not: {...}}`` and ``{at_least: 2, of: [...]}``.
    """

    fact: Id | None = None
    is_: bool | None = Field(default=None, alias="is")
    above: float | None = None
    at_least: float | None = None  # a bound of a number, or how many `of` must hold
    at_most: float | None = None
    below: float | None = None
    any: tuple[When, ...] | None = None
    all: tuple[When, ...] | None = None
    not_: When | None = Field(default=None, alias="not")
    of: tuple[When, ...] | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> When:
        shapes = [self.fact, self.any, self.all, self.not_, self.of]
        if sum(shape is not None for shape in shapes) != 1:
            raise ValueError("give exactly one of fact, any, all, not, of")
        if () in shapes:
            raise ValueError("a combination must not be empty")
        if self.of is not None:
            if self.at_least is None or not 1 <= self.at_least <= len(self.of) or self.at_least % 1:
                raise ValueError("`of` needs at_least, a whole number from 1 to the number of conditions")
            if self.is_ is not None or self._bounds(self.above, self.at_most, self.below):
                raise ValueError("`of` takes at_least and nothing else")
        elif self.fact is None and (self.is_ is not None or self.has_bounds):
            raise ValueError("`is` and bounds stand with a fact")
        if self.is_ is not None and self.has_bounds:
            raise ValueError("give `is` or bounds, not both")
        if self._bounds(self.above, self.at_least) > 1 or self._bounds(self.below, self.at_most) > 1:
            raise ValueError("give one lower and one upper bound at most")
        return self

    @staticmethod
    def _bounds(*values: float | None) -> int:
        return sum(value is not None for value in values)

    @property
    def has_bounds(self) -> bool:
        """Whether it asks for a number."""
        return bool(self._bounds(self.above, self.at_least, self.at_most, self.below))

    def leaves(self) -> Iterator[When]:
        """Every condition on a single fact, in order."""
        if self.fact is not None:
            yield self
        for part in (*(self.any or ()), *(self.all or ()), *(self.of or ()), *([self.not_] if self.not_ else [])):
            yield from part.leaves()

    def facts(self) -> tuple[str, ...]:
        """Ids of the facts it asks for, each once, in order."""
        return tuple(dict.fromkeys(leaf.fact for leaf in self.leaves() if leaf.fact is not None))
