"""What was tried: the list with its timeline, and the form of one treatment, saved as one types."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from remit.knowledge import Knowledge, Treatment
from remit.knowledge.names import resolve_treatment
from remit.render.statements import why_not
from remit.render.views import AdequacyView, TrialView
from remit.surfaces.web.call import NOT_FOUND, Call
from remit.surfaces.web.forms import EntryReader, form_of, n_steps
from remit.surfaces.web.record import Entry
from remit.surfaces.web.windows import merged
from remit.surfaces.web.workbench import Assessment
from remit.tables.records import OUTCOMES, STOP_REASONS

DAILY = ("drug", "supplement")
LEAST_ROWS = 2


def listing(call: Call, problems: dict[str, str] | None = None) -> Response:
    """All treatments."""
    assessment = call.assessment()
    cards = [_drawn(call, entry, assessment) for entry in call.record.entries]
    return call.render(
        "history.html",
        cards=cards,
        timeline=call.timeline(assessment),
        names=names(call),
        problems=problems or {},
        form=call.form,
        faults=assessment.faults,
    )


def names(call: Call) -> Markup:
    """Everything that a treatment is called, with its ingredient where that differs; for type-ahead."""
    drawn = call.services.drawn
    if "names" not in drawn:
        drawn["names"] = call.services.pages.render("names.html", {"names": _names(call.services.knowledge)})
    return Markup(drawn["names"])


def _names(knowledge: Knowledge) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for treatment in knowledge.treatments:
        found.setdefault(treatment.name, "")
        brands = (b for listed in treatment.names.brands.values() for b in listed)
        for other in (*treatment.names.synonyms, *brands):
            found.setdefault(other, treatment.name)
    return sorted(found.items(), key=lambda pair: pair[0].lower())


def _drawn(call: Call, entry: Entry, assessment: Assessment) -> Markup:
    """One treatment of the list."""
    card, judged = _card(call, entry, assessment), _fair_try(call, entry, assessment)
    draw = partial(call.services.pages.draw, "tried.html", "tried")
    return judged.made.of("drawn", draw, card, call.token) if judged else draw(card, call.token)


def _fair_try(call: Call, entry: Entry, assessment: Assessment) -> AdequacyView | None:
    """The trial of an entry under the leading rule; None where it is not judged."""
    return None if assessment.faults else assessment.fair_tries(call.mode).get(entry.key)


def _card(call: Call, entry: Entry, assessment: Assessment) -> dict[str, Any]:
    """What is to be said of one treatment."""
    judged = _fair_try(call, entry, assessment)
    shown = title(call, entry)
    return {
        "key": entry.key,
        "title": shown,
        "as_typed": entry.name if entry.name.lower() != shown.lower() else "",
        "path": call.home("history", entry.key),
        "period": _period(call, entry, judged.trial) if judged else "",
        "result": _result(call, judged.trial) if judged else "",
        "fair": judged.made.of("card", partial(_judged, call), judged) if judged else _not_judged(call, entry),
        "open": sorted(entry.typed) if not entry.counts else [],
    }


def _period(call: Call, entry: Entry, trial: TrialView) -> str:
    """From when to when, in the words that were typed where there are such."""
    if entry.typed.get("still") == "yes":
        return call.say("web.history.still_open")
    start = entry.typed.get("start") if entry.content.get("start", "unknown") != "unknown" else None
    end = entry.typed.get("end") if entry.content.get("end", "unknown") != "unknown" else None
    if not start and not end:
        return call.phrases.period(trial)
    if trial.is_ongoing:
        return call.say("words.since", start=start)
    return call.say("words.period", start=start or call.phrases.start(trial), end=end or call.phrases.last_day(trial))


def _result(call: Call, trial: TrialView) -> str:
    """What came of it."""
    return call.say("web.history.result", outcome=call.phrases.outcome(trial.outcome))


def title(call: Call, entry: Entry) -> str:
    """The name of the treatment, or what was typed where it is not known."""
    treatment = _treatment(call, entry)
    return treatment.name if treatment else entry.name or call.say("web.history.nameless")


def told_apart(call: Call, entries: list[Entry]) -> list[tuple[str, str]]:
    """Key and name of each treatment; of one that was tried more than once, with its start."""
    names = [title(call, entry) for entry in entries]
    counts, found = Counter(names), []
    for entry, name in zip(entries, names, strict=True):
        start = entry.typed.get("start") or entry.content.get("start") or call.say("words.no_dates")
        is_only = counts[name] == 1
        found.append((entry.key, name if is_only else call.say("words.named", treatment=name, period=start)))
    return found


def _treatment(call: Call, entry: Entry) -> Treatment | None:
    found = resolve_treatment(entry.name, call.services.knowledge) if entry.name else None
    return None if found is None or found.key is None else call.services.knowledge.treatments[found.key]


def is_daily(call: Call, entry: Entry) -> bool:
    """Whether it is taken day by day in milligrams; so is one that is not known."""
    treatment = _treatment(call, entry)
    return treatment is None or (treatment.kind in DAILY and treatment.given_as != "sessions")


def outcomes(call: Call) -> list[tuple[str, str]]:
    """Choices of what came of it, the best first."""
    known = [(o, call.say(f"web.history.outcome.{o}")) for o in reversed(OUTCOMES)]
    return [*known, ("", call.say("web.history.unsure"))]


def _not_judged(call: Call, entry: Entry) -> dict[str, Any]:
    """The same as of a treatment that is judged."""
    reason = call.say("web.history.not_counted" if entry.counts else "web.history.not_known")
    word = call.say("web.history.fair_open")
    return {"state": "unknown", "word": word, "reasons": [reason], "asks": [], "brief": reason}


def _judged(call: Call, judged: AdequacyView) -> dict[str, Any]:
    """Whether a treatment was a fair try, why, what is not known yet, and the same in brief."""
    asks = [call.say(f"web.history.ask_{part}") for part in _open_parts(judged)]
    brief = why_not(judged, call.phrases)
    if judged.fair_try == "unknown" and asks:
        brief = f"{call.say('web.history.would_tell')} {'; '.join(asks)}"
    if brief:
        brief = f"{brief[:1].upper()}{brief[1:]}."
    return {
        "state": judged.fair_try,
        "word": call.say(f"web.history.fair.{judged.fair_try}"),
        "reasons": list(judged.reasons),
        "asks": asks,
        "brief": brief,
    }


def _open_parts(judged: AdequacyView) -> list[str]:
    """What to fill in so that it can be told."""
    parts = []
    is_open, is_course = judged.fair_try == "unknown", judged.trial.treatment.given_as == "sessions"
    if is_open and judged.dose_met == "unknown" and not judged.is_rule_silent:
        parts.append("sessions" if is_course else "dose")
    if is_open and judged.duration_met == "unknown" and not judged.is_rule_silent and not is_course:
        parts.append("dates")
    if judged.trial.outcome is None and judged.trial.basis == "none":
        parts.append("outcome")
    return parts


def add(call: Call) -> Response:
    """A treatment by its name, and on to its form."""
    name = call.form.get("treatment", "").strip()
    if not name:
        return listing(call, {"treatment": call.say("web_forms.treatment")})
    entry = call.record.add({})
    reader = EntryReader(call.services.knowledge, call.services.text, call.dates())
    call.record.entries[-1] = reader.read({"treatment": name}, entry)
    call.save(f"history.{entry.key}.add")
    return call.redirect(call.home("history", entry.key))


def edit(call: Call) -> Response:
    """The form of one treatment: shown, saved while one types, or saved and left."""
    if call.is_post and not call.is_partial and call.record.entry(call.request.path_params["key"]) is None:
        return call.redirect(call.home("history"), "gone")  # another window took it out
    entry = _entry(call)
    if not call.is_post:
        # The form is read once more, so that what is wrong with it is said again.
        reader = EntryReader(call.services.knowledge, call.services.text, call.dates())
        reader.read(form_of(entry), entry)
        return _form(call, entry, reader.problems if entry.typed else {})
    reader = EntryReader(call.services.knowledge, call.services.text, call.dates())
    changed = reader.read(merged(call.form, form_of(entry)), entry)
    call.record.entries[call.record.entries.index(entry)] = changed
    if (changed.content, changed.typed) != (entry.content, entry.typed):
        call.save(f"history.{entry.key}")
    if call.is_partial:
        return _live(call, changed, reader.problems)
    if call.form.get("go") == "step":
        return call.redirect(f"{call.home('history', entry.key)}?rows={n_steps(call.form) + LEAST_ROWS}#doses")
    if reader.problems:
        return _form(call, changed, reader.problems)
    return call.redirect(call.home("history"), "saved")


def _entry(call: Call) -> Entry:
    entry = call.record.entry(call.request.path_params["key"])
    if entry is None:
        raise HTTPException(NOT_FOUND)
    return entry


def _live(call: Call, entry: Entry, problems: dict[str, str]) -> Response:
    """What a script puts beside the form."""
    assessment = call.assessment()
    return call.render(
        "treatment_live.html",
        card=_card(call, entry, assessment),
        readings=_readings(call, entry),
        timeline=call.timeline(assessment, with_legend=False),
        problems=problems,
        is_live=True,
    )


def _form(call: Call, entry: Entry, problems: dict[str, str]) -> Response:
    assessment = call.assessment()
    form = form_of(entry)
    treatment = _treatment(call, entry)
    rows = call.request.query_params.get("rows", "")
    n_rows = int(rows) if rows.isascii() and rows.isdigit() and len(rows) < 3 else 0  # noqa: PLR2004
    others = [(e.name, title(call, e)) for e in call.record.entries if e.key != entry.key]
    return call.render(
        "treatment.html",
        entry=entry,
        form=form,
        problems=problems,
        card=_card(call, entry, assessment),
        readings=_readings(call, entry),
        timeline=call.timeline(assessment, with_legend=False),
        names=names(call),
        others=[("", call.say("web.history.alone")), *dict(others).items()],
        rows=min(max(n_steps(form) + 1, LEAST_ROWS, n_rows), 40),
        is_daily=is_daily(call, entry),
        is_sessions=treatment is None or not is_daily(call, entry),
        outcomes=outcomes(call),
        stops=[("", call.say("web.history.unsure"))] + [(s, call.say(f"web.history.stop.{s}")) for s in STOP_REASONS],
        is_live=False,
    )


def _readings(call: Call, entry: Entry) -> dict[str, str]:
    """How a date that was typed in words was read."""
    found: dict[str, str] = {}
    for name in ("start", "end"):
        if name in entry.typed and entry.content.get(name, "unknown") != "unknown":
            span = call.dates().read(entry.typed[name])
            found[name] = call.say(
                "web.history.read_as", said=entry.typed[name], day=call.phrases.span(span.first, span.last)
            )
    if entry.typed.get("still") == "yes":
        found["still"] = call.say("web.history.still_open")
    return found


def remove(call: Call) -> Response:
    """Take a treatment out; undo brings it back."""
    entry = _entry(call)
    call.record.entries.remove(entry)
    call.save(f"history.{entry.key}.remove")
    return call.redirect(call.home("history"), "removed")
