"""Network results against numbers that others published or computed with netmeta and metafor.

No expected value comes from Remit; the source stands beside each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.evidence import network

HERE = Path(__file__).parent
DATA, PUBLISHED = HERE / "data", HERE / "published"
EXACT = 1e-6
NETS: dict[str, dict[str, Any]] = {
    "senn2013": {"measure": "md", "tau2": "dl"},
    "smoking": {"measure": "or", "tau2": "dl", "small_values": "undesirable"},
}


def net(name: str, **more: Any) -> Any:
    return network(DATA / f"{name}.csv", **{**NETS.get(name, {}), **more})


# netmeta 3.6-1 on Senn2013 and smokingcessation: reference matrices of a public port (pimeta), printed with 10 digits.
@pytest.mark.parametrize("name", sorted(NETS))
@pytest.mark.parametrize("model", ["common", "random"])
def test_matrices_of_netmeta(name: str, model: str) -> None:
    piece = net(name).pieces[0]
    fit = piece.common if model == "common" else piece.random
    for what, ours in (("te", fit.te()), ("se", fit.se())):
        expected = pl.read_csv(PUBLISHED / f"{name}_{what}_{model}.csv")
        rows = expected[expected.columns[0]].cast(pl.String).to_list()
        for i, row in enumerate(rows):
            for column in expected.columns[1:]:
                a, b = piece.treatments.index(row), piece.treatments.index(column)
                assert ours[a, b] == pytest.approx(expected[column][i], abs=EXACT), (what, row, column)


# The same runs: Q, its parts, tau2, I2 and P-scores.
WHOLE = {
    "senn2013": (0.108716923142419, 96.9855530052601, 18, 0.814405347577657, 74.4552817355127, 11, 22.5302712697474, 7),
    "smoking": (0.598875258924702, 202.618871212978, 23, 0.886486387658216, 187.398534192084, 16, 15.2203370208934, 7),
}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_heterogeneity_of_netmeta(name: str) -> None:
    tau2, q, df, i2, q_het, df_het, q_inc, df_inc = WHOLE[name]
    found = net(name).to_dict()
    assert found["tau2"] == pytest.approx(tau2, abs=EXACT)
    assert (found["q"], found["df_q"]) == (pytest.approx(q, abs=EXACT), df)
    assert found["i2"] == pytest.approx(i2, abs=EXACT)
    assert (found["q_within"], found["df_within"]) == (pytest.approx(q_het, abs=EXACT), df_het)
    assert (found["q_between"], found["df_between"]) == (pytest.approx(q_inc, abs=EXACT), df_inc)


P_SCORES = {
    ("senn2013", "common"): {
        "acar": 0.479183553591904,
        "benf": 0.572664185085247,
        "metf": 0.851277164945292,
        "migl": 0.620004412248249,
        "piog": 0.768632565564681,
        "plac": 6.4907432449204e-07,
        "rosi": 0.978903244463782,
        "sita": 0.238614641905226,
        "sulf": 0.139491658740947,
        "vild": 0.351227924380347,
    },
    ("senn2013", "random"): {
        "acar": 0.520264415346934,
        "benf": 0.435817023500372,
        "metf": 0.781776531582271,
        "migl": 0.613655528194324,
        "piog": 0.774569730700626,
        "plac": 0.0138950538084336,
        "rosi": 0.89336818125521,
        "sita": 0.333099206416942,
        "sulf": 0.210307659651169,
        "vild": 0.423246669543718,
    },
    ("smoking", "common"): {
        "A": 0.0188255170973268,
        "B": 0.316262623703612,
        "C": 0.787825295028737,
        "D": 0.877086564170324,
    },
    ("smoking", "random"): {
        "A": 0.0478871870493142,
        "B": 0.404201861940132,
        "C": 0.71032820917033,
        "D": 0.837582741840224,
    },
}


@pytest.mark.parametrize(("name", "model"), sorted(P_SCORES))
def test_p_scores_of_netmeta(name: str, model: str) -> None:
    found = {row["treatment"]: row["p_score"] for row in net(name, model=model).to_dict()["ranking"]}
    assert found == pytest.approx(P_SCORES[name, model], abs=EXACT)


# netmeta's documentation of decomp.design(Senn2013): full design-by-treatment interaction random-effects model.
def test_design_by_treatment_interaction() -> None:
    parts = net("senn2013").pieces[0].decomposition
    assert parts.q_interaction == pytest.approx(2.19, abs=5.1e-3)
    assert parts.df_interaction == 7
    assert parts.p_interaction == pytest.approx(0.9483, abs=5.1e-5)
    assert parts.tau2_within**0.5 == pytest.approx(0.3797, abs=5.1e-5)


# netmeta 3.5.0, netmeta() and netsplit() of a published reference run: psoriasis, PASI 90, two four-arm trials.
def test_psoriasis() -> None:
    result = net("psoriasis_pasi90", measure="or", model="common", reference="placebo")
    found = result.to_dict()
    assert found["q"] == pytest.approx(0.474692348184097, abs=EXACT)
    assert found["df_q"] == 1
    effects = {row["treat1"]: (row["te"], row["se"]) for row in found["effects"]}
    expected = {
        "etanercept": (2.57576043368177, 0.317996431042481),
        "ixekizumab_q2w": (4.38111746048961, 0.333746897636639),
        "ixekizumab_q4w": (4.25654659966145, 0.332973057503991),
        "secukinumab_150mg": (3.60952195684489, 0.33836021486034),
        "secukinumab_300mg": (4.10413883333666, 0.338225146172854),
    }
    for treatment, (te, se) in expected.items():
        assert effects[treatment] == pytest.approx((te, se), abs=EXACT), treatment


def test_psoriasis_split() -> None:
    piece = net("psoriasis_pasi90", measure="or", model="common").pieces[0]
    rows = {frozenset((r["treat1"], r["treat2"])): r for r in piece.split().to_dicts()}
    one = rows[frozenset(("etanercept", "ixekizumab_q2w"))]
    sign = 1 if one["treat1"] == "etanercept" else -1
    assert one["share_direct"] == pytest.approx(0.982001770193486, abs=EXACT)
    assert sign * one["te_direct"] == pytest.approx(-1.82016690787931, abs=EXACT)
    assert one["se_direct"] == pytest.approx(0.160225102862065, abs=EXACT)
    assert sign * one["te_indirect"] == pytest.approx(-0.997314814607831, abs=EXACT)
    assert one["se_indirect"] == pytest.approx(1.18350963542083, abs=EXACT)
    assert sign * one["difference"] == pytest.approx(-0.822852093271483, abs=EXACT)
    assert sign * one["z"] == pytest.approx(-0.688979207366888, abs=EXACT)
    assert one["p"] == pytest.approx(0.490836352402275, abs=EXACT)
    two = rows[frozenset(("ixekizumab_q2w", "placebo"))]
    assert two["share_direct"] == pytest.approx(0.605491977495937, abs=EXACT)
    assert (abs(two["te_indirect"]), two["se_indirect"]) == pytest.approx(
        (4.66598937217765, 0.531360562223982), abs=EXACT
    )
    only_direct = rows[frozenset(("etanercept", "placebo"))]
    assert only_direct["te_direct"] is not None
    only_indirect = next(r for pair, r in rows.items() if pair == {"ixekizumab_q2w", "secukinumab_150mg"})
    assert only_indirect["share_direct"] == pytest.approx(0.0, abs=EXACT)
    assert abs(only_indirect["te_indirect"]) == pytest.approx(0.77159550364472, abs=EXACT)


# netmeta 3.5.0, a published reference run of ten outcome trials against placebo.
def test_star_network() -> None:
    result = net("t2d_mace", measure="te", model="common", reference="placebo")
    found = result.to_dict()
    assert (found["q"], found["df_q"]) == (pytest.approx(6.87852485882721, abs=EXACT), 7)
    effects = {row["treat1"]: (row["te"], row["se"]) for row in found["effects"]}
    assert effects["DPP-4 inhibitor"] == pytest.approx((-0.0050126883100948, 0.0429990732066541), abs=EXACT)
    assert effects["GLP-1 RA"] == pytest.approx((-0.140864037925545, 0.0283029732215653), abs=EXACT)
    assert effects["SGLT2 inhibitor"] == pytest.approx((-0.111346641554257, 0.039802134882674), abs=EXACT)


# netmeta 3.5.0, netcomb() of a published reference run.
def test_components() -> None:
    found = network(DATA / "components.csv", measure="te", model="common").additive("Placebo")
    rows = {r["component"]: r for r in found.components.to_dicts()}
    assert (rows["A"]["te"], rows["A"]["se"]) == pytest.approx((0.221330473313514, 0.132024831264664), abs=EXACT)
    assert (rows["B"]["te"], rows["B"]["se"]) == pytest.approx((0.329090374045677, 0.137718076719573), abs=EXACT)
    assert found.q_additive == pytest.approx(0.0503701505470202, abs=EXACT)
    assert found.df_additive == 3
    assert found.df_difference == 1


# metafor's tests, test_analysis_example_law2016.r, second example (REML, multi-arm trials).
def test_law_reml() -> None:
    result = network(DATA / "law2016.csv", measure="te", reference="A")
    assert result.pieces[0].tau2 == pytest.approx(0.5482, abs=5.1e-5)
    te = {row["treat1"]: row["te"] for row in result.effects().to_dicts()}
    assert [te[t] for t in "BCD"] == pytest.approx([-1.8847, -1.3366, -0.7402], abs=5.1e-5)


# metafor 3.8-1, rma.mv on contrasts with their full covariances; random effects t1 | study with rho = 1/2.
METAFOR = {
    ("parkinson", "common", "dl"): (
        0.0,
        {
            "2": (-1.811553320887419, 0.332668071697028),
            "3": (-0.478111757983838, 0.486635676591833),
            "4": (-0.523993711763736, 0.478635489753558),
            "5": (-0.823993711763736, 0.521986248621212),
        },
    ),
    ("thrombolytics", "common", "dl"): (
        0.0,
        {
            "Acc t-PA": (-0.17119614951830850, 0.0431510131721806),
            "ASPAC": (0.01345000331531918, 0.0367388297089302),
            "PTCA": (-0.44520428265018325, 0.1025102586402275),
            "r-PA": (-0.11929820150513126, 0.0599586212052242),
            "SK + t-PA": (-0.04722675902273943, 0.0464777018530678),
            "t-PA": (0.00180798511490875, 0.0303000547238883),
            "TNK": (-0.16576114293744523, 0.0770796631612337),
            "UK": (-0.20121625943948748, 0.2213267938400852),
        },
    ),
    ("thrombolytics", "random", "reml"): (
        0.000204040532796413,
        {
            "Acc t-PA": (-0.17234867628251779, 0.0446780108203670),
            "ASPAC": (0.01423839476884966, 0.0389657304003553),
            "PTCA": (-0.44618487488270936, 0.1029339285693572),
            "t-PA": (0.00222008038870888, 0.0319063782377316),
            "UK": (-0.20147077095479710, 0.2215080958450167),
        },
    ),
    ("senn2013", "random", "reml"): (
        0.0999174624277019,
        {
            "acar": (-0.841378728126748, 0.238435895519493),
            "benf": (-0.736922525785617, 0.277602749998360),
            "metf": (-1.128420286818941, 0.149404863159668),
            "migl": (-0.949908316570665, 0.225253258487898),
            "piog": (-1.129421837214899, 0.211921034462752),
            "rosi": (-1.233741271120689, 0.123458214521118),
            "sulf": (-0.417548182195882, 0.232619087897010),
        },
    ),
    ("senn2013", "random", "ml"): (
        0.0563861332877325,
        {
            "acar": (-0.838571752347416, 0.1962979301815118),
            "metf": (-1.137468980467024, 0.1216873223151417),
            "rosi": (-1.234393181032918, 0.0989657299525618),
            "sulf": (-0.424010553615031, 0.1860063698172888),
        },
    ),
}
MEASURE = {"parkinson": ("md", "1"), "thrombolytics": ("or", "SK"), "senn2013": ("md", "plac")}


@pytest.mark.parametrize("case", list(METAFOR), ids="-".join)
def test_metafor(case: tuple[str, str, str]) -> None:
    name, model, tau2 = case
    measure, reference = MEASURE[name]
    result = network(DATA / f"{name}.csv", measure=measure, model=model, tau2=tau2, reference=reference)
    expected_tau2, expected = METAFOR[case]
    if model == "random":
        assert result.pieces[0].tau2 == pytest.approx(expected_tau2, abs=EXACT)
    found = {r["treat1"]: (r["te"], r["se"]) for r in result.effects().to_dicts() if r["treat2"] == reference}
    for treatment, numbers in expected.items():
        assert found[treatment] == pytest.approx(numbers, abs=EXACT), treatment


def test_parkinson_q() -> None:
    result = network(DATA / "parkinson.csv", measure="md", model="common", reference="1").to_dict()
    assert (result["q"], result["df_q"]) == (pytest.approx(2.28789024087262, abs=EXACT), 4)


def test_thrombolytics_q() -> None:
    result = network(DATA / "thrombolytics.csv", measure="or", model="common", reference="SK").to_dict()
    assert (result["q"], result["df_q"]) == (pytest.approx(40.4505811550059, abs=EXACT), 44)


# NICE DSU Technical Support Document 2, example 5 (fixed effect, normal likelihood, vague priors): posterior means.
# The table holds the older treatment minus the newer one, so the signs turn.
def test_parkinson() -> None:
    result = network(DATA / "parkinson.csv", measure="md", model="common", reference="1")
    effects = {row["treat1"]: (row["te"], row["se"]) for row in result.effects().to_dicts()}
    expected = {"2": (-1.81, 0.33), "3": (-0.47, 0.49), "4": (-0.52, 0.48), "5": (-0.82, 0.52)}
    for treatment, numbers in expected.items():
        assert effects[treatment] == pytest.approx(numbers, abs=0.011), treatment


# NICE DSU Technical Support Document 4, thrombolytics, fixed effect: posterior means under the exact likelihood.
# Some arms have few deaths: Mantel-Haenszel is within 0.01 of the exact likelihood, inverse variance within 0.035.
@pytest.mark.parametrize(("method", "tolerance"), [("iv", 0.035), ("mh", 0.01)])
def test_thrombolytics(method: str, tolerance: float) -> None:
    result = network(DATA / "thrombolytics.csv", method=method, model="common", reference="SK")
    effects = {row["treat1"]: (row["te"], row["se"]) for row in result.effects().to_dicts()}
    expected = {
        "t-PA": (0.002, 0.030),
        "Acc t-PA": (-0.177, 0.043),
        "SK + t-PA": (-0.049, 0.046),
        "r-PA": (-0.124, 0.060),
        "PTCA": (-0.476, 0.101),
        "UK": (-0.203, 0.221),
        "ASPAC": (0.016, 0.037),
    }
    for treatment, (te, se) in expected.items():
        assert effects[treatment][0] == pytest.approx(te, abs=tolerance), treatment
        assert effects[treatment][1] == pytest.approx(se, abs=0.006), treatment
