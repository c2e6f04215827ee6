"""Writes the reference pages that are made of the code and the knowledge: `python docs/generate.py [--check]`.

The pages are committed; a test keeps them equal to what is written here.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from remit.knowledge import AdequacyRule, Definition, Knowledge, load_knowledge
from remit.knowledge.definition import Criterion, EpisodeFeature, Feature, Item, SpanFeature
from remit.knowledge.pattern import ChainFeature, DrugsFeature, PatternFeature, StepFeature, SwitchFeature, Window
from remit.knowledge.select import Select
from remit.tables.base import Table

HERE = Path(__file__).parent
CHAPTERS = HERE.parent / "tests" / "spec"
TRANSFORMS = (
    "records", "crisis", "trials", "adequacy", "resistance", "facts", "differential", "options", "plan", "coverage",
    "course",
)  # fmt: skip
VERIFIED = {
    "yes": "seen in the source",
    "partly": "seen in part",
    "no": "**not verified** (background knowledge)",
    "derived": "this project's reading",
}
MADE = "<!-- Made by docs/generate.py; do not edit. -->\n"
ABOUT_BEHAVIOUR = """\
What the transforms do, chapter by chapter: tables in, rows out. Every block runs as a test, so the page is true.
The letter of the rules is in [Semantics](../explanation/semantics.md).

