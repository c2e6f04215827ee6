"""A natural frequency as rows of figures: so many out of so many, filled from one corner, row by row.

What the interval leaves open is drawn half filled, so that nobody takes the estimate for certain.
"""

from __future__ import annotations

from remit.drawing.svg import BLUE, PAPER, Canvas
from remit.render.charts.frame import Chart, DataTable

_PER_ROW, _STEP, _RADIUS = 20, 14.0, 5.0


def icon_array(
    low: int, count: int, high: int, out_of: int, *, name: str, title: str, description: str, words: tuple[str, str]
) -> Chart:
    """Figures for one number.

    Parameters
    ----------
    low, count, high : int
        Ends of the interval and the estimate between them.
    out_of : int
        The denominator; one for all numbers of a page.
    name, title, description : str
        See `Chart`.
    words : tuple of str
        Columns of the table: what is told, and how many.

    Raises
    ------
    ValueError
        If they are not in order.
    """
    if not 0 <= low <= count <= high <= out_of:
        raise ValueError("low, count, high and out_of are not in order")
    rows = -(-out_of // _PER_ROW)
    canvas = Canvas(_PER_ROW * _STEP, rows * _STEP)
    for n in range(out_of):
        row, column = divmod(n, _PER_ROW)
        x, y = (column + 0.5) * _STEP, (row + 0.5) * _STEP
        canvas.circle(x, y, _RADIUS, fill=BLUE if n < low else PAPER, stroke=BLUE)
        if low <= n < high:
            # The estimate lies between the ends: what it covers is half filled, what only the upper end covers dotted.
            half = _RADIUS if n < count else _RADIUS / 2
            canvas.polygon(
                [(x - half, y), (x + half, y), (x + half / 2, y + half), (x - half / 2, y + half)], fill=BLUE
            )
    table = DataTable(title, words, ((description, f"{count} / {out_of}"),))
    svg = canvas.render(title, description, name=name, is_inline=True)
    return Chart(name, title, description, svg, canvas.render(title, description, name=name), (table,))
