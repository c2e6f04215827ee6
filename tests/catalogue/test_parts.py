"""Parts of the knowledge are read when asked for, kept in caches of their own, and checked like the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from remit.errors import KnowledgeError
from remit.knowledge.load import load_knowledge
from remit.knowledge.parts import PARTS
from surfaces.running import python, remit

CITED = {"sources": ["remit"], "verified": "derived"}
CLAIM = {"topic": "Own", "claim": "It helps.", "verdict": "partly", "evidence": "Somewhat.", **CITED}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "remit"


def site(tmp_path: Path, **claims: object) -> Path:
    folder = tmp_path / "site"
    (folder / "claims").mkdir(parents=True, exist_ok=True)
    (folder / "claims" / "own.yaml").write_text(yaml.safe_dump(claims), encoding="utf-8")
    return folder


def test_the_core_is_read_without_the_parts() -> None:
    code = (
        "import sys; from remit.knowledge import load_knowledge; load_knowledge(); "
        "print('remit.knowledge.catalogue' in sys.modules)"
    )
    assert python(code).out.strip() == "False"


def test_the_same_from_files_and_from_the_cache(cache: Path) -> None:
    fresh = load_knowledge()
    first = {section: fresh.part(section) for section in PARTS}
    assert {path.name.split("-")[0] for path in cache.glob("*.json")} >= {"knowledge", "catalogue", "claims", "plans"}
    again = load_knowledge()
    assert all(again.part(section) == first[section] for section in PARTS)


def test_a_corrupt_cache_is_not_believed(cache: Path) -> None:
    whole = load_knowledge().claims
    for path in cache.glob("claims-*.json"):
        path.write_text("{", encoding="utf-8")
    assert load_knowledge().claims == whole


def test_a_site_adds_its_own(tmp_path: Path, cache: Path) -> None:
    assert load_knowledge(site(tmp_path, own_1=CLAIM)).claims["own_1"].claim == "It helps."
    changed = site(tmp_path, own_1=CLAIM | {"claim": "It does not help at all."})
    assert load_knowledge(changed).claims["own_1"].claim == "It does not help at all."


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"c001": CLAIM}, "is already in"),
        ({"own_1": CLAIM | {"verdict": "maybe"}}, "verdict"),
        ({"own_1": CLAIM | {"sources": ["nowhere"]}}, "nowhere"),
        ({"own_1": CLAIM | {"treatments": ["nothing"]}}, "nothing"),
    ],
)
def test_faults_of_a_part_are_told(tmp_path: Path, cache: Path, claims: dict[str, object], told: str) -> None:
    with pytest.raises(KnowledgeError, match=told):
        load_knowledge(site(tmp_path, **claims), use_cache=False)
    assert remit("knowledge", "check", "--knowledge", site(tmp_path, **claims)).code == 3


def test_an_entry_is_shown_with_its_sources() -> None:
    shown = remit("knowledge", "show", "saint_snt", width=160)
    assert shown.code == 0
    assert "90000" in shown.out and "Kratter" in shown.out
    entry = remit("knowledge", "show", "saint_snt", "--format", "json").json[0]
    assert (entry["section"], entry["id"]) == ("catalogue", "saint_snt")
    assert "kratter2026" in entry["citations"]
