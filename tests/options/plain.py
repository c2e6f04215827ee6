"""A second reading of facts, rules and options, for one person and in plain Python.

It reads the knowledge files itself and imports nothing of Remit. The letter it follows: docs/explanation/facts.md and
docs/explanation/options.md. How many trials failed is taken as given; tests/oracle judges that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2] / "src" / "remit_knowledge"
YES, NO, UNKNOWN = "yes", "no", "unknown"
RANK = {NO: 0, UNKNOWN: 1, YES: 2}
BACK = {rank: word for word, rank in RANK.items()}
FILL_SLACK = 30  # days for which a dispensed supply may outlast its end
SIGNS = {"item", "left_out", "total", "clue", "condition"}

Interval = tuple[float, float]
OPEN: Interval = (-math.inf, math.inf)


@cache
def section(name: str) -> dict[str, Any]:
    """Entries of a folder or file, by id."""
    found: dict[str, Any] = {}
    paths = sorted((ROOT / name).glob("*.yaml")) if (ROOT / name).is_dir() else [ROOT / f"{name}.yaml"]
    for path in paths:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        found |= {data["id"]: data} if "id" in data else data
    return dict(sorted(found.items()))


@cache
def treatments() -> dict[str, Any]:
    return section("drugs") | section("treatments")


@dataclass
class Course:
    """Days are day numbers; `end` is the first day that is not covered, None while it goes on or is unknown."""

    treatment: str
    start: tuple[int, int] | None
    end: tuple[int, int] | None
    ongoing: bool = False
    evidence: str = "report"


@dataclass
class Condition:
    id: str
    status: str | None
    onset: int | None


@dataclass
class Score:
    measure: str
    day: int
    value: float
    unit: str | None = None


@dataclass
class Answer:
    instrument: str
    item: int
    day: int
    value: float


@dataclass
class Person:
    index: int
    birth: date | None = None
    sex: str | None = None
    weight: float | None = None
    country: str | None = None
    severity: str | None = None
    psychotic: str = UNKNOWN
    courses: list[Course] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    clues: dict[str, str] = field(default_factory=dict)
    wishes: dict[str, bool] = field(default_factory=dict)
    has_sign: bool = False
    months: Interval = (0.0, math.inf)


# --- three-valued logic and intervals
def least(words: list[str]) -> str:
    return min(words, key=RANK.__getitem__)


def most(words: list[str]) -> str:
    return max(words, key=RANK.__getitem__)


def flip(word: str) -> str:
    return BACK[2 - RANK[word]]


def bounded(value: Interval, bounds: dict[str, float | None]) -> str:
    """Whether a number known as an interval lies within bounds."""
    tests: dict[str, Callable[[float, float], bool]] = {
        "above": lambda x, b: x > b,
        "at_least": lambda x, b: x >= b,
        "at_most": lambda x, b: x <= b,
        "below": lambda x, b: x < b,
    }
    surely = possibly = True
    for name, bound in bounds.items():
        if bound is None:
            continue
        ends = [tests[name](end, bound) for end in value]
        surely, possibly = surely and all(ends), possibly and any(ends)
    return YES if surely else UNKNOWN if possibly else NO


# --- readers
def closure(condition: str) -> set[str]:
    found = {condition}
    for wider in section("conditions").get(condition, {}).get("part_of", []):
        found |= closure(wider)
    return found


def meant(drugs: dict[str, Any], treatment: str) -> bool:
    entry = treatments()[treatment]
    own = {treatment, entry.get("ingredient") or treatment}
    if own & set(drugs.get("not_treatments", [])):
        return False
    names = own | set(entry.get("components", []))
    classes = {entry["class"]} | {treatments()[c]["class"] for c in entry.get("components", [])}
    by_role = entry["role"] in drugs.get("roles", [])
    return by_role or bool(names & set(drugs.get("treatments", [])) or classes & set(drugs.get("classes", [])))


def since(course: Course, index: int) -> Interval | None:
    """Days since the last day of a course; None for one that had not begun."""
    if course.start is not None and course.start[0] > index:
        return None
    goes_on = course.ongoing or (course.end is not None and course.end[0] > index + 1)
    if goes_on:
        return 0.0, 0.0
    slack = FILL_SLACK if course.evidence == "fill" else 0
    if course.end is None:
        return 0.0, math.inf if course.start is None else float(index - course.start[0])
    last = min(course.end[1], index + 1) - 1
    first_last = course.end[0] - 1
    if course.start is not None:
        first_last = max(first_last, course.start[0])
    return max(0.0, index - last - slack), max(0.0, float(index - first_last))


def read_condition(person: Person, reader: dict[str, Any]) -> str:
    current, window = reader.get("when") == "current", reader.get("within_days")
    asked = reader["condition"]
    on_record = [c for c in person.conditions if c.onset is None or c.onset <= person.index]
    suspected = False
    for c in on_record:
        if not closure(c.id) & set(asked) or c.status == "refuted":
            continue
        if c.status == "suspected":
            suspected = True
        elif current and c.status in ("remission", "resolved"):
            continue
        elif window is None or (c.onset is not None and person.index - c.onset <= window):
            return YES
    if suspected or window is not None:
        return UNKNOWN
    out = {"refuted"} | ({"remission", "resolved"} if current else set())
    ruled = [any(c.status in out and c.id in closure(a) for c in on_record) for a in asked]
    return NO if all(ruled) else UNKNOWN


def read_drugs(person: Person, reader: dict[str, Any], is_complete: bool) -> str | Interval:
    kind = next(k for k in ("taking", "last_taken", "tried") if k in reader)
    drugs = reader[kind]
    spans = [s for c in person.courses if meant(drugs, c.treatment) and (s := since(c, person.index))]
    if kind == "last_taken":
        if not spans:
            return (math.inf, math.inf) if is_complete else OPEN
        return (min(s[0] for s in spans) if is_complete else 0.0), min(s[1] for s in spans)
    if kind == "tried":
        is_whole = not any(e["role"] == "other" and meant(drugs, t) for t, e in treatments().items())
        return YES if spans else NO if is_complete or is_whole else UNKNOWN
    window = reader.get("within_days", 0)
    if any(s[1] <= window for s in spans):
        return YES
    return NO if is_complete and not any(s[0] <= window for s in spans) else UNKNOWN


def same_unit(unit: str | None, measure: str) -> bool:
    own = section("observables").get(measure, {}).get("unit")
    if unit is None or measure not in section("observables"):
        return True
    plain = [str(u).lower().translate(str.maketrans("", "", "[]{}() .*")) for u in (unit, own)]
    return own is not None and plain[0] == plain[1]


def latest(person: Person, measure: str) -> Score | None:
    found = [s for s in person.scores if s.measure == measure and s.day <= person.index]
    best = None
    for score in found:  # of one day, the later on record
        if best is None or score.day >= best.day:
            best = score
    return best


def read_number(person: Person, reader: dict[str, Any], counts: dict[str, Interval], fact: str) -> Interval:
    window = reader.get("within_days", math.inf)
    if "measure" in reader:
        score = latest(person, reader["measure"])
        is_used = score and person.index - score.day <= window and same_unit(score.unit, reader["measure"])
        return (score.value, score.value) if score and is_used else OPEN
    if "item" in reader:
        item = reader["item"]
        found = [
            a
            for a in person.answers
            if (a.instrument, a.item) == (item["instrument"], item["item"]) and a.day <= person.index
        ]
        last = max(found, key=lambda a: a.day, default=None)
        return (last.value, last.value) if last and person.index - last.day <= window else OPEN
    if "trials" in reader:
        return counts[fact]
    if reader.get("episode") == "severity":
        levels = ["subsyndromal", "mild", "moderate", "severe"]
        n = levels.index(person.severity) + 1 if person.severity else None
        return (float(n), float(n)) if n else (1.0, 4.0)
    if reader.get("episode") == "months":
        return person.months
    if reader["person"] == "weight_kg":
        return (person.weight, person.weight) if person.weight else OPEN
    if person.birth is None:
        return OPEN
    today = date.fromordinal(person.index)
    years = today.year - person.birth.year - ((today.month, today.day) < (person.birth.month, person.birth.day))
    return float(years), float(years)


def gives_number(reader: dict[str, Any]) -> bool:
    return (
        bool({"measure", "item", "trials", "last_taken"} & set(reader))
        or reader.get("person") in ("age", "weight_kg")
        or reader.get("episode") in ("severity", "months")
    )


def read_word(person: Person, reader: dict[str, Any], is_complete: bool) -> str:
    if "condition" in reader:
        return read_condition(person, reader)
    if "measured" in reader:
        window = reader.get("within_days", math.inf)
        scores = [latest(person, m) for m in reader["measured"]]
        return YES if any(s and person.index - s.day <= window for s in scores) else UNKNOWN
    if "crisis" in reader:
        return YES if person.has_sign else UNKNOWN
    if reader.get("episode") == "psychotic":
        return person.psychotic
    if reader.get("person") == "female":
        return {"female": YES, "male": NO}.get(person.sex or "", UNKNOWN)
    if reader.get("person") == "country":
        return UNKNOWN if not person.country else YES if person.country in reader["among"] else NO
    found = read_drugs(person, reader, is_complete)
    assert isinstance(found, str)
    return found


Facts = dict[str, str | Interval]


def facts_of(person: Person, counts: dict[str, Interval]) -> Facts:
    """All facts. `counts`: facts that count trials, as given."""
    found: Facts = {}
    definitions = section("facts")
    closers = {d["closed_by"] for d in definitions.values() if d.get("closed_by")}
    for fact in sorted(definitions, key=lambda f: f not in closers):
        found[fact] = fact_of(fact, definitions[fact], person, counts, found)
    return found


def fact_of(name: str, d: dict[str, Any], person: Person, counts: dict[str, Interval], known: Facts) -> str | Interval:
    is_complete = bool(d.get("closed_by")) and known.get(d["closed_by"]) == YES
    if d["kind"] == "number":
        for reader in d["read"]:
            value = (
                read_drugs(person, reader, is_complete)
                if "last_taken" in reader
                else read_number(person, reader, counts, name)
            )
            assert not isinstance(value, str)
            if value != OPEN:
                return value
        return OPEN
    words = []
    for reader in d.get("read", []):
        if gives_number(reader):
            value = (
                read_drugs(person, reader, is_complete)
                if "last_taken" in reader
                else read_number(person, reader, counts, name)
            )
            assert not isinstance(value, str)
            word = bounded(value, {k: reader.get(k) for k in ("above", "at_least", "at_most", "below")})
        else:
            word = read_word(person, reader, is_complete)
        words.append(word if reader.get("may_say", "both") in ("both", word) else UNKNOWN)
    clue = person.clues.get(name, UNKNOWN)
    if YES in words:
        return UNKNOWN if clue == NO else YES
    if clue != UNKNOWN:
        return clue
    return NO if NO in words else UNKNOWN


# --- conditions, rules, options
def holds(when: dict[str, Any] | None, facts: Facts) -> str:
    if when is None:
        return YES
    if "fact" in when:
        value = facts[when["fact"]]
        if isinstance(value, str):
            return flip(value) if when.get("is") is False else value
        return bounded(value, {k: when.get(k) for k in ("above", "at_least", "at_most", "below")})
    if "any" in when:
        return most([holds(part, facts) for part in when["any"]])
    if "all" in when:
        return least([holds(part, facts) for part in when["all"]])
    if "not" in when:
        return flip(holds(when["not"], facts))
    parts = [holds(part, facts) for part in when["of"]]
    if parts.count(YES) >= when["at_least"]:
        return YES
    return UNKNOWN if len(parts) - parts.count(NO) >= when["at_least"] else NO


def effect_of(rule: dict[str, Any]) -> str:
    if rule.get("leads_to"):
        return str(rule["leads_to"])
    if rule["severity"] == "monitor":
        return "monitor"
    if rule["severity"] == "relative":
        return "discuss_with_caution"
    return "not_now" if rule["logic"] == "require" or rule["kind"] == "washout" else "not_suitable"


@dataclass
class Reason:
    id: str
    effect: str
    bears: str
    hard: bool


def reasons_of(option: str, entry: dict[str, Any], facts: Facts) -> list[Reason]:
    """Rules and special groups that concern an option; those of another country are left out."""
    choices = section("ordering")["options"]
    found = []
    for name, rule in section("eligibility").items():
        if rule["logic"] == "schedule" or not {option, "any"} & set(rule["treatments"]):
            continue
        effect = effect_of(rule)
        is_hard = (
            rule["severity"] == "absolute"
            and not rule.get("is_silent_if_unknown")
            and effect in ("not_now", "not_suitable")
        )
        bears = holds(rule.get("when"), facts)
        bears = flip(bears) if rule["logic"] == "require" else bears
        places = [j for j in rule["jurisdictions"] if j != "any"]
        applies = most([holds(choices["regions"][j], facts) for j in places]) if places else YES
        if applies == NO:
            continue
        if applies == UNKNOWN and is_hard and bears == YES:
            bears = UNKNOWN
        found.append(Reason(name, effect, bears, is_hard))
    for name, group in choices["groups"].items():
        known = entry["population"].get(group.get("in_catalogue") or "")
        if known and holds(group["when"], facts) == YES:
            effect = choices["suitability"][known["value"]] if group.get("gates", True) else "information"
            found.append(Reason(name, effect, YES, False))
    if n := entry["facets"].get("failed_trials_at_least"):
        met = holds({"fact": choices["failed_trials"], "at_least": n}, facts)
        found.append(Reason("trials_first", "not_now", flip(met), True))
    return found


def status_of(entry: dict[str, Any], reasons: list[Reason], tried_fairly: str) -> str:
    bearing = {r.effect for r in reasons if r.bears == YES}
    if entry.get("is_investigational"):
        return "investigational"
    for effect in ("not_suitable", "not_now"):
        if effect in bearing:
            return effect
    if tried_fairly == YES and not (entry.get("matches") or {}).get("roles"):
        return "tried"
    is_held = any(r.bears == UNKNOWN and r.hard for r in reasons)
    return "discuss_with_caution" if is_held or "discuss_with_caution" in bearing else "discuss"
