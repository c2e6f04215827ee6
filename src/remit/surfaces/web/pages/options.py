"""What could come next: pick what matters, compare, and read one treatment at a time.

While a visit is prepared the list is the general catalogue: nothing is ranked, left out or judged for the person.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
from starlette.exceptions import HTTPException
from starlette.responses import Response

from remit.flow.records.dates import LATEST_YEAR
from remit.knowledge.catalogue import CatalogueEntry, PlainPoint
from remit.knowledge.plans import PlanTemplate
from remit.pipeline import schedule
from remit.render.exactness import exact, said_of_arm
from remit.render.optioned import OptionView
from remit.render.pooled import Found, bare_ids
from remit.surfaces.web.call import GONE_WRONG, NOT_FOUND, Call
from remit.surfaces.web.pages.reports import as_file, as_page
from remit.surfaces.web.workbench import CLINICIAN, Assessment

Card = dict[str, Any]
EARLIEST = 1900
FACETS = ("anaesthesia", "surgery", "injection", "escort_home", "supervised_clinic", "home_possible")


def listing(call: Call) -> Response:
    """What matters, and the treatments side by side."""
    if call.is_post:
        return _matters(call)
    assessment = call.assessment()
    cards = [_card(call, entry) for entry in _entries(call)]
    judged = _options(call)
    if judged:
        for card in cards:
            _judge(call, card, judged[card["id"]])
        cards.sort(key=lambda card: card["place"])
        groups = [("", cards)]
    else:
        names = sorted({card["category"] for card in cards})
        groups = [(n, sorted((c for c in cards if c["category"] == n), key=lambda c: c["name"])) for n in names]
    return call.render(
        "options.html",
        groups=groups,
        matters=_preferences(call),
        faults=assessment.faults,
        facets=_facet_words(call),
        groups_special=_specialist(call),
    )


def _entries(call: Call) -> tuple[CatalogueEntry, ...]:
    return call.services.knowledge.options


def _matters(call: Call) -> Response:
    """Declared preferences: they order the clinician's list, and go into the report."""
    known = call.services.knowledge.preferences
    chosen = [name for name in call.lists.get("matters", []) if name in known]
    found: dict[str, list[str]] = {}
    for name in chosen:
        found.setdefault(known[name].stance, []).append(name)
    call.record.preferences = found
    call.save("options.matters")
    return call.redirect(call.home("options"), "saved")


def _preferences(call: Call) -> list[dict[str, Any]]:
    chosen = {name for listed in call.record.preferences.values() for name in listed}
    known = call.services.knowledge.preferences.items()
    return [{"id": name, "text": p.plain, "name": p.name, "is_chosen": name in chosen} for name, p in known]


def _specialist(call: Call) -> str:
    """Groups that the person belongs to and that need a specialist."""
    assessment = call.assessment()
    if assessment.faults:
        return ""
    names = [group.name for group in assessment.person(call.mode).groups]
    return call.say("web.options.specialist", groups="; ".join(names)) if names else ""


def _facet_words(call: Call) -> list[tuple[str, str]]:
    return [(facet, call.say(f"web.options.facet.{facet}")) for facet in FACETS]


def _card(call: Call, entry: CatalogueEntry) -> Card:
    plain = entry.plain
    return {
        "id": entry.id,
        "name": entry.name if call.mode == CLINICIAN or plain is None else plain.name,
        "category": call.say(f"web.options.category.{entry.category}"),
        "what": plain.what.text if plain is not None else "",
        "onset": entry.facets.onset,
        "facets": {
            facet: call.say("web.options.yes" if getattr(entry.facets, facet) else "web.options.no") for facet in FACETS
        },
        "is_investigational": entry.is_investigational,
        "status": "",
        "word": "",
        "place": 0,
        "fits": "",
    }


def _options(call: Call) -> dict[str, OptionView]:
    """What the flow says of each option for this person, by id; for clinicians only."""
    assessment = call.assessment()
    if call.mode != CLINICIAN or assessment.faults:
        return {}
    return {view.entry.id: view for view in assessment.person(CLINICIAN).options}


