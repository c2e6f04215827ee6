"""What an increment does to risk differences with empty cells, as metafor 3.8-1 and meta have it."""

from __future__ import annotations

import pytest

from remit.errors import UsageError
from remit.evidence import network, pairwise

TABLE = {
    "study": ["1", "2", "3", "4"],
    "events1": [0, 3, 5, 10],
    "n1": [20, 25, 30, 100],
    "events2": [4, 5, 9, 15],
    "n2": [22, 24, 31, 99],
}
# metafor 3.8-1: escalc("RD", ai = events1, n1i = n1, ci = events2, n2i = n2) of this table
YI = [-0.1718426501, -0.0883333333, -0.1236559140, -0.0515151515]
VI = [0.0079490702, 0.0110961065, 0.0112759322, 0.0021985688]
POOLED = -0.08424046509  # rma() of the same
MH_TE, MH_Q = -0.0682735240051, 1.7854285724191


def test_metafor_shifts_the_difference() -> None:
    found = pairwise(TABLE, measure="rd")
    assert found.studies["te"].to_list() == pytest.approx(YI, abs=1e-9)
    assert (found.studies["se"] ** 2).to_list() == pytest.approx(VI, abs=1e-9)
    assert found.random.te == pytest.approx(POOLED, abs=1e-9)


def test_meta_shifts_the_variance_alone() -> None:
    found = pairwise(TABLE, measure="rd", rd_shift="variance")
    assert found.studies["te"][0] == pytest.approx(0 / 20 - 4 / 22, abs=1e-12)
    assert found.studies["se"][0] ** 2 == pytest.approx(VI[0], abs=1e-9)


def arms(*more: tuple[str, str, int, int]) -> list[dict[str, object]]:
    rows = list(more)
    for i, study in enumerate(TABLE["study"]):
        rows.append((study, "drug", TABLE["events1"][i], TABLE["n1"][i]))
        rows.append((study, "placebo", TABLE["events2"][i], TABLE["n2"][i]))
    return [dict(zip(("study", "treatment", "events", "n"), row, strict=True)) for row in rows]


def test_two_treatments_are_a_pairwise_analysis() -> None:
    assert network(arms(), measure="rd").pieces[0].fit.te()[0, 1] == pytest.approx(POOLED, abs=1e-9)


def test_networks_follow_netmeta_unless_told() -> None:
    third = arms(("5", "other", 3, 30), ("5", "placebo", 9, 30))
    by_default, as_metafor = network(third, measure="rd"), network(third, measure="rd", rd_shift="effect")
    first = [piece.studies.studies[0].te[0, 1] for piece in (by_default.pieces[0], as_metafor.pieces[0])]
    assert first == [pytest.approx(-4 / 22, abs=1e-12), pytest.approx(YI[0], abs=1e-9)]


def test_mantel_haenszel_q_without_studies_without_events() -> None:
    """metafor 3.8-1: rma.mh(measure = "RD") on these: the fifth study counts in the estimate and not in Q."""
    table = {key: [*values, value] for (key, values), value in zip(TABLE.items(), ("5", 0, 40, 0, 45), strict=True)}
    found = pairwise(table, measure="rd", method="mh", model="common")
    assert found.common.te == pytest.approx(MH_TE, abs=1e-9)
    assert (found.heterogeneity.q, found.heterogeneity.df_q) == (pytest.approx(MH_Q, abs=1e-9), 3)


def test_unknown_shift() -> None:
    with pytest.raises(UsageError, match="rd_shift"):
        pairwise(TABLE, measure="rd", rd_shift="both")


def means(*rows: tuple[str, str, int, float, float]) -> list[dict[str, object]]:
    return [dict(zip(("study", "treatment", "n", "mean", "sd"), row, strict=True)) for row in rows]


def test_standardised_differences_of_networks_are_cohens() -> None:
    """Crippa 2016 (DOI 10.1186/s12874-016-0189-0), equations 4 and 5, by hand on three arms: sd pooled over all."""
    table = means(("1", "a", 10, 5.0, 2.0), ("1", "b", 12, 7.0, 2.5), ("1", "c", 9, 6.0, 1.5))
    pooled = ((9 * 4 + 11 * 6.25 + 8 * 2.25) / 28) ** 0.5
    d = (5.0 - 7.0) / pooled
    study = network(table, measure="smd").pieces[0].studies.studies[0]
    assert study.te[0, 1] == pytest.approx(d, abs=1e-12)
    assert study.var[0, 1] == pytest.approx(1 / 10 + 1 / 12 + d**2 / (2 * 31), abs=1e-12)
    two = means(("1", "a", 10, 5.0, 2.0), ("1", "b", 12, 7.0, 2.5))
    alone = network(two, measure="smd").pieces[0].fit.te()[0, 1]
    assert alone == pytest.approx(pairwise(two, measure="smd", treat1="a", treat2="b").common.te, abs=1e-12)
