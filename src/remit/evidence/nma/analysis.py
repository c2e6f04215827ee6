"""The network analysis from table to result."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from remit.errors import Fault, UsageError
from remit.evidence.arms import MEASURES, check_measure
from remit.evidence.data import EvidenceError, LeftOut, Table
from remit.evidence.nma import tau2 as between
from remit.evidence.nma.designs import Design, consistency_fit, decompose
from remit.evidence.nma.fit import NetworkFit, degrees_of_freedom, fit_network
from remit.evidence.nma.mantel_haenszel import mh_designs
from remit.evidence.nma.piece import Piece
from remit.evidence.nma.ranking import check_direction
from remit.evidence.nma.reading import read_studies
from remit.evidence.nma.results import NetworkResult
from remit.evidence.nma.studies import Studies, blocks
from remit.evidence.nma.threads import one_thread
from remit.evidence.numeric import chi2_upper
from remit.evidence.pair.effects import check_zero_options
from remit.evidence.pair.pooling import check_level, quantile

FEW_STUDIES = 3


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options of an analysis; see `network`."""

    model: str
    tau2: str
    preset: float | None
    level: float


@one_thread()
def network(
    source: Table,
    *,
    measure: str = "or",
    model: str = "random",
    tau2: str = "reml",
    reference: str | None = None,
    method: str = "iv",
    level: float = 0.95,
    small_values: str = "desirable",
    zero_cells: str = "only0",
    double_zero: str = "drop",
    increment: float = 0.5,
    smd: str | None = None,
    duplicate_arms: str = "refuse",
    preset_tau2: float | None = None,
    rd_shift: str | None = None,
) -> NetworkResult:
    """Compare all treatments of a network at once.

    The graph-theoretic method of weighted least squares, exact for studies with several arms. A network in several
    pieces is analysed piece by piece.

    Parameters
    ----------
    source : Table
        Frame, records or CSV path; arm-level (`study, treatment, n, events` or `n, mean, sd`) or contrast-level
        (`study, treat1, treat2, te, se_te`, with all comparisons of studies with several arms).
    measure : {"or", "rr", "rd", "md", "smd", "hr", "te"}
    model : {"random", "common"}
        Which model leads; both are fitted.
    tau2 : {"reml", "dl", "ml"}
        Estimator of the variance between studies, one for all comparisons of a piece.
    reference : str, optional
        Effects are given against this treatment.
    method : {"iv", "mh"}
        Inverse variance, or Mantel-Haenszel for rare events (odds ratios, common effect).
    level : float
        Confidence level.
    small_values : {"desirable", "undesirable"}
        For ranking: whether small effects are good ones.
    zero_cells, double_zero, increment
        As in `remit.evidence.pairwise`; an empty cell in one arm shifts all arms of its study alike.
    smd : {"hedges", "cohen"}, optional
        By default ``cohen``, as netmeta does (its differences add up over the arms of a study), but ``hedges`` for two
        treatments, as in `remit.evidence.pairwise`.
    duplicate_arms : {"refuse", "sum"}
        See `remit.evidence.arms.read_arms`.
    preset_tau2 : float, optional
        Use this value in place of an estimate.
    rd_shift : {"effect", "variance"}, optional
        As in `remit.evidence.pairwise`; by default ``variance``, as netmeta does, but for two treatments as there.

    Returns
    -------
    NetworkResult
        Effects on the log scale for ratios, of `treat1` against `treat2`.

    Raises
    ------
    UsageError
        An option is not understood, or the reference is not in the network.
    EvidenceError
        The table cannot be used; all its faults are listed.
    """
    chosen = check_measure(measure, MEASURES)
    if model not in ("random", "common"):
        raise UsageError("model is 'random' or 'common'")
    if method not in ("iv", "mh"):
        raise UsageError("method is 'iv' or 'mh'")
    if method == "mh" and chosen != "or":
        raise UsageError("Mantel-Haenszel networks are of odds ratios")
    if preset_tau2 is not None and not (preset_tau2 >= 0 and math.isfinite(preset_tau2)):
        raise UsageError("a preset tau2 is zero or more")
    if smd not in (None, "hedges", "cohen"):
        raise UsageError("smd is 'hedges' or 'cohen'")
    check_zero_options(zero_cells, double_zero, increment, rd_shift)
    check_direction(small_values)
    options = Options(model, between.check_method(tau2), preset_tau2, check_level(level))
    if method == "mh":
        pieces, excluded, notes = _mantel_haenszel(source, duplicate_arms, options.level)
        model = "common"
    else:
        studies = read_studies(
            source,
            chosen,
            increment=increment,
            rd_shift=rd_shift,
            zero_cells=zero_cells,
            double_zero=double_zero,
            smd=smd,
            duplicate_arms=duplicate_arms,
        )
        pieces = [_solvable(studies.subset(p), options) for p in studies.pieces()]
        excluded, notes = list(studies.excluded), []
    result = NetworkResult(
        chosen,
        method,
        model,
        tuple(pieces),
        reference,
        small_values,
        tuple(excluded),
        tuple(notes + _notes(pieces)),
        options.level,
    )
    if reference is not None:
        result.piece(reference)
    return result


