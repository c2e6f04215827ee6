"""Could it be something else: the questions of the differential, and what the answers make worth checking."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from remit.knowledge.facts import FactDefinition
from remit.render.considered import ConsiderationView
from remit.surfaces.web.call import Call
from remit.surfaces.web.windows import merged
from remit.surfaces.web.workbench import CLINICIAN

SAID = {"yes": True, "no": False}
STATES = ("raised", "open", "spoken_against", "not_raised")


def edit(call: Call) -> Response:
    """All checks with their questions; answers are saved one by one, or all at once."""
    if call.is_post:
        _take(call)
        if call.is_partial:
            return call.render("checks_live.html", checks=_checks(call), faults=call.assessment().faults)
        return call.redirect(call.home("checks"), "saved")
    assessment = call.assessment()
    checks = _checks(call)
    answers = {q["id"]: q["answer"] for check in checks for q in check["questions"]}
    return call.render("checks.html", checks=checks, answers=answers, faults=assessment.faults)


def _take(call: Call) -> None:
    """Answers to questions that are asked here; one that is taken back is unknown again."""
    known = {fact.id for fact in call.services.knowledge.facts if fact.kind == "yes_no"}
    before = dict(call.record.clues)
    now = {name: _answer(call, name) for name in known & call.form.keys()}
    for name, answer in merged(call.form, now).items():
        if name in known and answer in SAID:
            call.record.clues[name] = SAID[answer]
        elif name in known and answer == "unknown":
            call.record.clues.pop(name, None)
    if call.record.clues != before:
        call.save("checks")


def _checks(call: Call) -> list[dict[str, Any]]:
    """Checks that speak up first; each question stands with the first check that it matters to."""
    assessment = call.assessment()
    if assessment.faults:
        return []
    views = assessment.person(call.mode).considerations
    asked: set[str] = set()
    rows = []
    for view in views:
        questions = [_question(call, fact) for fact in _facts(call, view) if fact.id not in asked]
        asked.update(question["id"] for question in questions)
        rows.append(_row(call, view, questions))
    return sorted(rows, key=lambda row: STATES.index(row["state"]))


def _facts(call: Call, view: ConsiderationView) -> list[FactDefinition]:
    """Facts of a check that a person can answer; a clinician is asked the others too."""
    knowledge = call.services.knowledge
    facts = [knowledge.library.facts[i] for i in view.check.facts()]
    return [f for f in facts if f.kind == "yes_no" and (f.ask or call.mode == CLINICIAN)]


def _question(call: Call, fact: FactDefinition) -> dict[str, Any]:
    return {"id": fact.id, "ask": fact.ask or fact.name, "answer": _answer(call, fact.id)}


def _answer(call: Call, name: str) -> str:
    return {True: "yes", False: "no"}.get(call.record.clues.get(name, ""), "unknown")


def _row(call: Call, view: ConsiderationView, questions: list[dict[str, Any]]) -> dict[str, Any]:
    level = call.say(f"web.checks.level.{view.level}") if view.level and view.state == "raised" else ""
    return {
        "id": view.check.id,
        "name": view.name,
        "state": view.state,
        "word": call.say(f"web.checks.state.{view.state}"),
        "level": level,
        "reasons": [(call.say(f"web.checks.{clue.direction}"), clue.text) for clue in view.reasons],
        "tests": view.tests,
        "changes": view.changes,
        "questions": questions,
        "n_answered": sum(q["answer"] != "unknown" for q in questions),
        "n_asked": len(questions),
        "sources": ", ".join(view.check.sources),
        "mark": call.phrases.mark(view.check.verified),
    }
