"""Pictures are well-formed, accessible and hold the numbers."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from remit.evidence import network, pairwise
from remit.evidence.plots.forest import forest_plot
from remit.evidence.plots.funnel import funnel_plot, network_funnel
from remit.evidence.plots.network import write_plots

DATA = Path(__file__).parent / "data"
SVG = "{http://www.w3.org/2000/svg}"


def check(text: str) -> str:
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title")
    assert len(root.findtext(f"{SVG}desc") or "") > 20
    assert "nan" not in text.lower().replace("nanc", "")
    return " ".join(root.itertext())


def test_forest_and_funnel() -> None:
    r = pairwise(DATA / "bcg.csv", measure="rr", treat1="vaccine", treat2="control")
    words = check(forest_plot(r))
    for expected in ("05 Frimodt Moller 1973", "0.49 (0.34 to 0.70)", "33/5069", "I2 92.2%", "0.15 to 1.55"):
        assert expected in words
    check(funnel_plot(r))


def test_forest_of_one_study_and_of_odd_labels() -> None:
    rows = [
        {"study": "<a> & 'b'", "treatment": "x", "events": 1, "n": 9},
        {"study": "<a> & 'b'", "treatment": "y", "events": 0, "n": 9},
        {"study": "none", "treatment": "x", "events": 0, "n": 9},
        {"study": "none", "treatment": "y", "events": 0, "n": 9},
    ]
    words = check(forest_plot(pairwise(rows, treat1="x", treat2="y")))
    assert "<a> & 'b'" in words
    assert "Left out: 1 (none)" in words


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("raudenbush1985", {"measure": "te"}),
        ("normand1999", {"measure": "md"}),
        ("hine1989", {"measure": "rd"}),
    ],
)
def test_other_measures(name: str, options: dict[str, str]) -> None:
    r = pairwise(DATA / f"{name}.csv", **options)
    check(forest_plot(r))
    check(funnel_plot(r))


def test_network_pictures() -> None:
    result = network(DATA / "senn2013.csv", measure="md", tau2="dl")
    pictures = write_plots(result)
    assert set(pictures) == {"network.svg", "rankogram.svg", "contributions.svg", "netheat.svg"}
    for text in pictures.values():
        check(text)
    check(network_funnel(result.pieces[0], sorted(result.pieces[0].treatments)))


def test_pieces_have_their_own_pictures() -> None:
    rows = [
        {"study": f"s{i}", "treatment": t, "events": 3 + i, "n": 20}
        for i, pair in enumerate(("ab", "cd"))
        for t in pair
    ]
    pictures = write_plots(network(rows))
    assert {"network.svg", "rankogram-1.svg", "rankogram-2.svg"} <= set(pictures)
    assert "2 unconnected pieces" in check(pictures["network.svg"])


def test_mantel_haenszel_networks_have_pictures() -> None:
    for text in write_plots(network(DATA / "smoking.csv", method="mh")).values():
        check(text)
