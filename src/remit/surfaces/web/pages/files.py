"""Files in and out: import by upload, export, and deletion of a person or of everything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from remit.errors import Fault, SourceError
from remit.render.letters import legible, shortened
from remit.surfaces.web.call import Call
from remit.surfaces.web.importing import Imported, read_upload
from remit.surfaces.web.record import read_document

UNPROCESSABLE = 422
NAME = "remit-history"
KINDS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("packed", (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")),
    ("picture", (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"%PDF")),
)
"""How files begin that people have at hand and that hold no text to read."""
_FILE = re.compile(r"^file-(\d+)(?:\.[A-Za-z0-9]+)?(?=$|[:,. ])")


def upload(call: Call) -> Response:
    """Files for a new person or several, or added to one who is there."""
    if not call.is_post:
        return call.render("import.html", faults=(), problems={})
    if not call.files:
        return call.render("import.html", UNPROCESSABLE, faults=(), problems={"files": call.say("web.files.none")})
    if faults := list(_of_no_kind(call)):
        return call.render("import.html", UNPROCESSABLE, faults=faults, problems={})
    try:
        found = read_upload(call.files, call.services.knowledge, call.services.today())
    except SourceError as error:
        return call.render("import.html", UNPROCESSABLE, faults=list(_named(call, error.faults)), problems={})
    if call.person_id:
        return _into_one(call, found)
    done = [(call.services.store.add(p.record.document(), "import"), p) for p in found]
    return call.render("imported.html", people=[_told(call, key, p) for key, p in done])


def _of_no_kind(call: Call) -> Iterable[Fault]:
    """Files that are no text at all, each with what to do about it."""
    for name, content in call.files:
        for kind, heads in KINDS:
            if content.startswith(heads):
                said = f"web.files.kind.{kind}"
                yield Fault(shortened(legible(name)), call.say(f"{said}.problem"), call.say(f"{said}.remedy"))


def _named(call: Call, faults: Iterable[Fault]) -> Iterable[Fault]:
    """Faults under the names that the files have where they come from."""
    for fault in faults:
        found = _FILE.match(fault.place)
        name = call.files[int(found[1]) - 1][0] if found else ""
        place = f"{shortened(legible(name))}{fault.place[found.end() :]}" if found else fault.place
        yield replace(fault, place=place)


def _into_one(call: Call, found: list[Imported]) -> Response:
    if len(found) != 1:
        problem = call.say("web.files.several", n=len(found))
        return call.render("import.html", UNPROCESSABLE, faults=(), problems={"files": problem})
    new, old = found[0].record, call.record
    for entry in new.entries:
        old.add(entry.content)
    days = {(a["instrument"], a["date"]) for a in new.answers}
    old.answers = [a for a in old.answers if (a["instrument"], a["date"]) not in days] + new.answers
    for name in ("measurements", "conditions"):
        listed = getattr(old, name)
        listed.extend(row for row in getattr(new, name) if row not in listed)
    old.person = {k: v for k, v in new.person.items() if k != "id"} | old.person
    old.episode = new.episode | old.episode
    old.clues = new.clues | old.clues
    call.save("history.import")
    told = _told(call, call.person_id, found[0])
    if found[0].is_named and new.label != old.label:
        told["notices"] = (call.say("web.files.other", file=new.label, here=old.label), *told["notices"])
    return call.render("imported.html", people=[told | {"label": old.label}])


def _told(call: Call, key: str, person: Imported) -> dict[str, Any]:
    return {
        "path": f"/p/{key}/history",
        "label": person.record.label,
        "line": call.say(
            "web.files.read",
            n=person.n_records,
            courses=len(person.record.entries),
            scores=len(person.record.answers) + len(person.record.measurements),
            conditions=len(person.record.conditions),
        ),
        "notices": person.notices,
    }


def export(call: Call) -> Response:
    """The person as a history file: what every other part of Remit reads."""
    return _download([call.record.history()], f"{NAME}.json", is_one=True)


def export_all(call: Call) -> Response:
    """Everyone, as one list of histories; where two have one name, each gets its key."""
    records = []
    for row in call.services.store.people():
        saved = call.services.store.load(row.person_id)
        if saved:
            records.append((row.person_id, read_document(saved.document)))
    labels = [record.label for _, record in records]
    for key, record in records:
        if labels.count(record.label) > 1 or not record.label:
            record.person = record.person | {"id": f"{record.label} {key}".strip()}
    return _download([record.history() for _, record in records], f"{NAME}-all.json", is_one=False)


def _download(histories: list[dict[str, Any]], name: str, *, is_one: bool) -> Response:
    content = json.dumps(histories[0] if is_one else histories, ensure_ascii=False, indent=2) + "\n"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


def delete(call: Call) -> Response:
    """One person, for good."""
    if not call.is_post or call.form.get("sure") != "yes":
        problems = {"sure": call.say("web.files.not_sure")} if call.is_post else {}
        return call.render("delete.html", problems=problems, path=call.home("delete"), name=call.record.label)
    call.services.store.remove(call.person_id)
    return call.redirect("/", "deleted")


def delete_all(call: Call) -> Response:
    """Everyone, every choice and the passphrase, for good."""
    if not call.is_post or call.form.get("sure") != "yes":
        problems = {"sure": call.say("web.files.not_sure")} if call.is_post else {}
        return call.render("delete.html", problems=problems, path="/delete", name=None)
    call.services.store.remove_all()
    call.services.store.set("secret", call.services.secret)
    call.services.is_locked = False
    return call.redirect("/", "deleted_all")
