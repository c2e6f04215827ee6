"""The document for the visit: one page that stands alone, and the pages behind it.

The first page says what was tried, what the definitions say, what to ask and what to bring. Each of its lists is short
by design: what a list has no room for stands behind it, and the page says so. It ranks nothing, excludes nothing, and
names no dose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remit.render.document import annexes
from remit.render.document.blocks import Block, Figure, Grid, Said, Section, record
from remit.render.document.considered import considered_annex, considered_front
from remit.render.document.history import HistorySections
from remit.render.document.parts import items, paragraph, said
from remit.render.phrases import sources_of, weakest
from remit.render.reasons import Reasons
from remit.render.statements import result, why_not
from remit.render.views import AdequacyView, AssessmentView, NoticeView, TrialView, VerdictView

ALWAYS = ("other", "tried", "next", "watch")
TO_BRING = ("list", "papers", "person")
COLUMNS = ("treatment", "dates", "fair", "outcome")
MOST_TRIALS = 7
"""Treatments on the first page: those that go on, then the newest; those without a date last."""
MOST_QUESTIONS = 4
"""Questions about what is missing on the first page, those that would settle most first."""


def front(sections: HistorySections, view: AssessmentView) -> Iterator[Section]:
    """Sections of the first page."""
    say = sections.say
    yield _tried(sections, (*sections.person.notices, *view.notices))
    yield _says(sections)
    if checks := considered_front(sections.person, sections.phrases):
        yield checks
    yield _ask(sections)
    bring = [say(f"report.bring_list.{key}") for key in TO_BRING]
    if sections.settling:
        bring.insert(1, say("report.bring_letter"))
    yield Section("bring", say("report.bring"), (items(bring),))


def behind(sections: HistorySections, view: AssessmentView) -> Iterator[Section | None]:
    """Sections of the pages behind the first."""
    yield _earlier(sections)
    yield _questions(sections)
    yield _rules(sections)
    yield considered_annex(sections.person, sections.phrases)
    yield _assumed(sections, view)
    yield _picture(sections)


# --- what was tried
def _shown(trials: Sequence[TrialView]) -> set[str]:
    """Ids of the trials that stand on the first page."""
    newest = sorted(enumerate(trials), key=lambda pair: (not pair[1].is_ongoing, pair[1].start is None, -pair[0]))
    return {trial.id for _, trial in newest[:MOST_TRIALS]}


def _tried(sections: HistorySections, notices: Sequence[NoticeView]) -> Section:
    say, trials = sections.say, sections.person.trials
    blocks: list[Block] = [paragraph(say("visit.intro"))]
    if not trials:
        blocks.append(paragraph(say("visit.none_tried")))
    else:
        shown = _shown(trials)
        has_more = len(shown) < len(trials)
        if has_more:
            blocks.append(paragraph(record(_counted(sections))))
        caption = say("report.visit_tried.newest") if has_more else say("report.visit_tried.all")
        blocks.append(_grid(sections, caption, shown))
    blocks += [paragraph(told) for told in sections.statements("severity")]
    if n := len(notices):
        title = say("visit.assumed_title")
        blocks.append(paragraph(record(say("report.visit_notices", n=n, title=title)), is_note=True))
    return Section("tried", say("visit.tried"), tuple(blocks))


def _counted(sections: HistorySections) -> str:
    """How many treatments there are, and how many were a fair try."""
    fair = [row.fair_try for row in _judged(sections)]
    counts = {word: fair.count(word) for word in ("yes", "no", "unknown")}
    title = sections.say("report.visit_tried.earlier")
    return sections.say("report.visit_tried.counted", n=len(fair), title=title, **counts)


def _judged(sections: HistorySections) -> list[AdequacyView]:
    return [row for row in sections.person.adequacy if row.rule.id == sections.rule.id]


def _grid(sections: HistorySections, caption: str, ids: set[str]) -> Grid:
    reasons = Reasons(sections.phrases, sections.knowledge)
    rows = []
    for row in _judged(sections):
        if row.trial.id in ids:
            facts = reasons.facts(row)
            rows.append(
                (
                    record(sections.cells.name(row.trial)),
                    record(sections.phrases.period(row.trial)),
                    Said(_fair(row, sections), sources_of(facts), "record", weakest(facts)),
                    record(_outcome(row.trial, sections)),
                )
            )
    columns = tuple(sections.say(f"report.visit_tried.columns.{c}") for c in COLUMNS)
    return Grid(caption, columns, tuple(rows), (4, 6, 7, 5))


def _fair(row: AdequacyView, sections: HistorySections) -> str:
    return sections.say(f"report.visit_tried.fair.{row.fair_try}", why=why_not(row, sections.phrases))


def _outcome(trial: TrialView, sections: HistorySections) -> str:
    """What came of it in a few words, with the scores of that time."""
    word = "open" if trial.outcome is None and trial.basis != "none" else trial.outcome or "unknown"
    told = sections.say(f"report.visit_tried.outcome.{word}")
    return sections.say("report.visit_tried.scores", told=told, scores=trial.measured) if trial.measured else told


def _earlier(sections: HistorySections) -> Section | None:
    trials = sections.person.trials
    rest = {trial.id for trial in trials} - _shown(trials)
    if not rest:
        return None
    grid = _grid(sections, sections.say("report.visit_tried.rest"), rest)
    return Section("earlier", sections.say("report.visit_tried.earlier"), (grid,))


# --- what the definitions say
def _verdicts(sections: HistorySections) -> list[VerdictView]:
    """Verdicts of definitions; patterns in records say nothing to a person."""
    return [v for v in sections.person.verdicts if v.definition.family != "pattern"]


def _says(sections: HistorySections) -> Section:
    """Which definitions are met, open, not met or not meant for the person; what each asks stands behind."""
    say, verdicts = sections.say, _verdicts(sections)
    blocks: list[Block] = [paragraph(say("visit.says_intro"))]
    lines = []
    for status in ("met", "undetermined", "not_met", "not_applicable"):
        some = [v for v in verdicts if v.status == status]
        if some:
            names = sections.phrases.listed(_called(v, sections) for v in some)
            reasons = sections.phrases.listed(dict.fromkeys(name for v in some for name in v.excluded_by))
            sources = tuple(dict.fromkeys(s for v in some for s in v.definition.sources))
            told = say(f"report.visit_verdict.{status}", names=names, conditions=reasons)
            lines.append(Said(told, sources, "record"))
    if lines:
        blocks += [items(lines), paragraph(say("report.visit_verdict.where", title=say("report.visit_verdict.rules")))]
    return Section("says", say("visit.says"), tuple(blocks))


def _called(verdict: VerdictView, sections: HistorySections) -> str:
    """Name of a definition; where a stage or score is met and certain, with it."""
    name = verdict.definition.name
    is_certain = verdict.value is not None and verdict.low == verdict.high
    if verdict.definition.shape == "count" or verdict.status != "met" or not is_certain:
        return name
    return sections.say("report.visit_verdict.result", name=name, result=result(verdict, sections.phrases))


def _rules(sections: HistorySections) -> Section | None:
    told = {s.about: s for s in sections.person.statements}
    verdicts = _verdicts(sections)
    if not verdicts:
        return None
    lines = items(said(told[f"verdict:{v.definition.id}"]) for v in verdicts)
    return Section("rules", sections.say("report.visit_verdict.rules"), (lines,))


# --- questions
def _asked(sections: HistorySections) -> list[str]:
    return list(dict.fromkeys(lack.question for lack in sections.settling))


def _ask(sections: HistorySections) -> Section:
    say, questions = sections.say, _asked(sections)
    blocks: list[Block] = []
    if questions:
        blocks += [paragraph(say("visit.ask_intro")), items(record(q) for q in questions[:MOST_QUESTIONS])]
    if more := len(questions[MOST_QUESTIONS:]):
        blocks.append(paragraph(record(say("report.visit_more", n=more, title=say("report.visit_questions")))))
    also = say("visit.ask_also") if questions else say("report.visit_ask")
    blocks += [paragraph(also), items(say(f"visit.ask_always.{key}") for key in ALWAYS)]
    return Section("ask", say("visit.ask"), tuple(blocks))


def _questions(sections: HistorySections) -> Section | None:
    more = _asked(sections)[MOST_QUESTIONS:]
    if not more:
        return None
    return Section("questions", sections.say("report.visit_questions"), (items(record(q) for q in more),))


# --- what stands behind
def _assumed(sections: HistorySections, view: AssessmentView) -> Section | None:
    say, person = sections.say, sections.person
    blocks: list[Block] = []
    if person.assumptions:
        blocks.append(items(record(told) for told in person.assumptions))
    if notices := (*person.notices, *view.notices):
        blocks += [paragraph(say("visit.notices"), is_note=True), items(record(n.text) for n in notices)]
    return Section("assumed", say("visit.assumed_title"), tuple(blocks)) if blocks else None


def _picture(sections: HistorySections) -> Section | None:
    """The picture and all scores."""
    blocks: list[Figure] = [*sections.figure()]
    if not blocks:
        return None
    grids = [annexes.data_grid(table, (2, 2, 3, 6)) for table in sections.score_tables()]
    return Section("picture", sections.say("chart.timeline"), (*blocks, *grids))
