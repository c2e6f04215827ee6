"""The decision aid: every treatment that people discuss, in plain words, for no one in particular.

It follows the criteria for patient decision aids (IPDAS): the condition, the decision, all options with staying as one
is among them, good and bad in equal detail, what each is like, what is not known, and what it rests on. Its order is
the alphabet within each kind of treatment; nothing about a person changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from remit.knowledge import Knowledge
from remit.knowledge.catalogue import CatalogueEntry, Plain, PlainPoint
from remit.knowledge.pooled import EMPTY, PooledTable
from remit.render.charts.icons import icon_array
from remit.render.document.blocks import Block, Figure, Grid, Items, Said, Section
from remit.render.document.found import in_plain_words
from remit.render.document.parts import items, paragraph
from remit.render.exactness import exact
from remit.render.optioned import general_mention
from remit.render.phrases import Phrases

COLUMNS = ("option", "anaesthesia", "surgery", "injection", "home", "onset", "visits")
STEPS = ("causes", "tried", "matters", "compare", "ask", "choose")
QUESTIONS = ("stay", "why", "risks", "when")
POINTS = ("what", "happens", "benefits", "harms", "body", "mind", "life", "uncertain")
"""What every option is told with, in this order; the questions come last."""

EXAMPLE = {"low": 24, "count": 30, "high": 37, "out_of": 100, "rest": 70}
"""Of how to read a number with its interval; found nowhere."""

_STAYING = {
    "benefits": ("benefits.effects", "benefits.time"),
    "harms": ("harms.weigh", "harms.lost"),
    "questions": ("questions.happen", "questions.again", "questions.meantime"),
}


def aid(knowledge: Knowledge, phrases: Phrases, pooled: PooledTable = EMPTY) -> Iterator[Section]:
    """Sections of the decision aid."""
    say = phrases.say
    entries = [entry for entry in general_mention(knowledge) if entry.plain and entry.is_listable]
    told = [say(f"aid.condition_text.{key}") for key in ("what", "stays")]
    yield Section("condition", say("aid.condition"), tuple(paragraph(text) for text in told))
    yield Section("decision", say("aid.decision"), (paragraph(say("aid.decision_text")),))
    course = [say(f"aid.course_text.{key}") for key in ("course", "watch")]
    yield Section("course", say("aid.course"), tuple(paragraph(text) for text in course))
    yield Section("steps", say("aid.steps"), (items((say(f"aid.steps_list.{s}") for s in STEPS), is_numbered=True),))
    wishes = items(Said(wish.plain, wish.sources) for wish in knowledge.preferences.values())
    yield Section("values", say("aid.values"), (paragraph(say("aid.values_intro")), wishes))
    yield _numbers(phrases)
    yield _compare(entries, phrases)
    yield _staying(phrases)
    for category, group in groupby(entries, key=lambda entry: entry.category):
        inner = tuple(_option(entry, entry.plain, phrases, pooled) for entry in group if entry.plain)
        yield Section(f"kind-{category}", say(f"option.category.{category}"), (), inner)
    yield Section("ask", say("aid.questions"), (items(say(f"aid.questions_list.{q}") for q in QUESTIONS),))


def _numbers(phrases: Phrases) -> Section:
    """How to read numbers; the example is no finding, so it counts as a word of the page itself."""
    say = phrases.say
    example, spread = (Said(say(f"aid.numbers_text.{key}", **EXAMPLE), origin="program") for key in ("people", "range"))
    rest = [say(f"aid.numbers_text.{key}") for key in ("differ", "unknown")]
    blocks = (items([example, spread, *rest, say("report.rates")]), _picture(phrases))
    return Section("numbers", say("aid.numbers"), blocks)


def _picture(phrases: Phrases) -> Figure:
    """The example as dots."""
    title, description, legend = (
        phrases.say(f"aid.numbers_picture.{key}", **EXAMPLE) for key in ("title", "description", "legend")
    )
    columns = tuple(phrases.say(f"aid.numbers_picture.columns.{key}") for key in ("what", "number"))
    ends = EXAMPLE["low"], EXAMPLE["count"], EXAMPLE["high"], EXAMPLE["out_of"]
    chart = icon_array(*ends, name="example", title=title, description=description, words=(columns[0], columns[1]))
    return Figure(chart, Said(legend, origin="program"))


def _compare(entries: list[CatalogueEntry], phrases: Phrases) -> Section:
    """One row an option, one column a question; every cell is filled."""
    say = phrases.say
    rows = [_row(entry, entry.plain.name, phrases) for entry in entries if entry.plain]
    rows.sort(key=lambda row: row[0].text.casefold())
    columns = tuple(say(f"aid.columns.{c}") for c in COLUMNS)
    grid = Grid(say("aid.compare"), columns, tuple(rows), (5, 3, 3, 3, 3, 4, 4))
    return Section("compare", say("aid.compare"), (paragraph(say("aid.compare_intro")), grid))


def _row(entry: CatalogueEntry, name: str, phrases: Phrases) -> tuple[Said, ...]:
    say, facets = phrases.say, entry.facets
    yes_no = (facets.anaesthesia, facets.surgery, facets.injection, facets.home_possible)
    answers = [say(f"aid.answer.{'yes' if answer else 'no'}") for answer in yes_no]
    unknown = say("aid.answer.unknown")
    cells = [*answers, facets.onset or unknown, facets.first_month_visits or unknown]
    return (Said(name, facets.sources), *(Said(cell, facets.sources, verified=facets.verified) for cell in cells))


def _staying(phrases: Phrases) -> Section:
    """The option of changing nothing, told like every other."""
    say = phrases.say
    points = {
        name: [Said(say(f"aid.stay.{key}")) for key in _STAYING.get(name, (name,))] for name in (*POINTS, "questions")
    }
    questions = points.pop("questions")
    return _told("stay", say("aid.stay.name"), points, questions, phrases)


def _option(entry: CatalogueEntry, plain: Plain, phrases: Phrases, pooled: PooledTable) -> Section:
    """One option in plain words."""
    points: dict[str, list[Said]] = {}
    for name in POINTS:
        value = getattr(plain, name)
        several = value if isinstance(value, tuple) else (value,)
        points[name] = [_said(point, phrases) for point in several]
    if entry.is_investigational:
        points["what"].append(Said(phrases.say("aid.status.investigational"), is_strong=True))
    questions = [Said(question) for question in plain.questions]
    trials = in_plain_words(entry.id, pooled, phrases)
    return _told(entry.id, plain.name, points, questions, phrases, trials)


def _said(point: PlainPoint, phrases: Phrases) -> Said:
    return Said(exact(point, phrases), point.sources, verified=point.verified)


def _told(
    name: str,
    title: str,
    points: dict[str, list[Said]],
    questions: list[Said],
    phrases: Phrases,
    trials: Items | None = None,
) -> Section:
    blocks: list[Block] = []
    for part, runs in points.items():
        blocks.append(paragraph(Said(phrases.say(f"aid.part.{part}"), is_strong=True), *runs))
    if trials:
        blocks += [paragraph(Said(phrases.say("pooled.plain.title"), is_strong=True)), trials]
    blocks += [paragraph(Said(phrases.say("aid.part.questions"), is_strong=True)), items(questions)]
    return Section(f"option-{name}", title, tuple(blocks))
