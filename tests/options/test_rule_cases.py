"""The worked cases of every rule come out as they say, and a rule that is changed in any number or word breaks one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from options import plain
from remit.checking import check_eligibility
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.eligibility import EligibilityRule

BOUNDS = ("above", "at_least", "at_most", "below")
STEP, FINE_STEP, FINE_BELOW = 1.0, 0.1, 2.0
"""A threshold below `FINE_BELOW`, such as a serum level, is moved by the finer step, unless it counts something."""
COUNTED = ("failed_", "adequate_", "tried_", "phq9_")
RULES = plain.section("eligibility")
HARD = ("not_now", "not_suitable")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def test_every_case_comes_out_as_it_says(knowledge: Knowledge) -> None:
    assert sum(len(rule.cases) for rule in knowledge.eligibility.values()) > 700
    assert check_eligibility(knowledge) == []


def test_a_wrong_case_is_found(knowledge: Knowledge) -> None:
    rule = knowledge.eligibility["r002"]
    turned = tuple(c.model_copy(update={"bears": {"yes": "no", "no": "yes"}.get(c.bears, c.bears)}) for c in rule.cases)
    other = Knowledge(knowledge.library, "x", knowledge.roots)
    rules = {**knowledge.eligibility, "r002": rule.model_copy(update={"cases": turned})}
    other._parts._kept["eligibility"] = rules
    assert len(check_eligibility(other)) == sum(c.bears in ("yes", "no") for c in rule.cases) > 0


def test_a_rule_without_the_cases_that_it_needs_is_refused(knowledge: Knowledge) -> None:
    rule = knowledge.eligibility["r002"].model_dump(by_alias=True)
    for cases in (rule["cases"][:0], rule["cases"][:1]):
        with pytest.raises(ValueError, match=r"case|at least 1"):
            EligibilityRule.model_validate(rule | {"cases": cases})


# --- a second reading, in plain Python
def person(case: dict[str, Any]) -> plain.Facts:
    found: plain.Facts = {}
    for fact, entry in plain.section("facts").items():
        value = case["facts"].get(fact)
        if entry["kind"] == "number":
            found[fact] = plain.OPEN if value is None else (float(value), float(value))
        else:
            found[fact] = plain.UNKNOWN if value is None else plain.YES if value else plain.NO
    return found


def bears(rule: dict[str, Any], facts: plain.Facts) -> str:
    if rule["logic"] == "schedule":
        asked = next((s["only_if"] for s in rule["schedule"] if "only_if" in s), None)
    else:
        asked = rule.get("when")
    word = plain.holds(asked, facts)
    word = plain.flip(word) if rule["logic"] == "require" else word
    places = [j for j in rule["jurisdictions"] if j != "any"]
    regions = plain.section("ordering")["options"]["regions"]
    applies = plain.most([plain.holds(regions[j], facts) for j in places]) if places else plain.YES
    if applies == plain.NO:
        return "elsewhere"
    hard = rule["severity"] == "absolute" and rule["logic"] != "schedule" and plain.effect_of(rule) in HARD
    is_open = applies == plain.UNKNOWN and hard and not rule.get("is_silent_if_unknown")
    return plain.least([word, plain.UNKNOWN]) if is_open else word


def passes(rule: dict[str, Any]) -> bool:
    return all(bears(rule, person(case)) == case["bears"] for case in rule["cases"])


def parts(when: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A condition and every condition inside it."""
    yield when
    inner = [*when.get("any", ()), *when.get("all", ()), *when.get("of", ()), *([when["not"]] if "not" in when else [])]
    for part in inner:
        yield from parts(part)


def conditions(rule: dict[str, Any]) -> list[dict[str, Any]]:
    found = [rule["when"]] if "when" in rule else []
    return [*found, *(s["only_if"] for s in rule.get("schedule", ()) if "only_if" in s)][:1]


def step(part: dict[str, Any], bound: str) -> float:
    return STEP if part[bound] >= FINE_BELOW or part["fact"].startswith(COUNTED) else FINE_STEP


def changes(part: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A part of a condition with one thing changed."""
    for bound in set(BOUNDS) & set(part):
        for sign in (-1, 1):
            moved = part[bound] + sign * step(part, bound)
            yield f"{part['fact']} {bound} {moved:g}", part | {bound: round(moved, 3)}
    if "fact" in part and not set(BOUNDS) & set(part):
        yield f"{part['fact']} turned", part | {"is": not part.get("is", True)}
    for one, other in (("any", "all"), ("all", "any")):
        if one in part:
            yield f"{one} for {other}", {other: part[one]}
            for i in range(len(part[one])):
                yield f"{one} without part {i}", {one: [p for j, p in enumerate(part[one]) if j != i]}


def mutants(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for when in conditions(rule):
        for i, part in enumerate(parts(when)):
            for told, changed in changes(part):
                if changed in ({"any": []}, {"all": []}):
                    continue
                other = copy.deepcopy(rule)
                for asked in conditions(other):
                    target = list(parts(asked))[i]
                    target.clear()
                    target.update(changed)
                yield told, other
    if rule["logic"] in ("flag", "require") and "when" in rule:
        yield "logic turned", rule | {"logic": "require" if rule["logic"] == "flag" else "flag"}
    if rule["jurisdictions"] != ["any"]:
        yield "everywhere", rule | {"jurisdictions": ["any"]}
        if len(rule["jurisdictions"]) > 1:
            for left in rule["jurisdictions"]:
                yield f"not in {left}", rule | {"jurisdictions": [j for j in rule["jurisdictions"] if j != left]}


@pytest.mark.parametrize("name", RULES)
def test_the_cases_hold_in_plain_python(name: str) -> None:
    assert passes(RULES[name])


@pytest.mark.parametrize("name", RULES)
def test_every_change_of_a_rule_breaks_a_case(name: str) -> None:
    assert [told for told, changed in mutants(RULES[name]) if passes(changed)] == []


def test_every_rule_with_a_condition_is_mutated() -> None:
    assert {name for name, rule in RULES.items() if not list(mutants(rule))} == {
        name for name, rule in RULES.items() if not conditions(rule) and rule["jurisdictions"] == ["any"]
    }
    assert sum(len(list(mutants(rule))) for rule in RULES.values()) > 500
