"""Reads a network's studies from arms or from contrasts; every fault is named, what says nothing is listed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import polars as pl

from remit.errors import Fault
from remit.evidence.arms import BINARY, CONTINUOUS, is_contrast, read_arms, read_contrasts
from remit.evidence.data import EvidenceError, LeftOut, Reading, Table, left_out, read_raw
from remit.evidence.nma.studies import Studies, Study
from remit.evidence.pair.effects import hedges_factor, increments
from remit.evidence.types import Floats

TOLERANCE = 1e-3
"""How far the three differences of three arms may be from adding up, as rounding in publications makes them."""


def read_studies(
    source: Table,
    measure: str,
    *,
    increment: float = 0.5,
    zero_cells: str = "only0",
    double_zero: str = "drop",
    smd: str | None = None,
    duplicate_arms: str = "refuse",
    rd_shift: str | None = None,
) -> Studies:
    """Read a network from an arm-level or contrast-level table.

    Raises
    ------
    EvidenceError
        With every fault of the table.
    """
    reading = read_raw(source)
    if is_contrast(reading.frame):
        return _from_contrasts(reading, measure)
    arms, name = read_arms(reading, measure, duplicate_arms)
    excluded: list[LeftOut] = []
    found: list[tuple[str, list[str], Floats, Floats, Floats | None, Floats | None]] = []
    chosen = _resolve(arms, zero_cells) if measure in BINARY else zero_cells
    # Two treatments are a pairwise analysis, which follows metafor; networks follow netmeta.
    is_pair = arms["treatment"].n_unique() == 2
    shift, factor = rd_shift or ("effect" if is_pair else "variance"), smd or ("hedges" if is_pair else "cohen")
    for label, group in _by_study(arms):
        reason = _unusable(group, measure, double_zero)
        if reason is not None:
            excluded.append(left_out(label, reason))
            continue
        n = group["n"].to_numpy()
        if measure in CONTINUOUS:
            te, var = _continuous(group, measure, factor)
            found.append((label, group["treatment"].to_list(), te, var, n, None))
        else:
            te, var = _binary(group, measure, chosen, increment, shift)
            found.append((label, group["treatment"].to_list(), te, var, n, group["events"].to_numpy()))
    return _assemble(found, excluded, measure, name)


def _resolve(arms: pl.DataFrame, zero_cells: str) -> str:
    """Turn ``if0all`` into ``all`` or ``only0`` by looking at the whole table."""
    any_zero = bool(((arms["events"] == 0) | (arms["events"] == arms["n"])).any())
    return ("all" if any_zero else "only0") if zero_cells == "if0all" else zero_cells


def _by_study(arms: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for group in arms.sort("study", "treatment").partition_by("study", maintain_order=True):
        yield str(group["study"][0]), group


def _unusable(group: pl.DataFrame, measure: str, double_zero: str) -> str | None:
    if group.height < 2:
        return "one_arm"
    if measure in BINARY and measure != "rd" and double_zero == "drop":
        if float(group["events"].sum()) == 0:
            return "no_events"
        if measure == "or" and bool((group["events"] == group["n"]).all()):
            return "all_events"
    return None


def _differences(location: Floats, spread: Floats) -> tuple[Floats, Floats]:
    var = spread[:, None] + spread[None, :]
    np.fill_diagonal(var, 0.0)
    return location[:, None] - location[None, :], var


def _binary(
    group: pl.DataFrame, measure: str, zero_cells: str, increment: float, rd_shift: str
) -> tuple[Floats, Floats]:
    """Differences on the scale of `measure`; an empty cell in one arm shifts all arms of the study alike."""
    x, n = group["events"].to_numpy(), group["n"].to_numpy()
    has_zero = np.array([bool(((x == 0) | (x == n)).any())])
    add = float(increments(has_zero, zero_cells, increment)[0])
    a, b = x + add, n - x + add
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "or":
            return _differences(np.log(a / b), 1 / a + 1 / b)
        if measure == "rr":
            return _differences(np.log(a / (n + 2 * add)), 1 / a - 1 / (n + 2 * add))
        share = a / (n + 2 * add) if rd_shift == "effect" else x / n
        return _differences(share, a * b / (n + 2 * add) ** 3)


def _continuous(group: pl.DataFrame, measure: str, smd: str) -> tuple[Floats, Floats]:
    """Mean differences, or differences over the standard deviation pooled across all arms of the study."""
    mean, sd, n = (group[c].to_numpy() for c in ("mean", "sd", "n"))
    if measure == "md":
        return _differences(mean, sd**2 / n)
    df = float((n - 1).sum())
    pooled = float(np.sqrt(((n - 1) * sd**2).sum() / df))
    factor = float(hedges_factor(np.array([df]))[0]) if smd == "hedges" else 1.0
    te, var = _differences(factor * mean / pooled, 1 / n)
    var = var + te**2 / (2 * n.sum())
    return te, var


def _assemble(
    found: list[tuple[str, list[str], Floats, Floats, Floats | None, Floats | None]],
    excluded: list[LeftOut],
    measure: str,
    name: str,
) -> Studies:
    usable = []
    for item in found:
        off = ~np.eye(len(item[1]), dtype=np.bool_)
        good = np.isfinite(item[2][off]).all() and np.isfinite(item[3][off]).all() and (item[3][off] > 0).all()
        if good:
            usable.append(item)
        else:
            excluded.append(left_out(item[0], "no_variance"))
    if not usable:
        raise EvidenceError(
            [Fault(name, "no study is left to analyse", "Every study was set aside; see the reasons below")]
            + [Fault(f"study {e.study}", e.detail, "It cannot enter the network") for e in excluded]
        )
    treatments = tuple(sorted({t for item in usable for t in item[1]}))
    place = {t: i for i, t in enumerate(treatments)}
    studies = tuple(
        Study(label, tuple(place[t] for t in labels), te, var, n, events)
        for label, labels, te, var, n, events in sorted(usable, key=lambda item: item[0])
    )
    return Studies(treatments, studies, tuple(sorted(excluded, key=lambda e: e.study)), measure)


def _from_contrasts(reading: Reading, measure: str) -> Studies:
    checked, name = read_contrasts(reading)
    faults: list[Fault] = []
    found: list[tuple[str, list[str], Floats, Floats, Floats | None, Floats | None]] = []
    for group in checked.sort("study", "treat1", "treat2").partition_by("study", maintain_order=True):
        label = str(group["study"][0])
        labels = sorted({*group["treat1"], *group["treat2"]})
        m = len(labels)
        if group.height != m * (m - 1) // 2:
            pairs = {frozenset(p) for p in zip(group["treat1"], group["treat2"], strict=True)}
            lacking = [f"{a} and {b}" for a, b in combinations(labels, 2) if frozenset((a, b)) not in pairs]
            faults.append(
                Fault(
                    f"{name}: study {label}",
                    f"{m} treatments need all {m * (m - 1) // 2} comparisons; missing: {'; '.join(lacking)}",
                    "Add the rows: without them the covariance of the others is unknown",
                )
            )
            continue
        te, var = _matrices(group, labels)
        faults += _consistency(name, label, te, var)
        found.append((label, labels, te, var, None, None))
    if faults:
        raise EvidenceError(faults)
    return _assemble(found, [], measure, name)


def _matrices(group: pl.DataFrame, labels: list[str]) -> tuple[Floats, Floats]:
    m, place = len(labels), {t: i for i, t in enumerate(labels)}
    te, var = np.zeros((m, m)), np.zeros((m, m))
    for a, b, effect, se in group.select("treat1", "treat2", "te", "se_te").iter_rows():
        i, j = place[a], place[b]
        te[i, j], te[j, i] = effect, -effect
        var[i, j] = var[j, i] = se**2
    return te, var


def _consistency(name: str, label: str, te: Floats, var: Floats) -> list[Fault]:
    """Differences between three arms must add up, and no arm can have a negative variance."""
    if len(te) < 3:
        return []
    place = f"{name}: study {label}"
    faults = []
    location = te.mean(axis=1)
    if float(np.abs(te - (location[:, None] - location[None, :])).max()) > TOLERANCE:
        faults.append(Fault(place, "the effects of its comparisons do not add up", "Check signs and treatment labels"))
    m = len(te)
    row = var.sum(axis=1)
    arm = (row - row.sum() / (2 * (m - 1))) / (m - 2)
    if float(arm.min()) < -1e-12:
        faults.append(
            Fault(place, "its standard errors imply an arm with a negative variance", "Check the standard errors")
        )
    return faults
