"""What the readers say of an input: the code and the files `fault` and `notice` name the same keys and values."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from remit.errors import Fault, SourceError
from remit.flow.records import read_records
from remit.flow.records.fields import kind_of
from remit.flow.records.reconcile import STRENGTH
from remit.knowledge.load import load_knowledge
from remit.knowledge.text import Plural, Text, load_text
from remit.tables.crisis import SAFETY_NOTICE

ROOT = Path(__file__).parents[2]
READERS = ROOT / "src" / "remit" / "flow" / "records"
FAULTS = ("fault", "_fault", "refuse")
PASSED_ON = ("partial", "read_text")  # calls that say only the remedy, or only the key, of a fault
HANDED_ON = ("key", "too_large")  # names of parameters that hold a key
COUNT = "n"  # of a notice that came about several times


class Said(NamedTuple):
    """A place in the code that says something."""

    how: str
    key: str
    remedy: str
    values: frozenset[str]
    place: str


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call of the readers, and of who calls them for a text, with the name of what is called."""
    for path in sorted((ROOT / "src" / "remit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if READERS in path.parents or name == "read_text":
                    yield path, node, name


def said() -> list[Said]:
    """Every place in the code that says a fault or a notice."""
    found = []
    for path, call, name in calls():
        if name not in (*FAULTS, *PASSED_ON, "notice", "leave_out"):
            continue
        values = {k.arg: k.value for k in call.keywords if k.arg}
        remedy = values.pop("remedy", None)
        key = key_of(call, name)
        if key is None and (name != "partial" or remedy is None):
            continue
        more = {"resource"} if name == "leave_out" else {"n"} if name == "read_text" else set()
        place = f"{path.name}:{call.lineno}"
        told = remedy.value if isinstance(remedy, ast.Constant) else ""
        found.append(Said(name, key or "", told, frozenset(values) | more, place))
    return found


def key_of(call: ast.Call, name: str) -> str | None:
    """The key that a call names: of a notice the third thing it is given, of a fault the one with a dot."""
    if name in ("notice", "leave_out"):
        if len(call.args) <= 2:
            return None
        if isinstance(call.args[2], ast.Name) and call.args[2].id == "SAFETY_NOTICE":
            return SAFETY_NOTICE
        return call.args[2].value if isinstance(call.args[2], ast.Constant) else None
    words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    dotted = [w for w in words if "." in w and w.replace(".", "").replace("_", "").isalnum()]
    return dotted[0] if len(dotted) == 1 else None


SAID = said()
TEXT = load_text()
OF_FAULTS = {
    key.split(".", 1)[1].rsplit(".", 1)[0]
    for key in TEXT.sentences
    if key.startswith("fault.") and key.endswith(".problem")
}
WORDS = ("kind", "place", "remedy", "either", "grammar")  # of `fault`, beside the faults


def names(*keys: str) -> set[str]:
    """What sentences name."""
    parts: list[str] = []
    for key in keys:
        sentence = TEXT.sentences[key]
        parts += (sentence.one, sentence.many) if isinstance(sentence, Plural) else (sentence,)
    return {name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name}


def test_the_readers_say_a_good_deal() -> None:
    """The search finds what it is for."""
    assert len([s for s in SAID if s.how in FAULTS]) > 100
    assert len([s for s in SAID if s.how in ("notice", "leave_out")]) > 30


def test_no_sentence_is_left_in_the_code() -> None:
    """A fault or a notice is said by its key; text that is handed on as it stands would escape a translation."""
    for path, call, name in calls():
        place = f"{path.name}:{call.lineno}"
        if name in (*FAULTS, "notice", "leave_out"):
            handed_on = any(isinstance(a, ast.Name) and a.id in HANDED_ON for a in call.args)
            assert handed_on or key_of(call, name), place
            inside = [n for k in call.keywords for n in ast.walk(k.value) if isinstance(n, ast.Constant)]
            assert not any(" " in str(n.value).strip(" ,") for n in inside), place
        assert name != "Fault" or path.name == "sentences.py", place


@pytest.mark.parametrize("place", [s for s in SAID if s.how in FAULTS], ids=lambda s: f"{s.place} {s.key}")
def test_a_fault_names_what_its_sentences_name(place: Said) -> None:
    own, shared = f"fault.{place.key}.remedy", f"fault.remedy.{place.remedy}"
    assert TEXT.has(own) != bool(place.remedy) or place.how == "refuse"  # its own remedy, or a shared one, never both
    told = [f"fault.{place.key}.problem", *([shared] if place.remedy else [own] if TEXT.has(own) else [])]
    assert names(*told) == place.values


@pytest.mark.parametrize(
    "place", [s for s in SAID if s.how in ("notice", "leave_out")], ids=lambda s: f"{s.place} {s.key}"
)
def test_a_notice_names_what_its_sentence_names(place: Said) -> None:
    assert names(f"notice.{place.key}") - {COUNT} == place.values - {COUNT}


def test_what_is_passed_on_fits() -> None:
    """A fault whose key or remedy alone is handed to who finds it."""
    for place in SAID:
        if place.how == "read_text":
            assert names(f"fault.{place.key}.problem") | names(f"fault.{place.key}.remedy") == place.values
        if place.how == "partial":
            assert names(f"fault.remedy.{place.remedy}") == set()


def test_every_sentence_of_a_fault_or_notice_is_said() -> None:
    keys = {s.key for s in SAID}
    assert keys >= OF_FAULTS
    remedies = {key.rsplit(".", 1)[1] for key in TEXT.sentences if key.startswith("fault.remedy.")}
    assert remedies == {s.remedy for s in SAID} - {""}
    notices = {key.removeprefix("notice.") for key in TEXT.sentences if key.startswith("notice.")}
    assert notices == {s.key for s in SAID if s.how in ("notice", "leave_out")} | {f"evidence.{k}" for k in STRENGTH}
    rest = {key.split(".")[1] for key in TEXT.sentences if key.startswith("fault.")} - {k.split(".")[0] for k in keys}
    assert rest == set(WORDS)


def test_every_kind_of_value_and_every_place_has_its_word() -> None:
    kinds = {key.rsplit(".", 1)[1]: word for key, word in TEXT.sentences.items() if key.startswith("fault.kind.")}
    assert {kind_of(v) for v in (None, True, "x", 1, 1.5, [], {}, ())} == set(kinds.values())
    code = (READERS / "__init__.py").read_text(encoding="utf-8")
    places = [key.rsplit(".", 1)[1] for key in TEXT.sentences if key.startswith("fault.place.")]
    assert all(f'"{name}"' in code or f"fault.place.{name}" in code for name in places)


def test_a_translation_reaches_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences that are all their own key: nothing of English is left in a fault or a notice."""
    knowledge = load_knowledge()
    odd = Text(language="xx", sentences={key: f"<{key}>" for key in TEXT.sentences})
    monkeypatch.setattr("remit.flow.records.sentences.load_text", lambda: odd)
    path = tmp_path / "in.json"
    path.write_text('{"treatments": 3, "clues": []}', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_records(path, knowledge)
    assert caught.value.faults == (
        Fault("in.json: treatments", "<fault.field.list.problem>", "<fault.field.list.remedy>"),
        Fault("in.json: clues", "<fault.history.clues.problem>", "<fault.history.clues.remedy>"),
    )
    path.write_text('{"treatments": [{"treatment": "sertralin", "start": "2024"}]}', encoding="utf-8")
    told = read_records(path, knowledge)["notice"].select("code", "text").rows()
    assert told == [
        ("name_read_as", "<notice.name_read_as>"),
        ("index_date_assumed", "<notice.index_date_assumed.newest>"),
    ]


def test_sentences_are_read_when_the_first_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound history with an index date asks for none."""

    def refuse() -> Text:
        raise AssertionError

    monkeypatch.setattr("remit.flow.records.sentences.load_text", refuse)
    path = tmp_path / "in.json"
    path.write_text(
        '{"index_date": "2025-01-01", "treatments": [{"treatment": "sertraline", "start": "2024-01-01"}]}',
        encoding="utf-8",
    )
    assert read_records(path, load_knowledge())["notice"].height == 0
