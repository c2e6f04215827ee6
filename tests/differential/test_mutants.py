"""Every threshold of a check, moved by one step, breaks one of its worked cases."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from differential.oracle import Answer, considered, held
from differential.people import files, leaves

STEP = 1.0
FINE_STEP = 0.05
"""For thresholds that are themselves smaller than a step."""


def person(facts: dict[str, Any]) -> dict[str, Answer]:
    return {k: ("yes" if v else "no") if isinstance(v, bool) else (v, v) for k, v in facts.items()}


def passes(check: dict[str, Any]) -> bool:
    for case in check["cases"]:
        of_case = person(case["facts"])
        if considered(check, of_case) != (case["state"], case.get("level")):
            return False
        if "holds" in case and held(check, of_case) != set(case["holds"]):
            return False
    return True


def mutants(check: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for where in ("raised_by", "against"):
        for i, clue in enumerate(check.get(where, ())):
            for j, leaf in enumerate(leaves(clue["when"])):
                for bound in {"above", "at_least", "at_most", "below"} & set(leaf):
                    for sign in (-1, 1):
                        changed = copy.deepcopy(check)
                        moved = leaves(changed[where][i]["when"])[j]
                        moved[bound] += sign * (STEP if leaf[bound] >= STEP else FINE_STEP)
                        yield f"{clue['id']} {leaf['fact']} {bound} {moved[bound]:g}", changed
    if "raised_together" in check:
        for sign in (-1, 1):
            changed = copy.deepcopy(check)
            changed["raised_together"]["value"] += sign
            yield f"together {changed['raised_together']['value']}", changed


@pytest.mark.parametrize("name", files())
def test_every_threshold_is_held_by_a_case(name: str) -> None:
    check = files()[name]
    assert passes(check)
    assert [told for told, changed in mutants(check) if passes(changed)] == []
