"""Pictures are well-formed, accessible and hold the numbers."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from remit.drawing.svg import width_of
from remit.evidence import network, pairwise
from remit.evidence.plots.forest import forest_plot
from remit.evidence.plots.funnel import funnel_plot, network_funnel
from remit.evidence.plots.network import network_graph, write_plots

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


LONG = [
    {"study": f"s{k}", "treatment": f"A treatment with a very long name number {t} and dose", "events": 20 + k, "n": 90}
    for k, pair in enumerate([(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (4, 5), (5, 0)])
    for t in pair
]


def test_long_names_stay_inside_and_apart() -> None:
    """Every text lies inside its picture by the writer's own generous estimate of its width."""
    for name, picture in write_plots(network(LONG)).items():
        root = ElementTree.fromstring(picture)
        wide = float(root.get("width", "0"))
        for text in root.iter(f"{SVG}text"):
            size, x = float(text.get("font-size", "12")), float(text.get("x", "0"))
            long = width_of(text.text or "", size)
            if text.get("transform"):
                long *= 0.7  # leaning
            start = {"middle": x - long / 2, "end": x - long}.get(text.get("text-anchor", "start"), x)
            assert start >= -1 and start + long <= wide + 1, (name, text.text)


def test_numbers_of_studies_do_not_cover_each_other() -> None:
    root = ElementTree.fromstring(network_graph(network(LONG)))
    at = [(float(c.get("cx", "0")), float(c.get("cy", "0"))) for c in root.iter(f"{SVG}circle") if c.get("r") == "9"]
    assert len(at) == 7
    assert min(math.dist(a, b) for i, a in enumerate(at) for b in at[i + 1 :]) > 18