def _judge(call: Call, card: Card, view: OptionView) -> None:
    card["status"], card["place"] = view.status, view.place
    card["word"] = call.say(f"web.options.status.{view.status}")
    if view.order["against"] or view.order["fits"]:
        card["fits"] = call.say("web.options.fits", fits=view.order["fits"], against=view.order["against"])


def option(call: Call) -> Response:
    """One treatment: what it is, benefits and harms in equal detail, questions; for clinicians the reasons too."""
    entry = _entry(call)
    card = _card(call, entry)
    view = _options(call).get(entry.id)
    if view:
        _judge(call, card, view)
    return call.render(
        "option.html",
        entry=entry,
        card=card,
        reasons=_reasons(call, view) if view else [],
        facts=_facet_words(call),
        mark=call.phrases.mark,
        is_clinician=call.mode == CLINICIAN,
        told=lambda point: exact(point, call.phrases) if isinstance(point, PlainPoint) else point.text,
        arm=lambda one: "; ".join(said_of_arm(one, call.phrases)),
        found=_found(call, entry),
        found_label=call.services.knowledge.pooled.label,
        plan=_template(call, entry),
        today=call.services.today().isoformat(),
    )


def _entry(call: Call) -> CatalogueEntry:
    wanted = call.request.path_params["option_id"]
    found = next((e for e in _entries(call) if e.id == wanted), None)
    if found is None:
        raise HTTPException(NOT_FOUND)
    return found


def _reasons(call: Call, view: OptionView) -> list[dict[str, str]]:
    """Reasons that bear on the person, or that cannot be told; a rule that is passed is not listed."""
    shown = [r for r in view.reasons if r.bears != "no"]
    shown.sort(key=lambda r: (r.state != "met", not r.is_hard))
    return [
        {
            "text": r.text,
            "state": call.say(f"web.options.state.{r.state}"),
            "unknown": "; ".join(fact.name for fact in r.unknown),
            "sources": ", ".join(r.sources),
            "mark": call.phrases.mark(r.verified),
        }
        for r in shown
    ]


def _found(call: Call, entry: CatalogueEntry) -> list[dict[str, Any]]:
    """What pooled trials found: in plain words for a visit, with odds ratio, counts and reasons for clinicians."""
    words = Found(call.services.knowledge.pooled, call.phrases)
    lines = words.of(entry.id) if call.mode == CLINICIAN else words.plain_of(entry.id)
    return [{"text": line.text, "sources": bare_ids(line.sources), "more": line.more} for line in lines]


def _template(call: Call, entry: CatalogueEntry) -> PlanTemplate | None:
    return next((t for t in call.services.knowledge.plans.values() if entry.id in t.options), None)


def _schedule(call: Call) -> tuple[CatalogueEntry, PlanTemplate, Assessment, dict[str, pl.DataFrame]]:
    """The schedule of an option from the day that was asked for."""
    entry, assessment = _entry(call), call.assessment()
    template = _template(call, entry)
    try:
        start = date.fromisoformat(call.request.query_params.get("start", ""))
    except ValueError as error:
        raise HTTPException(GONE_WRONG) from error
    if template is None or assessment.faults or not EARLIEST <= start.year <= LATEST_YEAR:
        raise HTTPException(NOT_FOUND)
    return entry, template, assessment, schedule(assessment.tables, assessment.knowledge, template, start)


def plan(call: Call) -> Response:
    """The dated steps of a treatment, and what must be over first."""
    from remit.render.document.plan import plan_document

    entry, template, assessment, tables = _schedule(call)
    view = assessment.view(call.mode)
    document = plan_document(view, tables, template, entry.id, assessment.knowledge, call.phrases)
    return as_page(call, document, call.home("options", entry.id), _card(call, entry)["name"])


def calendar(call: Call) -> Response:
    """The same as a calendar file."""
    from remit.render.calendar import calendar as written

    entry, template, _, tables = _schedule(call)
    return as_file(written(tables, template, call.phrases), f"remit-{entry.id}.ics", "text/calendar")
