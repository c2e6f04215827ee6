"""OMOP concepts that we list: of treatments (ingredients and products), and of types, visits, sexes and units."""

from __future__ import annotations

from typing import Literal
from weakref import WeakKeyDictionary

from remit.knowledge import Knowledge
from remit.knowledge.codes import read_map, short_system
from remit.knowledge.names import names_of

_OWN = "medications.csv"
"""The user's own map of codes to treatments."""

_BUILT: WeakKeyDictionary[Knowledge, dict[int, int]] = WeakKeyDictionary()


def listed(knowledge: Knowledge, use: Literal["drug_type", "visit", "gender", "unit"]) -> dict[int, str]:
    """What each concept of one use stands for; a site's own knowledge may add concepts."""
    columns = ("use", "our_id", "omop_concept_id")
    paths = (root / "codes" / "omop_concepts.csv" for root in knowledge.roots)
    rows = (row for path in paths if path.is_file() for row in read_map(path, columns))
    return {int(row["omop_concept_id"]): row["our_id"] for row in rows if row["use"] == use}


def concept_treatments(knowledge: Knowledge) -> dict[int, int]:
    """Key of the treatment by concept id, of ingredients and products."""
    if knowledge not in _BUILT:
        _BUILT[knowledge] = {**_products(knowledge), **ingredient_concepts(knowledge)}
    return _BUILT[knowledge]


def ingredient_concepts(knowledge: Knowledge) -> dict[int, int]:
    """Key of the treatment by concept id of its ingredient; combinations, which list their parts' ids, are left out."""
    found: dict[int, list[int]] = {}
    for key, treatment in enumerate(knowledge.treatments):
        if not treatment.components:
            for concept in treatment.codes.omop:
                found.setdefault(concept, []).append(key)
    plain = {c: [k for k in keys if not knowledge.treatments[k].ingredient] or keys for c, keys in found.items()}
    return {concept: keys[0] for concept, keys in plain.items() if len(keys) == 1}


def combinations(knowledge: Knowledge) -> dict[frozenset[int], int]:
    """Key of a fixed combination by the concepts of its parts."""
    return {
        frozenset(treatment.codes.omop): key
        for key, treatment in enumerate(knowledge.treatments)
        if treatment.components and treatment.codes.omop
    }


def _products(knowledge: Knowledge) -> dict[int, int]:
    keys = {t.id: key for key, t in enumerate(knowledge.treatments)}
    found = {}
    for root in knowledge.roots:
        path = root / "codes" / "rxnorm_products.csv"
        for row in read_map(path, ("treatment_id", "omop_concept_id")) if path.is_file() else ():
            if row["omop_concept_id"].isdecimal() and row["treatment_id"] in keys:
                found[int(row["omop_concept_id"])] = keys[row["treatment_id"]]
    if knowledge.codes_dir and (knowledge.codes_dir / _OWN).is_file():
        for row in read_map(knowledge.codes_dir / _OWN, ("system", "code", "treatment")):
            key = names_of(knowledge).treatment_name(row["treatment"]).key
            if short_system(row["system"]) == "omop" and row["code"].isdecimal() and key is not None:
                found[int(row["code"])] = key
    return found
