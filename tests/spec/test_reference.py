"""The generated reference pages are those that are committed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from spec.parse import chapters, read_chapter

DOCS = Path(__file__).parents[2] / "docs"


def generator() -> ModuleType:
    found = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


PAGES: dict[str, Callable[[], str]] = generator().PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    path = DOCS / "reference" / f"{name}.md"
    assert path.read_text(encoding="utf-8") == PAGES[name](), f"run `just docs`: {path} is out of date"


def test_every_specification_is_on_the_page() -> None:
    page = (DOCS / "reference" / "behaviour.md").read_text(encoding="utf-8")
    for chapter in chapters():
        for spec in read_chapter(chapter):
            assert f"### {spec.title}\n\n{spec.sentence}" in page


def test_every_table_and_definition_has_its_section() -> None:
    from remit import tables
    from remit.knowledge import load_knowledge
    from remit.tables.base import Table

    page = (DOCS / "reference" / "tables.md").read_text(encoding="utf-8")
    contracts = [t for t in vars(tables).values() if isinstance(t, type) and issubclass(t, Table) and t is not Table]
    for table in contracts:
        assert f"### `{table.table_name()}`" in page
    page = (DOCS / "reference" / "definitions.md").read_text(encoding="utf-8")
    for definition in load_knowledge().definitions:
        assert f"## {definition.name}\n" in page
