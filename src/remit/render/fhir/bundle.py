"""One FHIR R4 bundle of what was concluded about all persons of a run.

A composition leads for each person, the crisis panel its first section where there is a sign. There is no resource of
risk: no RiskAssessment, no DetectedIssue, no score of danger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remit.errors import UsageError
from remit.knowledge import Knowledge
from remit.render.document.blocks import Said
from remit.render.document.parts import Frame
from remit.render.fhir.parts import Ids, Json, code, instant, narrative, present
from remit.render.fhir.person import PersonResources
from remit.render.phrases import Phrases
from remit.render.views import AssessmentView, PersonView
from remit.tables import Tables
from remit.version import VERSION


def bundle(view: AssessmentView, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> Json:
    """The bundle, of type collection.

    Parameters
    ----------
    view : AssessmentView
    tables : mapping of str to DataFrame
        What the view was gathered from.
    knowledge : Knowledge
    phrases : Phrases

    Raises
    ------
    UsageError
        In visit mode: resources hold doses and are for clinicians.
    """
    if phrases.is_visit:
        raise UsageError("FHIR resources are for clinicians. Use --mode clinician.")
    keys = {r["person_id"]: r["person_key"] for r in tables["person"].iter_rows(named=True)}
    resources = [
        resource
        for person in view.persons
        for resource in _person(PersonResources(person, keys[person.id], tables, knowledge, phrases), view)
    ]
    day = max((p.index_date for p in view.persons), default=view.knowledge_date)
    name = Ids("|".join(p.id for p in view.persons)).of("bundle", day.isoformat())
    entries = [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources]
    made = {"resourceType": "Bundle", "id": name, "type": "collection", "timestamp": instant(day), "entry": entries}
    return present(made)


def _person(writer: PersonResources, view: AssessmentView) -> Iterator[Json]:
    groups = {
        "verdicts": list(writer.verdicts()),
        "trials": list(writer.trial_observations()),
        "scores": list(writer.scores()),
        "unknowns": list(writer.tasks()),
    }
    yield _composition(writer, view, groups)
    yield writer.patient()
    yield _device(writer, view)
    for resources in groups.values():
        yield from resources
    yield from writer.provenance()


def _device(writer: PersonResources, view: AssessmentView) -> Json:
    """This software, with its version and that of the knowledge."""
    say = writer.say
    knowledge = say("report.fhir.knowledge", version=view.knowledge_version)
    return writer.base("device", "", "Device") | {
        "deviceName": [{"name": say("report.fhir.device"), "type": "user-friendly-name"}],
        "type": {"text": say("report.fhir.device_type")},
        "version": [{"value": VERSION}, {"type": {"text": knowledge}, "value": view.knowledge_version}],
    }


def _composition(writer: PersonResources, view: AssessmentView, groups: dict[str, list[Json]]) -> Json:
    person, say = writer.person, writer.say
    frame = Frame(writer.knowledge, writer.phrases)
    told = {
        "verdicts": [s.text for s in person.statements if s.about.startswith("verdict:")],
        "trials": [s.text for s in person.statements if s.about.startswith("trial:")],
        "scores": [person.score] if person.score else [],
        "unknowns": [r["description"] for r in groups["unknowns"]],
    }
    sections = [*_safety(frame, person)]
    for name, lines in told.items():
        entries = [{"reference": f"urn:uuid:{r['id']}"} for r in groups[name]]
        if lines or entries:
            sections.append(_section(name, lines, writer, entries))
    about = frame.about(person.country, view.knowledge_date, view.knowledge_version)
    sections.append(_section("about", _texts(about), writer))
    return writer.base("composition", "", "Composition") | {
        "status": "preliminary",
        "type": code("document", "assessment", say("report.fhir.title")),
        "subject": writer.ids.reference("patient"),
        "date": person.index_date.isoformat(),
        "author": [writer.ids.reference("device")],
        "title": say("report.fhir.title"),
        "section": sections,
    }


def _safety(frame: Frame, person: PersonView) -> Iterator[Json]:
    """The crisis panel first where there is a sign; what a zero does not say."""
    if crisis := frame.crisis(person):
        runs = (crisis.emergency, *crisis.lines, *crisis.steps, *crisis.signs)
        lines = [crisis.title, *_texts(runs), crisis.note]
        yield {"title": frame.say("report.fhir.sections.crisis"), "text": narrative(lines)}
    if lines := [s.text for s in person.statements if s.about == "safety"]:
        yield {"title": frame.say("report.fhir.sections.safety"), "text": narrative(lines)}


def _section(name: str, lines: Sequence[str], writer: PersonResources, entries: Sequence[Json] = ()) -> Json:
    title = writer.say(f"report.fhir.sections.{name}")
    return present({"title": title, "text": narrative(lines or [title]), "entry": list(entries)})


def _texts(runs: Sequence[Said]) -> list[str]:
    return [said.text for said in runs]
