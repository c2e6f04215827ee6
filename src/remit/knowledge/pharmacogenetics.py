"""What a guideline says of a drug for a genotype-predicted phenotype, and how other medicines change an enzyme.

The guideline says how to use a result that is at hand; it does not say whom to test. Silence is "no guidance".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel

NO_RESULT = "no_result"


class Phenotype(KnowledgeModel):
    """One phenotype of an enzyme, and the fact that states it."""

    id: Id
    name: str
    plain: str
    fact: Id


class Conversion(Cited):
    """Other medicines, or smoking, that change what an enzyme does whatever the genotype says."""

    fact: Id
    text: str
    plain: str


class Enzyme(Cited):
    """A drug-metabolising enzyme with its phenotypes."""

    id: Id
    name: str
    phenotypes: Annotated[tuple[Phenotype, ...], Field(min_length=2)]
    conversions: tuple[Conversion, ...] = ()
    caution: str
    caution_plain: str


class Guidance(KnowledgeModel):
    """What the guideline says for some phenotypes, taken apart so that it is said in our own words.

    `when` holds one mapping of enzyme to phenotype for each combination it is meant for. An `advice` of none is the
    guideline's own "no recommendation".
    """

    when: Annotated[tuple[dict[Id, Id], ...], Field(min_length=1)]
    advice: Literal["none", "usual", "adjust", "alternative"]
    pace: Literal["slower", "usual", "faster", "mixed", "unclear"]  # how the body handles it
    start_percent_less: tuple[float, ...] = ()  # of the usual starting dose: one number, or two for a range
    maintenance_percent_less: float | None = None
    is_start_lower: bool = False
    is_titration_slower: bool = False
    maintenance: Literal["usual", "lower", "higher"] = "usual"
    level: Literal["none", "use", "strongly"] = "none"  # whether to measure the drug's level
    strength: Literal["strong", "moderate", "optional", "none"]


class DrugGuidance(Cited):
    """The guideline's table for one drug."""

    id: Id  # treatment
    enzymes: Annotated[tuple[Id, ...], Field(min_length=1, max_length=2)]
    rows: Annotated[tuple[Guidance, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_combination_once(self) -> DrugGuidance:
        seen: set[tuple[tuple[str, str], ...]] = set()
        for row in self.rows:
            for combination in row.when:
                if set(combination) != set(self.enzymes):
                    raise ValueError("each combination names every enzyme of the drug and no other")
                key = tuple(sorted(combination.items()))
                if key in seen:
                    raise ValueError(f"the combination {dict(key)} stands in two rows")
                seen.add(key)
        return self
