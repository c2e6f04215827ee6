"""What a guideline says of each drug for the phenotypes that are on record.

A phenotype comes off a laboratory's report as a fact. Two that contradict each other are none; no result is no result
and never "normal".
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import with_enums
from remit.engine.expressions import FactColumns, fact_columns
from remit.knowledge import Knowledge
from remit.knowledge.pharmacogenetics import NO_RESULT, DrugGuidance, Enzyme
from remit.tables import YES, Tables
from remit.tables.differential import RELATIONS, GeneGuidance

_CURRENT, _TRIED, _NOT_TRIED = (np.uint8(RELATIONS.index(r)) for r in RELATIONS)
_SILENT = -1


def pharmacogenetics(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Guidance that speaks to each person's phenotypes, by drug.

    Reads `person`, `fact`, `trial`. Writes `gene_guidance`, in order of drug, then person.
    """
    person = tables["person"]["person_key"].to_numpy()
    facts = fact_columns(tables["fact"], knowledge.fact_keys)
    drugs = knowledge.pharmacogenetics
    if not len(person) or not drugs:
        return {"gene_guidance": GeneGuidance.empty()}
    seen = {e: _phenotype(enzyme, facts) for e, enzyme in knowledge.enzymes.items()}
    if not any((phenotype < len(knowledge.enzymes[e].phenotypes)).any() for e, phenotype in seen.items()):
        return {"gene_guidance": GeneGuidance.empty()}
    people, treatments, rows, relations = [], [], [], []
    for drug_id, drug in drugs.items():
        found = _rows(drug, seen, knowledge)
        at = np.flatnonzero(found != _SILENT)
        if not len(at):
            continue
        people.append(person[at])
        treatments.append(np.full(len(at), knowledge.treatment_key(drug_id), np.uint16))
        rows.append(found[at].astype(np.uint8))
        relations.append(_relation(drug_id, tables, knowledge)[at])
    columns = [
        pl.Series("person_key", np.concatenate(people)),
        pl.Series("treatment_key", np.concatenate(treatments)),
        pl.Series("row", np.concatenate(rows)),
        pl.Series("relation", np.concatenate(relations)),
    ]
    return {"gene_guidance": with_enums(columns, GeneGuidance.words())}


def _phenotype(enzyme: Enzyme, facts: FactColumns) -> NDArray[np.intp]:
    """By person: row of the enzyme's phenotypes; after the last one where there is no result or two."""
    stated = np.array([facts.state[:, facts.key[p.fact]] == YES for p in enzyme.phenotypes])
    return np.where(stated.sum(axis=0) == 1, stated.argmax(axis=0), len(enzyme.phenotypes))


def _rows(drug: DrugGuidance, seen: dict[str, NDArray[np.intp]], knowledge: Knowledge) -> NDArray[np.intp]:
    """By person: row of the drug's guidance, or that it is silent."""
    names = [(*(p.id for p in knowledge.enzymes[e].phenotypes), NO_RESULT) for e in drug.enzymes]
    meaning = np.full([len(n) for n in names], _SILENT, np.intp)
    for row, guidance in enumerate(drug.rows):
        for combination in guidance.when:
            spot = (n.index(combination[e]) for e, n in zip(drug.enzymes, names, strict=True))
            meaning[tuple(spot)] = row
    found: NDArray[np.intp] = meaning[tuple(seen[e] for e in drug.enzymes)]
    return found


def _relation(drug_id: str, tables: Tables, knowledge: Knowledge) -> NDArray[np.uint8]:
    """By person: whether the drug is taken on the index date, was tried, or neither.

    A form counts as its ingredient, a fixed combination as each of its components.
    """
    is_form = np.array([drug_id in {t.id, t.ingredient, *t.components} for t in knowledge.treatments])
    trial = tables["trial"]
    is_meant = is_form[trial["treatment_key"].to_numpy()]
    person = tables["person"]["person_key"].to_numpy()
    row = np.searchsorted(person, trial["person_key"].to_numpy())
    relation = np.full(len(person), _NOT_TRIED, np.uint8)
    relation[row[is_meant]] = _TRIED
    relation[row[is_meant & trial["is_ongoing"].to_numpy()]] = _CURRENT
    return relation