def _solvable(studies: Studies, options: Options) -> Piece:
    try:
        return analyse_piece(studies, options)
    except np.linalg.LinAlgError:
        place = f"studies of {', '.join(studies.treatments)}"
        problem = "their variances differ by so many orders of magnitude that nothing can be computed"
        raise EvidenceError([Fault(place, problem, "Check the units of standard deviations and errors")]) from None


def analyse_piece(studies: Studies, options: Options) -> Piece:
    """Analyse one connected part."""
    stacks, n = blocks(studies), len(studies.treatments)
    tau2 = between.estimate(options.tau2, stacks, n) if options.preset is None else options.preset
    common = fit_network(stacks, n, 0.0)
    random = fit_network(stacks, n, tau2) if tau2 > 0 else common
    df = degrees_of_freedom(stacks, n)
    q = common.q if df > 0 else 0.0
    low, high = i2_limits(q, df, options.level)
    people = [s.n for s in studies.studies]
    return Piece(
        studies=studies,
        model=options.model,
        method="iv",
        common=common,
        random=random,
        tau2=tau2,
        tau2_method=options.tau2 if options.preset is None else "preset",
        q=q,
        df_q=df,
        p_q=chi2_upper(q, df),
        i2=max(0.0, (q - df) / q) if q > 0 else 0.0,
        i2_lower=low,
        i2_upper=high,
        decomposition=decompose(studies),
        level=options.level,
        k=len(studies.studies),
        n_people=None
        if any(p is None for p in people)
        else round(sum(float(p.sum()) for p in people if p is not None)),
    )


def i2_limits(q: float, df: int, level: float) -> tuple[float, float]:
    """Test-based confidence limits of I2 (Higgins 2002, DOI 10.1002/sim.1186).

    Returns
    -------
    lower, upper : float
        NaN with fewer than two degrees of freedom.
    """
    if df < 2 or q <= 0:
        return math.nan, math.nan
    k = df + 1
    if q > k:
        spread = 0.5 * (math.log(q) - math.log(df)) / (math.sqrt(2 * q) - math.sqrt(2 * k - 3))
    else:
        spread = math.sqrt(1 / (2 * (k - 2)) * (1 - 1 / (3 * (k - 2) ** 2)))
    log_h = math.log(max(1.0, math.sqrt(q / df)))
    half = quantile(level, math.inf) * spread
    limits = [max(1.0, math.exp(log_h + side * half)) for side in (-1, 1)]
    return tuple((h**2 - 1) / h**2 for h in limits)  # type: ignore[return-value]


def _notes(pieces: list[Piece]) -> list[str]:
    notes = []
    if len(pieces) > 1:
        names = "; ".join(", ".join(p.treatments) for p in pieces)
        notes.append(f"the network is in {len(pieces)} pieces and nothing is compared across them: {names}")
    few = [p for p in pieces if p.k < FEW_STUDIES and p.model == "random"]
    return notes + [f"studies of {', '.join(p.treatments)}: {p.k}; tau2 is hardly known" for p in few]


def _mantel_haenszel(source: Table, duplicate_arms: str, level: float) -> tuple[list[Piece], list[LeftOut], list[str]]:
    treatments, designs, excluded, notes = mh_designs(source, duplicate_arms)
    pieces = []
    for group in _pieces_of(designs, len(treatments)):
        place = {old: new for new, old in enumerate(group)}
        inside = [replace(d, arms=tuple(place[a] for a in d.arms)) for d in designs if d.arms[0] in place]
        pieces.append(_mh_piece(inside, tuple(treatments[g] for g in group), level))
    return pieces, excluded, notes


def _mh_piece(designs: list[Design], names: tuple[str, ...], level: float) -> Piece:
    found = consistency_fit(designs, len(names))
    nan = math.nan
    fit = NetworkFit(found.theta, found.cov, found.q, nan, nan, nan, nan)
    q = found.q if found.df > 0 else 0.0
    return Piece(
        studies=Studies(names, (), (), "or"),
        model="common",
        method="mh",
        common=fit,
        random=fit,
        tau2=nan,
        tau2_method="none",
        q=q,
        df_q=found.df,
        p_q=chi2_upper(q, found.df),
        i2=nan,
        i2_lower=nan,
        i2_upper=nan,
        decomposition=None,
        level=level,
        k=sum(d.k for d in designs),
        n_people=None,
    )


def _pieces_of(designs: list[Design], n: int) -> list[list[int]]:
    """Connected parts of a set of designs on n treatments."""
    groups: list[set[int]] = [{i} for i in range(n)]
    for design in designs:
        joined = set(design.arms)
        apart = [g for g in groups if not g & joined]
        groups = [*apart, joined.union(*(g for g in groups if g & joined))]
    return sorted((sorted(g) for g in groups), key=lambda g: (-len(g), g))
