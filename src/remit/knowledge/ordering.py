"""How options are judged and put in order: the declared keys, and what a person's preferences mean."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from remit.knowledge.base import Cited, Id
from remit.knowledge.catalogue import Category, Grade, Group, Suitability, System
from remit.knowledge.eligibility import Effect
from remit.knowledge.facts import Drugs
from remit.knowledge.when import When

Status = Literal["discuss", "discuss_with_caution", "not_now", "not_suitable", "tried", "investigational"]
REGIONS = ("us", "eu", "uk")
Facet = Literal["anaesthesia", "surgery", "injection", "escort_home", "home_possible", "supervised_clinic"]


class SpecialGroup(Cited):
    """People of whom less is known, or for whom more care is needed."""

    name: str
    when: When
    needs_specialist: bool  # a banner above the options
    in_catalogue: Group | None = None  # where the catalogue says what is known about them
    gates: bool = True  # false: what the catalogue says about them never changes a status


class Ordering(Cited):
    """The choices of the project about options. One entry, `options`."""

    id: Id
    statuses: tuple[Status, ...]  # in the order in which they are shown
    grades: tuple[Grade, ...]  # best first
    left_out: tuple[Category, ...]  # categories that are no options
    regions: dict[str, When]  # where a person is treated
    fair_try: Id  # adequacy rule
    failed_trials: Id  # fact that counts failed fair tries, for what a treatment's place asks
    suitability: dict[str, Effect]  # what the catalogue's word about a group leads to
    groups: dict[Id, SpecialGroup]

    @model_validator(mode="after")
    def _whole(self) -> Ordering:
        values = Suitability.model_fields["value"].annotation
        for words, asked, name in (
            (set(self.statuses), set(_words(Status)), "statuses"),
            (set(self.grades), set(_words(Grade)), "grades"),
            (set(self.regions), set(REGIONS), "regions"),
            (set(self.suitability), set(_words(values)), "suitability"),
        ):
            if words != asked:
                raise ValueError(f"{name} must hold each of {', '.join(sorted(asked))}")
        return self


def _words(literal: object) -> tuple[str, ...]:
    words: tuple[str, ...] = getattr(literal, "__args__", ())
    return words


class Preference(Cited):
    """Something that a person may wish for or want to avoid, and how the catalogue tells whether an option fits.

    One of: `facet` of the catalogue with the value that fits; `effect`, which fits where it is not expected;
    `onset_days_at_most`; `visits_at_most` in the first month. Without any, the wish is shown and orders nothing.
    """

    id: Id
    name: str
    plain: str
    stance: Literal["avoid", "wants"]
    facet: Facet | None = None
    fits_if: bool | None = None
    effect: Id | None = None
    onset_days_at_most: float | None = None
    visits_at_most: float | None = None
    orders_nothing_because: str | None = None

    @model_validator(mode="after")
    def _one_basis(self) -> Preference:
        bases = [self.facet, self.effect, self.onset_days_at_most, self.visits_at_most, self.orders_nothing_because]
        if sum(basis is not None for basis in bases) != 1:
            raise ValueError("give exactly one basis, or say why there is none")
        if (self.facet is None) != (self.fits_if is None):
            raise ValueError("fits_if stands with facet")
        return self


class MechanismGroup(Cited):
    """A system of the brain or body on which treatments are thought to act; shown as what was tried, never matched."""

    id: System
    name: str
    plain: str
    drugs: Drugs | None = None
