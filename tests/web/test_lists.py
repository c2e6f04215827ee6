"""Long tables: as a template would write them, and nothing of a record acts on the page."""

from __future__ import annotations

from markupsafe import escape

from remit.surfaces.web.lists import list_items, table_rows, tasks


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


def test_items_are_as_a_template_writes_them() -> None:
    texts = ["Dose enough", "<b>&'\"", "", "</li>"]
    assert list_items(texts) == "".join(f"<li>{escape(text)}</li>\n" for text in texts)
    assert list_items([]) == ""


def test_a_separator_in_a_text_makes_no_item() -> None:
    assert list_items(["a\x1eb", "c"]) == "<li>ab</li>\n<li>c</li>\n"


def test_tasks_lead_somewhere_and_every_text_is_escaped() -> None:
    rows = [("/p/1/about", "Was it <b>?", 'settles "2" & more'), ('/x"y', "plain", "")]
    assert tasks(rows) == (
        '<li><a href="/p/1/about">Was it &lt;b&gt;?</a> <span class="soft">settles &#34;2&#34; &amp; more</span></li>\n'
        '<li><a href="/x&#34;y">plain</a> <span class="soft"></span></li>\n'
    )
    assert not tasks([])
