"""Pairwise results against numbers that others published or computed with metafor.

No expected value comes from Remit. Where a source prints few digits the tolerance is half of its last digit;
otherwise it is 1e-6.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.evidence import pairwise
from remit.evidence.pair.regression import egger, meta_regression, moderator_table
from remit.evidence.pair.sensitivity import leave_one_out
from remit.evidence.pair.trimfill import trim_and_fill

DATA = Path(__file__).parent / "data"
EXACT = 1e-6


def bcg(**options: Any) -> Any:
    return pairwise(DATA / "bcg.csv", treat1="vaccine", treat2="control", **options)


def generic(te: list[float], var: list[float], **options: Any) -> Any:
    frame = pl.DataFrame({"study": [f"s{i:02d}" for i in range(len(te))], "te": te, "se_te": [v**0.5 for v in var]})
    return pairwise(frame, measure="te", **options)


# metafor's rma(ai, bi, ci, di, data=dat.bcg, measure="RR"), as published with 10 or more digits in the reference runs
# of public ports of metafor (PyMARE and the metafor documentation, help("rma.uni")).
def test_bcg_reml() -> None:
    r = bcg(measure="rr")
    h = r.heterogeneity
    assert r.random.te == pytest.approx(-0.714532348365101, abs=EXACT)
    assert r.random.se == pytest.approx(0.1797815317803614, abs=EXACT)
    assert r.random.lower == pytest.approx(-1.066897675740053, abs=EXACT)
    assert r.random.upper == pytest.approx(-0.3621670209901495, abs=EXACT)
    assert h.tau2 == pytest.approx(0.3132433259808949, abs=EXACT)
    assert h.se_tau2 == pytest.approx(0.1664257830987251, abs=EXACT)
    assert h.i2 == pytest.approx(0.9222138607, abs=EXACT)
    assert h.h2 == pytest.approx(12.85576080, abs=1e-5)
    assert h.q == pytest.approx(152.23300808237326, abs=EXACT)
    assert h.p_q == pytest.approx(1.996764590846e-26, rel=1e-6)
    assert (r.prediction_lower, r.prediction_upper) == pytest.approx(
        (-1.866692346607069, 0.4376276498768666), abs=EXACT
    )


def test_bcg_dersimonian_laird() -> None:
    r = bcg(measure="rr", tau2="dl")
    assert r.random.te == pytest.approx(-0.7141172220732273, abs=EXACT)
    assert r.random.se == pytest.approx(0.1787420895354031, abs=EXACT)
    assert r.heterogeneity.tau2 == pytest.approx(0.3087602628623761, abs=EXACT)
    assert r.heterogeneity.se_tau2 == pytest.approx(0.2298699925110258, abs=EXACT)
    assert r.heterogeneity.i2 == pytest.approx(0.92117346854562, abs=EXACT)
    assert r.heterogeneity.h2 == pytest.approx(12.686084006864439, abs=EXACT)
    # metafor's own tests, confint(): Q-profile limits.
    assert r.heterogeneity.tau2_lower == pytest.approx(0.1197, abs=5e-5)
    assert r.heterogeneity.tau2_upper == pytest.approx(1.1115, abs=5e-5)
    # metafor finds the limits of tau2 to about 1e-4 (the default of R's uniroot); I2 and H2 inherit that.
    assert r.heterogeneity.i2_lower == pytest.approx(0.819177, abs=5e-5)
    assert r.heterogeneity.i2_upper == pytest.approx(0.976781, abs=5e-5)
    assert r.heterogeneity.h2_lower == pytest.approx(5.5303, abs=2e-3)
    assert r.heterogeneity.h2_upper == pytest.approx(43.0680, abs=2e-2)


def test_bcg_common_and_ml() -> None:
    assert bcg(measure="rr").common.te == pytest.approx(-0.430285163654091, abs=EXACT)
    assert bcg(measure="rr").common.se == pytest.approx(0.04049875171086381, abs=EXACT)
    ml = bcg(measure="rr", tau2="ml")
    assert ml.random.te == pytest.approx(-0.7111991, abs=EXACT)
    assert ml.heterogeneity.tau2 == pytest.approx(0.2800282, abs=EXACT)


def test_bcg_hartung_knapp() -> None:
    r = bcg(measure="rr", test="knha")
    assert r.random.se == pytest.approx(0.1807917455191004, abs=EXACT)
    assert (r.random.lower, r.random.upper) == pytest.approx((-1.10844372300005, -0.3206209737301524), abs=EXACT)
    assert r.random.p == pytest.approx(0.001920015085133948, abs=EXACT)


# metafor's tests (test_analysis_example_rma.mh.r, test_misc_rma_mh.r; Rothman-type worked examples).
@pytest.mark.parametrize(
    ("measure", "method", "te", "q"),
    [
        ("rr", "mh", -0.4537, 152.5676),
        ("or", "mh", -0.4734, 163.9426),
        ("rd", "mh", -0.0033, 386.7759),
        ("or", "peto", -0.4744, 167.7302),
    ],
)
def test_bcg_mantel_haenszel_and_peto(measure: str, method: str, te: float, q: float) -> None:
    r = bcg(measure=measure, method=method)
    assert r.common.te == pytest.approx(te, abs=5e-5)
    assert r.heterogeneity.q == pytest.approx(q, abs=5e-5)


def test_bcg_mantel_haenszel_risk_difference_statistic() -> None:
    assert bcg(measure="rd", method="mh").common.statistic == pytest.approx(-11.4708, abs=5e-5)


# metafor's tests, test_misc_leave1out.r: the first study left out.
def test_bcg_leave_one_out() -> None:
    options = {"treat1": "vaccine", "treat2": "control"}
    row = leave_one_out(DATA / "bcg.csv", measure="rr", **options).row(0, named=True)
    expected = {
        "te": -0.707083788031436,
        "se": 0.189961024702717,
        "tau2": 0.336156745300306,
        "q": 151.582572747109,
        "h2": 14.762184698253,
    }
    for key, value in expected.items():
        assert row[key] == pytest.approx(value, abs=EXACT), key
    mh = leave_one_out(DATA / "bcg.csv", measure="rr", method="mh", model="common", **options).row(0, named=True)
    assert mh["te"] == pytest.approx(-0.451379469928476, abs=EXACT)
    assert mh["se"] == pytest.approx(0.0394350331703394, abs=EXACT)
    assert mh["q"] == pytest.approx(151.915260738878, abs=EXACT)
    peto = leave_one_out(DATA / "bcg.csv", measure="or", method="peto", model="common", **options).row(0, named=True)
    assert peto["te"] == pytest.approx(-0.472177269248539, abs=EXACT)
    assert peto["se"] == pytest.approx(0.0407784291562603, abs=EXACT)
    assert peto["q"] == pytest.approx(167.200450619361, abs=EXACT)


# metafor, rma(yi, vi, mods = ~ I(ablat - mean(ablat)) + I(year - mean(year))), reference run of a public port.
def test_bcg_meta_regression() -> None:
    frame = pl.read_csv(DATA / "bcg.csv")
    centred = frame.with_columns((pl.col("ablat") - pl.col("ablat").mean()), (pl.col("year") - pl.col("year").mean()))
    r = pairwise(centred, measure="rr", treat1="vaccine", treat2="control")
    found = meta_regression(r, moderator_table(centred, ["ablat", "year"]))
    assert found.coefficients["te"].to_list() == pytest.approx(
        [-0.7321089681986788, -0.02801127521297567, 0.001907556596253876], abs=EXACT
    )
    assert found.coefficients["se"].to_list() == pytest.approx(
        [0.1237997196271464, 0.01023404094650733, 0.01468381581640121], abs=EXACT
    )
    assert found.residual.tau2 == pytest.approx(0.1107873515456767, abs=EXACT)
    assert found.residual.q == pytest.approx(28.325143657961732, abs=EXACT)
    assert found.q_moderators == pytest.approx(12.204250515007612, abs=5e-6)


# metafor's documentation (help("dat.bcg"), Viechtbauer 2010, J Stat Softw 36(3)), printed with four digits.
def test_bcg_latitude() -> None:
    r = bcg(measure="rr")
    found = meta_regression(r, moderator_table(pl.read_csv(DATA / "bcg.csv"), ["ablat"]))
    assert found.coefficients["te"].to_list() == pytest.approx([0.2515, -0.0291], abs=5.1e-5)
    assert found.coefficients["se"].to_list() == pytest.approx([0.2491, 0.0072], abs=5.1e-5)
    assert found.residual.tau2 == pytest.approx(0.0764, abs=5.1e-5)
    assert (found.q_moderators, found.residual.q) == pytest.approx((16.3571, 30.7331), abs=2e-4)
    assert 100 * found.residual.i2 == pytest.approx(68.39, abs=5.1e-3)
    filled = trim_and_fill(r)
    assert (filled.k0, filled.side) == (1, "right")
    assert (filled.random.te, filled.random.se) == pytest.approx((-0.6571, 0.1785), abs=5.1e-5)


# Viechtbauer 2005, J Educ Behav Stat 30:261-293, table of the first example; metafor, test_analysis_example_
# viechtbauer2005.r.
YI = [-0.581, 0.530, 0.771, 1.031, 0.553, 0.295, 0.078, 0.573, -0.176, -0.232]
VI = [0.023, 0.052, 0.060, 0.115, 0.095, 0.203, 0.200, 0.211, 0.051, 0.040]


@pytest.mark.parametrize(
    ("method", "tau2", "i2", "h2"),
    [
        ("hs", 0.228, 77.23, 4.39),
        ("he", 0.148, 68.80, 3.21),
        ("dl", 0.277, 80.44, 5.11),
        ("ml", 0.197, 74.51, 3.92),
        ("reml", 0.223, 76.84, 4.32),
        ("eb", 0.192, 74.05, 3.85),
        ("sj", 0.199, 74.75, 3.96),
    ],
)
def test_estimators_of_tau2(method: str, tau2: float, i2: float, h2: float) -> None:
    h = generic(YI, VI, tau2=method).heterogeneity
    assert h.tau2 == pytest.approx(tau2, abs=5.1e-4)
    assert 100 * h.i2 == pytest.approx(i2, abs=5.1e-3)
    assert h.h2 == pytest.approx(h2, abs=5.1e-3)


# statsmodels, test_meta.py: metafor run of the Kacker 2004 data with method "PM".
def test_paule_mandel() -> None:
    y = [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9]
    v = [0.2025, 1.2100, 0.0900, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]
    r = generic(y, v, tau2="pm")
    assert r.random.te == pytest.approx(62.4076199113286, abs=EXACT)
    assert r.random.se == pytest.approx(0.338030602684471, abs=EXACT)
    assert r.heterogeneity.tau2 == pytest.approx(0.705395309224248, abs=EXACT)
    assert r.heterogeneity.q == pytest.approx(24.801897741835, abs=EXACT)
    assert 100 * r.heterogeneity.i2 == pytest.approx(83.7218626490482, abs=1e-4)
    assert r.heterogeneity.h2 == pytest.approx(6.14320900751909, abs=5e-5)


# metafor's tests, test_analysis_example_normand1999.r and others (Collins 1985).
@pytest.mark.parametrize(("method", "tau2"), [("dl", 0.230), ("ml", 0.239), ("reml", 0.301), ("sj", 0.456)])
def test_collins(method: str, tau2: float) -> None:
    h = pairwise(DATA / "collins1985b.csv", measure="or", tau2=method).heterogeneity
    assert h.tau2 == pytest.approx(tau2, abs=5.1e-4)
    assert (h.tau2_lower, h.tau2_upper) == pytest.approx((0.072, 2.203), abs=5.1e-4)


def normand_pooled() -> pl.DataFrame:
    """The published analysis takes one standard deviation, pooled from both arms, for each study."""
    pooled = (
        ((pl.col("n1") - 1) * pl.col("sd1") ** 2 + (pl.col("n2") - 1) * pl.col("sd2") ** 2)
        / (pl.col("n1") + pl.col("n2") - 2)
    ).sqrt()
    return pl.read_csv(DATA / "normand1999.csv").with_columns(sd1=pooled, sd2=pooled)


@pytest.mark.parametrize(("method", "te", "tau2"), [("dl", -14.10, 218.72), ("reml", -15.12, 685.20)])
def test_normand_mean_difference(method: str, te: float, tau2: float) -> None:
    r = pairwise(normand_pooled(), measure="md", tau2=method)
    assert r.random.te == pytest.approx(te, abs=5.1e-3)
    assert r.heterogeneity.tau2 == pytest.approx(tau2, abs=5.1e-3)
    assert r.common.te == pytest.approx(-3.49, abs=5.1e-3)


# metafor's tests, escalc(measure = "SMD") on the first four Normand studies.
def test_normand_hedges_g() -> None:
    frame = pl.read_csv(DATA / "normand1999.csv").head(4)
    r = pairwise(frame, measure="smd")
    rows = {row["study"]: row for row in r.studies.to_dicts()}
    order = frame["study"].to_list()
    te = [rows[s]["te"] for s in order]
    var = [rows[s]["se"] ** 2 for s in order]
    assert te == pytest.approx([-0.3552, -0.3479, -2.3176, -1.8880], abs=5.1e-5)
    assert var == pytest.approx([0.0131, 0.0645, 0.0458, 0.1606], abs=5.1e-5)
    assert r.heterogeneity.tau2 == pytest.approx(1.0090, abs=5.1e-5)


# metafor's tests, escalc(measure = "MN") on the first arm.
def test_normand_means() -> None:
    frame = pl.read_csv(DATA / "normand1999.csv").select("study", n="n1", mean="mean1", sd="sd1")
    assert pairwise(frame, measure="mean").heterogeneity.tau2 == pytest.approx(408.9277, abs=5.1e-5)


def test_hine_risk_difference() -> None:
    r = pairwise(DATA / "hine1989.csv", measure="rd")
    order = pl.read_csv(DATA / "hine1989.csv")["study"].to_list()
    te = {row["study"]: 100 * row["te"] for row in r.studies.to_dicts()}
    assert [te[s] for s in order] == pytest.approx([2.8026, 0.0, 1.9711, 1.7961, 3.5334, 4.4031], abs=5.1e-5)
    assert 100 * r.common.te == pytest.approx(2.94, abs=5.1e-3)
    assert (100 * r.common.lower, 100 * r.common.upper) == pytest.approx((0.4, 5.5), abs=5.1e-2)


# metafor's tests, test_analysis_example_raudenbush1985.r.
@pytest.mark.parametrize(
    ("method", "te", "tau2"), [("reml", 0.084, 0.019), ("dl", 0.089, 0.026), ("ml", 0.078, 0.013), ("he", 0.114, 0.080)]
)
def test_raudenbush(method: str, te: float, tau2: float) -> None:
    r = pairwise(DATA / "raudenbush1985.csv", measure="te", tau2=method)
    assert r.random.te == pytest.approx(te, abs=5.1e-4)
    assert r.heterogeneity.tau2 == pytest.approx(tau2, abs=5.1e-4)


def test_raudenbush_common_prediction_and_moderator() -> None:
    r = pairwise(DATA / "raudenbush1985.csv", measure="te")
    assert (r.common.te, r.common.statistic) == pytest.approx((0.060, 1.655), abs=5.1e-4)
    assert r.heterogeneity.q == pytest.approx(35.83, abs=5.1e-3)
    assert (r.prediction_lower, r.prediction_upper) == pytest.approx((-0.204, 0.371), abs=5.1e-4)
    table = moderator_table(pl.read_csv(DATA / "raudenbush1985.csv", schema_overrides={"study": pl.String}), ["weeks"])
    found = meta_regression(r, table)
    assert found.residual.tau2 == pytest.approx(0, abs=EXACT)
    assert found.coefficients["te"].to_list() == pytest.approx([0.407, -0.157], abs=5.1e-4)
    assert found.residual.q == pytest.approx(16.57, abs=5.1e-3)


# metafor's tests, test_analysis_example_stijnen2010.r (Stijnen 2010, Stat Med 29:3046-3067).
@pytest.mark.parametrize(
    ("arm", "plain", "glmm"),
    [("control", (-3.30, 0.24, 0.663), (-3.50, 0.26, 0.81)), ("coated", (-4.26, 0.26, 0.393), (-4.81, 0.36, 0.83))],
)
def test_stijnen_proportions(arm: str, plain: tuple[float, float, float], glmm: tuple[float, float, float]) -> None:
    frame = pl.read_csv(DATA / "nielweise2007.csv").filter(pl.col("treatment") == arm)
    normal = pairwise(frame, measure="plogit", tau2="reml")
    exact = pairwise(frame, measure="plogit", method="glmm")
    assert (normal.random.te, normal.random.se) == pytest.approx(plain[:2], abs=5.1e-3)
    assert normal.heterogeneity.tau2 == pytest.approx(plain[2], abs=5.1e-3)
    assert (exact.random.te, exact.random.se) == pytest.approx(glmm[:2], abs=6e-3)
    assert exact.heterogeneity.tau2 == pytest.approx(glmm[2], abs=6e-3)


def test_stijnen_odds_ratio() -> None:
    options: dict[str, Any] = {"measure": "or", "treat1": "coated", "treat2": "control"}
    normal = pairwise(DATA / "nielweise2007.csv", **options)
    assert (normal.random.te, normal.random.se) == pytest.approx((-0.980, 0.243), abs=5.1e-4)
    # metafor's tests, rma.glmm(model = "CM.EL"): printed with six digits.
    exact = pairwise(DATA / "nielweise2007.csv", method="glmm", **options)
    assert exact.random.te == pytest.approx(-1.353158, abs=2e-3)
    assert exact.random.se**2 == pytest.approx(0.12318, abs=2e-3)
    assert exact.heterogeneity.tau2 == pytest.approx(0.6935, abs=3e-3)
    assert exact.common.te == pytest.approx(-1.2236, abs=5.1e-5)
    assert exact.common.se**2 == pytest.approx(0.0502, abs=5.1e-5)


# metafor's tests, test_misc_regtest.r (Egger 2001, magnesium).
def test_egger_mixed() -> None:
    r = pairwise(DATA / "egger2001.csv", measure="or")
    assert egger(r, mixed=True).statistic == pytest.approx(-4.6686, abs=5.1e-5)
    assert egger(r, predictor="sqrtninv").statistic == pytest.approx(-5.6083, abs=5.1e-5)


# metafor 5.0.1, regtest(model = "lm"), published reference run on ten outcome trials.
def test_egger_weighted() -> None:
    frame = pl.read_csv(DATA / "t2d_mace.csv").select("study", "te", "se_te")
    found = egger(pairwise(frame, measure="te"))
    assert found.slope == pytest.approx(-1.31011007138801, abs=EXACT)
    assert found.slope_se == pytest.approx(2.06620520002658, abs=EXACT)
    assert found.statistic == pytest.approx(-0.63406580884181, abs=EXACT)
    assert found.df == 8
    assert found.p == pytest.approx(0.543737957620125, abs=EXACT)
    assert found.intercept == pytest.approx(-0.0202484223825696, abs=EXACT)
    assert found.intercept_se == pytest.approx(0.132808785061441, abs=EXACT)


# metafor 5.0.1, trimfill() of a published reference run on eight outcome trials.
def test_trim_and_fill() -> None:
    r = pairwise(DATA / "glp1_mace.csv", measure="te", model="common")
    assert r.common.te == pytest.approx(-0.134113581277383, abs=EXACT)
    assert r.common.se == pytest.approx(0.0247049111171618, abs=EXACT)
    assert r.heterogeneity.q == pytest.approx(12.6155836422528, abs=EXACT)
    found = trim_and_fill(r)
    assert (found.k0, found.side) == (2, "right")
    assert found.common.te == pytest.approx(-0.11842852345616, abs=EXACT)
    assert found.common.se == pytest.approx(0.0237439602852307, abs=EXACT)
    assert found.heterogeneity.q == pytest.approx(17.9061164935061, abs=EXACT)
    filled = sorted(found.studies.filter(pl.col("filled"))["te"].to_list())
    assert filled[0] == pytest.approx(0.0642480458716019, abs=EXACT)
    dl = pairwise(DATA / "glp1_mace.csv", measure="te", tau2="dl")
    assert dl.random.te == pytest.approx(-0.147456581094508, abs=EXACT)
    assert dl.random.se == pytest.approx(0.0358025392162826, abs=EXACT)
    assert dl.heterogeneity.tau2 == pytest.approx(0.00417791712681556, abs=EXACT)


# metafor, published reference runs on two small sets.
def test_four_trials() -> None:
    te = [-0.323985185323152, -0.212874660110696, -0.248396802220566, -0.313447183305092]
    var = [0.00562102218971607, 0.0043708050921773, 0.00515710819234374, 0.00631210800062205]
    r = generic(te, var, test="knha")
    assert r.common.te == pytest.approx(-0.268983621896991, abs=EXACT)
    assert r.common.se == pytest.approx(0.0362970503704532, abs=EXACT)
    assert r.heterogeneity.q == pytest.approx(1.65386175414389, abs=EXACT)
    assert (r.random.lower, r.random.upper) == pytest.approx((-0.354750853821581, -0.183216389972401), abs=EXACT)


def test_four_trials_with_much_heterogeneity() -> None:
    te = [-12.44, -6.21, -10.27, -11.06]
    var = [0.22514884068, 0.295258924524, 0.752318360002, 0.862276586737]
    dl, reml = generic(te, var, tau2="dl"), generic(te, var)
    assert dl.common.te == pytest.approx(-9.96019105632818, abs=EXACT)
    assert dl.heterogeneity.q == pytest.approx(76.4757288538628, abs=EXACT)
    assert dl.random.te == pytest.approx(-9.98266671625698, abs=EXACT)
    assert dl.random.se == pytest.approx(1.66098791642595, abs=EXACT)
    assert dl.heterogeneity.tau2 == pytest.approx(10.5087360557336, abs=EXACT)
    assert reml.random.te == pytest.approx(-9.97732213322378, abs=EXACT)
    assert reml.random.se == pytest.approx(1.379025433269, abs=EXACT)
    assert reml.heterogeneity.tau2 == pytest.approx(7.08318560225671, abs=EXACT)


# metafor, rma.mh() on three trials, a published reference run.
def test_three_trials_by_mantel_haenszel() -> None:
    counts = [(12, 100, 18, 100), (8, 90, 15, 92), (20, 150, 24, 148)]
    frame = pl.DataFrame(
        [{"study": f"s{i}", "events1": a, "n1": b, "events2": c, "n2": d} for i, (a, b, c, d) in enumerate(counts)]
    )
    from math import exp

    for measure, expected in (("rr", (0.700988, 0.481530, 1.020465)), ("or", (0.661155, 0.427577, 1.022333))):
        r = pairwise(frame, measure=measure, method="mh").common
        assert (exp(r.te), exp(r.lower), exp(r.upper)) == pytest.approx(expected, abs=6e-7)
