"""Long tables: as a template would write them, and nothing of a record acts on the page."""

from __future__ import annotations

from markupsafe import escape

from remit.surfaces.web.lists import table_rows


def test_rows_are_as_a_template_writes_them() -> None:
    rows = [("1 March 2024", "12", "", "better"), ("<b>&'\"", "-", "x" * 300, "</td>")]
    written = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    assert table_rows(rows) == written


def test_no_row_is_nothing() -> None:
    assert table_rows([]) == ""
    assert table_rows([("",)]) == "<tr><td></td></tr>\n"


def test_a_separator_in_a_cell_writes_no_tag_of_its_own() -> None:
    assert "<script>" not in table_rows([("a\x1f<script>\x1e", "b")])


def test_a_separator_in_a_text_makes_no_cell() -> None:
    made = table_rows([("a\x1fb", "c\x1e"), ("d", "e")])
    assert made == "<tr><td>ab</td><td>c</td></tr>\n<tr><td>d</td><td>e</td></tr>\n"
