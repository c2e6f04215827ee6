"""Long tables and lists as HTML in one go: a course has thousands of cells, and a template would go through each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

_CELL, _ROW = "\x1f", "\x1e"
"""Separators of units and records: they keep cells apart while all are escaped."""
_SEPARATORS = str.maketrans("", "", _CELL + _ROW)


def table_rows(rows: Sequence[tuple[str, ...]]) -> Markup:
    """Rows of a table's body, every cell escaped.

    Parameters
    ----------
    rows : sequence of tuple of str
    """
    if not rows:
        return Markup("")
    plain = _ROW.join([_CELL.join(row) for row in rows])
    if plain.count(_CELL) != sum(map(len, rows)) - len(rows) or plain.count(_ROW) != len(rows) - 1:
        # Someone's text holds a separator, which shows nothing: without it cells stay where they are.
        return table_rows([tuple(cell.translate(_SEPARATORS) for cell in row) for row in rows])
    text = str(escape(plain))
    inner = text.replace(_CELL, "</td><td>").replace(_ROW, "</td></tr>\n<tr><td>")
    return Markup(f"<tr><td>{inner}</td></tr>\n")


def tasks(rows: Iterable[tuple[str, str, str]]) -> Markup:
    """Items of a list of tasks, every text escaped.

    Parameters
    ----------
    rows : iterable of tuple of str
        Where each leads, what it says, and what stands behind it.
    """
    items = [
        f'<li><a href="{escape(path)}">{escape(text)}</a> <span class="soft">{escape(behind)}</span></li>\n'
        for path, text, behind in rows
    ]
    return Markup("".join(items))


def list_items(texts: Sequence[str]) -> Markup:
    """Items of a list, each escaped.

    Parameters
    ----------
    texts : sequence of str
    """
    if not texts:
        return Markup("")
    plain = _ROW.join(texts)
    if plain.count(_ROW) != len(texts) - 1:
        return list_items([text.translate(_SEPARATORS) for text in texts])
    inner = str(escape(plain)).replace(_ROW, "</li>\n<li>")
    return Markup(f"<li>{inner}</li>\n")