Days are numbers; day 0 is the first day of the year 2024. An end is the day *after* the last covered day. `?` is
unknown; `-` is none (an end of `-`: ongoing); `10..20` is a partial date, some day from 10 to 20. Unless a block
says otherwise the index date is day 400, the episode began on day 0, and the record is a report. Of the rows that
come out only the columns named are compared.
"""
ABOUT_TABLES = """\
Every transform reads tables and writes tables; these are their contracts, in the order of the flow. A column that is
marked *key* is part of the row's key; *null* says that it may be unknown. Three-valued columns hold `no`, `unknown`
or `yes`. Dates are half-open: an `end_date` is the first day that is not covered.
"""
ABOUT_DEFINITIONS = """\
Each definition as it is computed: what it counts, from which number on, and where that number comes from. Where a
source is silent, the reading is this project's own and says so.
"""
STATES = {
    "failed": "that failed although it was adequate",
    "unsuccessful": "that did not help, whatever dose and time",
    "dose_optimised": "that failed at an optimised dose",
    "duration_optimised": "that failed after an optimised time",
    "failed_or_intolerant": "that failed, or was stopped early for side effects",
}


# --- behaviour
def behaviour() -> str:
    """The specifications: what goes in and what comes out."""
    head = f"# Behaviour\n\n{MADE}\n{ABOUT_BEHAVIOUR}"
    files = sorted(CHAPTERS.glob("[0-9]*.md"))
    return head + "".join(f"\n{_lowered(path.read_text(encoding='utf-8'))}" for path in files)


def _lowered(text: str) -> str:
    """Headings one level down; blocks as plain text."""
    lines = [f"#{line}" if line.startswith("#") else line for line in text.splitlines()]
    return "\n".join("```text" if line == "```spec" else line for line in lines).rstrip() + "\n"


# --- tables
def tables() -> str:
    """Every table contract: what one row is, its columns, and what they mean."""
    parts = [f"# Tables\n\n{MADE}\n{ABOUT_TABLES}"]
    for name in TRANSFORMS:
        module = importlib.import_module(f"remit.tables.{name}")
        parts.append(f"\n## {name.capitalize()}\n\n{_first_paragraphs(module)}\n")
        parts.extend(_table(table, module) for table in _own_tables(module))
    return "".join(parts)


def _own_tables(module: ModuleType) -> list[type[Table]]:
    own = [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Table) and value.__module__ == module.__name__
    ]  # fmt: skip
    return sorted(own, key=lambda table: inspect.getsourcelines(table)[1])


def _first_paragraphs(module: ModuleType) -> str:
    return inspect.cleandoc(module.__doc__ or "")


def _table(table: type[Table], module: ModuleType) -> str:
    remarks = _remarks(table, module)
    rows = [
        (
            f"`{name}`",
            _type(column.dtype),
            ", ".join(mark for mark, holds in (("key", column.primary_key), ("null", column.nullable)) if holds),
            remarks.get(name, ""),
        )
        for name, column in table.columns().items()
    ]
    body = _grid(("column", "type", "", "meaning"), rows)
    return f"\n### `{table.table_name()}`\n\n{inspect.cleandoc(table.__doc__ or '')}\n\n{body}"


def _type(dtype: Any) -> str:
    categories = getattr(dtype, "categories", None)
    return ", ".join(f"`{c}`" for c in categories) if categories is not None else str(dtype)


def _remarks(table: type[Table], module: ModuleType) -> dict[str, str]:
    """The comment that stands beside a column in the source."""
    lines = inspect.getsource(module).splitlines()
    tree = ast.parse(inspect.getsource(module))
    body = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == table.__name__).body
    found = {}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            _, mark, remark = lines[(node.end_lineno or node.lineno) - 1].partition("  # ")
            found[node.targets[0].id] = remark if mark else ""
    return found


# --- definitions
def definitions() -> str:
    """Every definition and every adequacy rule in use, with sources and how well they were verified."""
    knowledge = load_knowledge()
    parts = [f"# Definitions\n\n{MADE}\nKnowledge version {knowledge.version}. {ABOUT_DEFINITIONS}"]
    parts.extend(_definition(d, knowledge) for d in knowledge.definitions)
    parts.append(
        "\n## Adequacy rules\n\nWhat a fair try is. Of the rules on file, these are used by a definition; "
        "`remit knowledge show ID` shows the others.\n"
    )
    parts.extend(_rule(knowledge.rules[key], knowledge) for key in knowledge.rules_in_use)
    return "".join(parts)


def _definition(definition: Definition, knowledge: Knowledge) -> str:
    rule = knowledge.library.rules[definition.adequacy]
    excluded = ", ".join(knowledge.conditions[c].name for c in definition.excludes) or "nothing"
    facts = [
        ("family", definition.family),
        ("shape", definition.shape),
        ("scope", "the current episode" if definition.scope == "episode" else "the whole life"),
        ("a fair try", f"[{rule.name}](#{_anchor(rule.name)})"),
        ("excludes", excluded),
        ("reviewed", definition.reviewed.isoformat()),
        ("verified", VERIFIED[definition.verified]),
        ("worked cases", str(len(definition.cases))),
    ]
    parts = [
        f"\n## {definition.name}\n\n`{definition.id}`: {definition.summary}\n\nIn plain words: {definition.plain}\n\n",
        _grid(("", ""), facts),
        "\n",
        _grid(("feature", "what is counted"), [(f"`{k}`", _feature(f)) for k, f in definition.features.items()]),
        "\n",
        _shape(definition),
    ]
    if definition.met:
        parts.append(f"\nResistant: {_criterion(definition.met)}; {_cited(definition.met)}\n")
    if definition.ambiguities:
        parts.append("\nWhere sources are silent or differ:\n\n" + "".join(f"- {a}\n" for a in definition.ambiguities))
    parts.append(_sources(definition.sources, knowledge))
    return "".join(parts)


def _shape(definition: Definition) -> str:
    if definition.shape == "count":
        rows = [(_criterion(c), _cited(c)) for c in definition.criteria]
        return _grid(("all of", "source"), rows)
    if definition.shape == "score":
        rows = [(f"`{i.feature}`", _points(i), _cited(i)) for i in definition.items]
        text = _grid(("item", "points", "source"), rows)
        for criterion in definition.scorable_if:
            text += f"\nThere is a score only with {_criterion(criterion)}; {_cited(criterion)}\n"
        if definition.labels:
            names = ", ".join(
                f"{x.label} up to {x.up_to:g}" if x.up_to else f"{x.label} above" for x in definition.labels
            )
            text += f"\nNames of the results: {names}.\n"
        return text
    rows = [
        (f"{r.value:g}", r.label, " and ".join(_criterion(c) for c in r.all) or "otherwise", _cited(r))
        for r in reversed(definition.rungs)
    ]
    return _grid(("result", "name", "if", "source"), rows)


def _criterion(criterion: Criterion) -> str:
    if criterion.at_least is not None:
        return f"`{criterion.feature}` at least {criterion.at_least:g}"
    return f"`{criterion.feature}` more than {criterion.more_than:g}"


def _points(item: Item) -> str:
    if item.per is not None:
        return f"{item.per:g} for each"
    return "; ".join(
        f"up to {band.up_to:g}: {band.points:g}" if band.up_to is not None else f"above: {band.points:g}"
        for band in item.bands
    )


def _feature(feature: Feature) -> str:
    if isinstance(feature, EpisodeFeature):
        return {
            "months": "length of the episode in months",
            "severity": "severity of the episode: 1 subsyndromal, 2 mild, 3 moderate, 4 severe",
            "severity_psychotic": "the same, 5 where it is severe with psychotic features",
        }[feature.episode]
    if isinstance(feature, SpanFeature):
        return f"weeks covered by a trial {STATES[feature.weeks]}{_select(feature.select)}"
    if isinstance(feature, PatternFeature):
        return _pattern(feature)
    units = {"ingredient": "drugs or procedures", "class": "classes", "trial": "trials"}[feature.count]
    if feature.count == "trial":
        return f"trials {STATES[feature.state]}{_select(feature.select)}"
    return f"{units} with a trial {STATES[feature.state]}{_select(feature.select)}"


def _pattern(feature: PatternFeature) -> str:
    """A treatment pattern in words."""
    at_dose = ", at the minimum dose" if getattr(feature, "at_dose", False) else ""
    if isinstance(feature, DrugsFeature):
        return f"distinct drugs on record{_select(feature.drugs)}{at_dose}"
    if isinstance(feature, SwitchFeature):
        return (
            f"drugs that were left for another{_select(feature.switches)}{at_dose}: dates more than "
            f"{feature.course_gap_days.value:g} days apart begin a new course, a course lasts at least "
            f"{feature.course_days.value:g} days, the next drug follows within {feature.gap_days.value:g} days"
        )
    if isinstance(feature, ChainFeature):
        return (
            f"1 if a course of {feature.course_days.value:g} days of one drug is followed by such a course of another"
            f"{_select(feature.chain)}{at_dose}"
        )
    if isinstance(feature, StepFeature):
        fair = "long enough" if feature.dose_blind else "of adequate dose and duration"
        return (
            f"1 if a further trial{_select(feature.next)} begins after two {fair}{_select(feature.after_two)}, "
            f"{feature.gap_days.value:g} days between at most, all within {feature.within_days.value:g} days"
        )
    return "1 if " + "; or ".join(_window(window) for window in feature.any_window) + at_dose


def _window(window: Window) -> str:
    last = "began" if window.by == "start" else "ran"
    return (
        f"a trial begins{_select(window.begins)}, and {window.at_least:g} other{_select(window.others)}, {last} within "
        f"{window.within_days:g} days before"
        + (f", begun at least {window.started_days_before:g} day before" if window.started_days_before else "")
    )


def _select(select: Select) -> str:
    added = {True: "added to another", False: "not added to another", None: ""}[select.added]
    told = [
        ("of role", select.roles), ("of class", select.classes), ("not of class", select.not_classes),
        ("only", select.treatments), ("not", select.not_treatments),
        ("with", [f"{k} {v}" for k, v in select.detail.items()]), ("", [added] if added else []),
    ]  # fmt: skip
    return "".join(f", {word} {' or '.join(values)}".replace(",  ", ", ") for word, values in told if values)


def _rule(rule: AdequacyRule, knowledge: Knowledge) -> str:
    lender = knowledge.library.rules[rule.doses_of] if rule.doses_of else None
    limit = rule.nonresponse
    percent = (
        f"improved by less than {limit.below_percent:g} %"
        if limit.below_percent is not None
        else f"improved by {limit.at_most_percent:g} % or less"
    )
    numbers = [
        ("time at the dose", f"{rule.min_weeks.value:g} weeks", _cited(rule.min_weeks)),
        ("doses taken", f"at least {rule.adherence_at_least.value:.0%}", _cited(rule.adherence_at_least)),
        ("did not help", percent, _cited(limit)),
    ]
    if rule.dose_optimised_ratio:
        ratio = rule.dose_optimised_ratio
        numbers.append(("dose optimised", f"{ratio.value:g} times the minimum", _cited(ratio)))
    if rule.duration_optimised_weeks:
        weeks = rule.duration_optimised_weeks
        numbers.append(("time optimised", f"{weeks.value:g} weeks", _cited(weeks)))
    parts = [
        f"\n### {rule.name}\n\n`{rule.id}`: {rule.summary}\n\n",
        _grid(("", "asked", "source"), numbers),
        f"\n{rule.reasons}\n" if rule.reasons else "",
    ]
    if lender:
        parts.append(f"\nMinimum doses: those of [{lender.name}](#{_anchor(lender.name)}).\n")
    else:
        parts.append("\n" + _grid(("treatment", "lowest daily dose", "source"), list(_doses(rule, knowledge))))
    parts.append(_sources(rule.sources, knowledge))
    return "".join(parts)


def _doses(rule: AdequacyRule, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    for treatment, dose in sorted(rule.doses.items()):
        yield knowledge.library.treatments[treatment].name, f"{dose.mg:g} mg", _cited(dose)
    for treatment, sessions in sorted(rule.sessions.items()):
        yield knowledge.library.treatments[treatment].name, f"{sessions.sessions:g} sessions", _cited(sessions)


def _cited(model: Any) -> str:
    note = f"; {model.note}" if model.note else ""
    return f"{', '.join(f'`{s}`' for s in model.sources)}: {VERIFIED[model.verified]}{note}"


def _sources(ids: Iterable[str], knowledge: Knowledge) -> str:
    lines = []
    for source in (knowledge.sources[i] for i in ids):
        where = f" doi:{source.doi}" if source.doi else f" <{source.url}>" if source.url else ""
        lines.append(f"- `{source.id}`: {source.citation}{where} (read: {source.seen})\n")
    return "\nSources:\n\n" + "".join(lines)


def _anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -")
    return kept.replace(" ", "-")


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


PAGES: dict[str, Callable[[], str]] = {"behaviour": behaviour, "tables": tables, "definitions": definitions}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which are out of date."""
    parser = argparse.ArgumentParser(description="Write the generated reference pages.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a page is out of date")
    check = parser.parse_args(arguments).check
    stale = []
    for name, make in PAGES.items():
        path = HERE / "reference" / f"{name}.md"
        text = make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{'out of date' if check else 'written'}: {', '.join(stale) or 'none'}\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
