"""Where things stand: what each definition says in plain and in clinical words, what is missing, and what if."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import get_args

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from remit.knowledge import Definition
from remit.knowledge.base import Cited
from remit.render.phrases import Phrases
from remit.render.statements import result, severity, verdict_sentence
from remit.render.views import Lack, PersonView, VerdictView
from remit.surfaces.web.call import NOT_FOUND, Call
from remit.surfaces.web.forms import EntryReader, form_of, n_steps
from remit.surfaces.web.lists import tasks
from remit.surfaces.web.pages import history
from remit.surfaces.web.record import read_document
from remit.surfaces.web.workbench import CLINICIAN, VISIT, Assessment

FAMILIES: tuple[str, ...] = get_args(Definition.model_fields["family"].annotation)
ABOUT = ("start_date", "end_date", "daily_dose_mg", "sessions", "outcome", "detail", "adequacy_rule")
"""Facts of a treatment: they are mended on its form; the others on the page about the person."""


@dataclass(frozen=True, slots=True)
class Told:
    """One verdict in both kinds of words."""

    name: str
    status: str
    word: str
    plain: str
    clinical: str
    sources: str


def standing(call: Call) -> Response:
    """All verdicts."""
    assessment = call.assessment()
    if assessment.faults:
        return call.render("standing.html", families=[], missing=[], faults=assessment.faults, person=None, severity="")
    families = told(call, assessment)
    person = assessment.person(call.mode)
    return call.render(
        "standing.html",
        families=families,
        missing=_missing(call, assessment, person),
        faults=(),
        person=person,
        severity=severity(person, call.phrases),
    )


def told(call: Call, assessment: Assessment) -> list[tuple[str, str, list[Told]]]:
    """Verdicts by family of definitions."""
    text = call.services.text
    both = {mode: Phrases(text, mode) for mode in (VISIT, CLINICIAN)}
    by_family: dict[str, list[Told]] = defaultdict(list)
    # A verdict is the same in both modes but for the words of what is missing, which only the plain sentence names.
    for plain in assessment.person(VISIT).verdicts:
        definition = plain.definition
        by_family[definition.family].append(
            Told(
                definition.name,
                plain.status,
                call.say(f"words.status.{plain.status}"),
                verdict_sentence(plain, both[VISIT]),
                _clinical(call, plain, both[CLINICIAN]),
                sourced(call, definition),
            )
        )
    return [(f, call.say(f"words.family.{f}"), by_family[f]) for f in FAMILIES if f in by_family]


def sourced(call: Call, cited: Cited) -> str:
    """Sources of something, and how well it was checked."""
    return call.say("web.standing.sources", sources=", ".join(cited.sources), mark=call.phrases.mark(cited.verified))


def _clinical(call: Call, verdict: VerdictView, phrases: Phrases) -> str:
    """The clinical sentence; what is missing is listed once below, not in every row."""
    if verdict.status != "undetermined":
        return verdict_sentence(verdict, phrases)
    return call.say("web.standing.open", result=result(verdict, phrases), n=len(verdict.missing))


def _missing(call: Call, assessment: Assessment, person: PersonView) -> Markup:
    """Facts that would settle a verdict, those that settle most first, with the form where each belongs."""
    counts: dict[tuple[str, str | None], list[Lack]] = defaultdict(list)
    for verdict in person.verdicts:
        for lack in {(x.fact, x.trial_id): x for x in verdict.missing}.values():
            counts[lack.fact, lack.trial_id].append(lack)
    keys = {t.id: t.key for t in person.trials}
    entries = {trial: key for key, trial in assessment.trial_keys.items()}
    found, settled = [], cache(lambda n: call.say("web.standing.settles", n=n))
    for (fact, trial_id), lacks in sorted(counts.items(), key=lambda pair: -len(pair[1])):
        entry = entries.get(keys.get(trial_id or "", -1))
        path = call.home("history", entry) if fact in ABOUT and entry else call.home("about")
        text = lacks[0].question if call.mode == VISIT else lacks[0].text
        found.append((path, text, settled(len(lacks))))
    return tasks(found)


def what_if(call: Call) -> Response:
    """The same verdicts, had one treatment gone otherwise; nothing of it is kept."""
    record = read_document(call.record.document())
    chosen = call.form.get("entry") or call.request.query_params.get("entry", "")
    entry = record.entry(chosen) or next(iter(record.entries), None)
    if entry is None:
        return call.redirect(call.home("history"))
    if chosen and record.entry(chosen) is None:
        raise HTTPException(NOT_FOUND)
    problems: dict[str, str] = {}
    changes: list[dict[str, str]] = []
    if call.is_post:
        reader = EntryReader(call.services.knowledge, call.services.text, call.dates())
        changed = reader.read(form_of(entry) | call.form, entry)
        problems = reader.problems
        record.entries[record.entries.index(entry)] = changed
        entry = changed
        before = call.assessment()
        after = call.services.bench.assess(record, call.services.today(), call.country)
        if not before.faults and not after.faults:
            changes = _changes(call, before.person(call.mode), after.person(call.mode))
    return call.render(
        "what_if.html",
        entry=entry,
        entries=history.told_apart(call, record.entries),
        form=form_of(entry),
        problems=problems,
        changes=changes,
        differing=sum(c["before"] != c["after"] for c in changes),
        outcomes=history.outcomes(call),
        is_daily=history.is_daily(call, entry),
        rows=max(n_steps(form_of(entry)), 1),
    )


def _changes(call: Call, before: PersonView, after: PersonView) -> list[dict[str, str]]:
    pairs = zip(before.verdicts, after.verdicts, strict=True)
    rows = [{"name": b.definition.name, "before": _short(call, b), "after": _short(call, a)} for b, a in pairs]
    return sorted(rows, key=lambda row: row["before"] == row["after"])


def _short(call: Call, verdict: VerdictView) -> str:
    word = call.say(f"words.status.{verdict.status}")
    return call.say("words.labelled", value=word, label=result(verdict, call.phrases))
