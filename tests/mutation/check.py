"""Whether a mutant is noticed: by a worked case, by a vignette or, where it is of the policy, by a specification."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import polars as pl

from cases.vignettes import Vignette, compare, records_of, vignettes
from mutation.mutants import Mutant, mutated
from remit.checking import check_cases
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import assess
from spec.parse import chapters, read_chapter
from spec.run import outcome_of

SITE = Path(__file__).parents[1] / "spec" / "site"


@cache
def base() -> Knowledge:
    """Ours, and the definitions of the specifications."""
    return load_knowledge(SITE)


def is_noticed(mutant: Mutant) -> bool:
    """Whether some case, vignette or specification comes out otherwise than it says."""
    changed = mutated(base(), mutant)
    return _cases_notice(changed) or _vignettes_notice(changed) or (mutant.is_policy and _specs_notice(changed))


def _cases_notice(knowledge: Knowledge) -> bool:
    return any(check_cases(definition, knowledge) for definition in knowledge.definitions)


def _vignettes_notice(knowledge: Knowledge) -> bool:
    asked = {d.id for d in knowledge.definitions}
    rules = {knowledge.rules[key].id for key in knowledge.rules_in_use}
    for vignette, records in _read():
        expect = vignette.expect.model_copy(
            update={
                "adequacy": tuple(a for a in vignette.expect.adequacy if a.rule in rules),
                "verdicts": tuple(v for v in vignette.expect.verdicts if v.definition in asked),
            }
        )
        if any(compare(expect, assess(records, knowledge), knowledge)):
            return True
    return False


def _specs_notice(knowledge: Knowledge) -> bool:
    specs = (spec for path in chapters() for spec in read_chapter(path))
    return any(want != got for spec in specs for want, got in outcome_of(spec, knowledge).values())


@cache
def _read() -> tuple[tuple[Vignette, dict[str, pl.DataFrame]], ...]:
    with tempfile.TemporaryDirectory() as folder:
        return tuple((v, records_of(v, base(), Path(folder))) for v in vignettes())
