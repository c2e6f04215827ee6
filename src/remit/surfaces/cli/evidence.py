"""`remit evidence`: pooled effects and networks from study tables, and the evidence that Remit carries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remit.errors import UsageError
from remit.surfaces.cli import evidence_base
from remit.surfaces.cli.evidence_output import FORMAT, OUT, as_json, check_format, told, warn, write

if TYPE_CHECKING:
    from remit.evidence import NetworkResult, PairwiseResult

app = typer.Typer(
    name="evidence",
    help="Pool studies: one comparison, a network, or the evidence that Remit carries.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

FILE = Annotated[Path, typer.Argument(help="CSV of studies: arm-level or contrast-level.")]
LEVEL = Annotated[float, typer.Option(help="Confidence level.")]
ZERO = Annotated[str, typer.Option("--zero-cells", help="Add to empty cells: only0, all, if0all or none.")]
DOUBLE = Annotated[str, typer.Option("--double-zero", help="Studies without any event: drop or keep.")]
INCREMENT = Annotated[float, typer.Option(help="What is added to empty cells.")]
RD_SHIFT = Annotated[
    str | None,
    typer.Option(
        "--rd-shift",
        help="An increment shifts risk differences (effect, as metafor) or their variances alone (variance, as meta).",
        show_default=False,
    ),
]
SMD = Annotated[
    str | None,
    typer.Option(
        help="Standardised mean difference: hedges (one comparison), cohen (networks, as netmeta).", show_default=False
    ),
]
DUPLICATES = Annotated[str, typer.Option("--duplicate-arms", help="Arms of one treatment in a study: refuse or sum.")]
PLOT = Annotated[Path | None, typer.Option(help="Write an SVG picture here.")]


@app.command()
def pairwise(
    file: FILE,
    measure: Annotated[
        str, typer.Option(help="or, rr, rd, md, smd, hr, te; plogit, pft, praw, mean of one arm.")
    ] = "or",
    method: Annotated[str, typer.Option(help="iv, mh, peto or glmm.")] = "iv",
    model: Annotated[str, typer.Option(help="Which estimate leads: random or common.")] = "random",
    tau2: Annotated[str, typer.Option(help="dl, pm, reml, ml, hs, sj, eb or he.")] = "reml",
    test: Annotated[str, typer.Option(help="z, t, knha or adhoc.")] = "z",
    level: LEVEL = 0.95,
    prediction: Annotated[str, typer.Option(help="Prediction interval by: test, k-1, k-2 or normal.")] = "test",
    zero_cells: ZERO = "only0",
    double_zero: DOUBLE = "drop",
    increment: INCREMENT = 0.5,
    rd_shift: RD_SHIFT = None,
    smd: SMD = None,
    treat1: Annotated[str | None, typer.Option(help="Effect of this treatment ...")] = None,
    treat2: Annotated[str | None, typer.Option("--treat2", "--reference", help="... against this one.")] = None,
    duplicate_arms: DUPLICATES = "refuse",
    leave_one_out: Annotated[bool, typer.Option("--leave-one-out", help="Pool again without each study.")] = False,
    cumulative: Annotated[
        str | None, typer.Option(help="Pool again as studies arrive, ordered by this column.")
    ] = None,
    subgroup: Annotated[str | None, typer.Option(help="Pool by this column and test for differences.")] = None,
    moderator: Annotated[list[str] | None, typer.Option(help="Regress on this column; may be repeated.")] = None,
    egger: Annotated[bool, typer.Option("--egger", help="Egger's test of funnel asymmetry.")] = False,
    peters: Annotated[bool, typer.Option("--peters", help="Peters' test of funnel asymmetry.")] = False,
    trim_fill: Annotated[bool, typer.Option("--trim-fill", help="Trim and fill.")] = False,
    forest: PLOT = None,
    funnel: PLOT = None,
    output_format: FORMAT = "text",
    output: OUT = None,
) -> None:
    """Pool the effect of one treatment against another, or one proportion or mean."""
    with told():
        from remit.evidence import pairwise as analyse
        from remit.evidence.text import left_out_lines, pairwise_text

        wanted = check_format(output_format)
        options: dict[str, Any] = {
            "measure": measure,
            "method": method,
            "model": model,
            "tau2": tau2,
            "test": test,
            "level": level,
            "prediction": prediction,
            "zero_cells": zero_cells,
            "double_zero": double_zero,
            "increment": increment,
            "rd_shift": rd_shift or "effect",
            "smd": smd or "hedges",
            "treat1": treat1,
            "treat2": treat2,
            "duplicate_arms": duplicate_arms,
        }
        result = analyse(file, **options)
        asked = {"leave_one_out": leave_one_out, "egger": egger, "peters": peters, "trim_fill": trim_fill}
        more = _sensitivity(file, result, options, asked, cumulative, subgroup, moderator or [])
        _pairwise_pictures(result, forest, funnel)
        if wanted != "text":
            warn(left_out_lines(result.excluded))
        if wanted == "json":
            write(as_json({**result.to_dict(), **more}), output)
        elif wanted == "csv":
            write(result.studies.write_csv(), output)
        else:
            write(pairwise_text(result, more), output)


def _sensitivity(
    file: Path,
    result: PairwiseResult,
    options: dict[str, Any],
    asked: dict[str, bool],
    cumulative: str | None,
    subgroup: str | None,
    moderators: list[str],
) -> dict[str, Any]:
    """Run the further analyses that were asked for; their keys join the result's."""
    from remit.evidence.data import read_table
    from remit.evidence.pair import regression, sensitivity, trimfill
    from remit.evidence.pair.results import plain

    more: dict[str, Any] = {}
    if asked["leave_one_out"]:
        more["leave_one_out"] = plain(sensitivity.leave_one_out(file, **options))
    if cumulative is not None:
        more["cumulative"] = plain(sensitivity.cumulative(file, cumulative, **options))
    if subgroup is not None:
        more["subgroups"] = sensitivity.subgroups(file, subgroup, **options).to_dict()
    if moderators:
        features = regression.moderator_table(read_table(file)[0], moderators)
        more["meta_regression"] = regression.meta_regression(result, features).to_dict()
    if asked["egger"]:
        more["egger"] = regression.egger(result).to_dict()
    if asked["peters"]:
        more["peters"] = regression.peters(result).to_dict()
    if asked["trim_fill"]:
        more["trim_fill"] = trimfill.trim_and_fill(result).to_dict()
    return more


def _pairwise_pictures(result: PairwiseResult, forest: Path | None, funnel: Path | None) -> None:
    if forest is not None:
        from remit.evidence.plots.forest import forest_plot

        write(forest_plot(result), forest)
    if funnel is not None:
        from remit.evidence.plots.funnel import funnel_plot

        write(funnel_plot(result), funnel)


@app.command()
def network(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV of studies: arm-level or contrast-level.", show_default=False),
    ] = None,
    measure: Annotated[str, typer.Option(help="or, rr, rd, md, smd, hr or te.")] = "or",
    model: Annotated[str, typer.Option(help="Which model leads: random or common.")] = "random",
    tau2: Annotated[str, typer.Option(help="dl, reml or ml.")] = "reml",
    reference: Annotated[str | None, typer.Option(help="Give effects against this treatment.")] = None,
    method: Annotated[str, typer.Option(help="iv, or mh for rare events.")] = "iv",
    level: LEVEL = 0.95,
    small_values: Annotated[
        str | None,
        typer.Option(
            help="Small effects are desirable or undesirable. By default desirable for a file.", show_default=False
        ),
    ] = None,
    zero_cells: ZERO = "only0",
    double_zero: DOUBLE = "drop",
    increment: INCREMENT = 0.5,
    rd_shift: RD_SHIFT = None,
    smd: SMD = None,
    duplicate_arms: DUPLICATES = "refuse",
    split: Annotated[bool, typer.Option("--split", help="Direct against indirect evidence.")] = False,
    contributions: Annotated[bool, typer.Option("--contributions", help="Share of each direct comparison.")] = False,
    heat: Annotated[bool, typer.Option("--heat", help="Net heat matrices.")] = False,
    ranks: Annotated[bool, typer.Option("--ranks", help="SUCRA and rank probabilities.")] = False,
    inactive: Annotated[str | None, typer.Option(help="Additive component model with this inactive treatment.")] = None,
    league: Annotated[bool, typer.Option("--league", help="League table of each piece.")] = False,
    carried: Annotated[
        bool, typer.Option("--carried", help="In place of a file: the evidence that Remit carries.")
    ] = False,
    outcome: evidence_base.OUTCOME = "response",
    window: evidence_base.WINDOW = "acute",
    nodes: evidence_base.NODES = "lumped",
    unverified: evidence_base.UNVERIFIED = False,
    plots: Annotated[Path | None, typer.Option(help="Write SVG pictures into this folder.")] = None,
    output_format: FORMAT = "text",
    output: OUT = None,
) -> None:
    """Compare all treatments of a network at once; a network in pieces is reported as pieces, never across them.

    With `--carried` it is the network of the evidence that Remit carries: `--outcome`, `--window`, `--nodes` and
    `--unverified` choose its rows.
    """
    with told():
        from remit.evidence import network as analyse
        from remit.evidence.text import left_out_lines, network_text

        wanted = check_format(output_format)
        source: Any = file
        notes: list[str] = []
        direction = "desirable"
        if (file is None) is not carried:
            raise UsageError("name a file of studies, or ask for --carried")
        if carried:
            source, notes, direction = _base_rows(outcome, window, nodes, unverified=unverified)
        result = analyse(
            source,
            measure=measure,
            model=model,
            tau2=tau2,
            reference=reference,
            method=method,
            level=level,
            small_values=small_values or direction,
            zero_cells=zero_cells,
            double_zero=double_zero,
            increment=increment,
            rd_shift=rd_shift,
            smd=smd,
            duplicate_arms=duplicate_arms,
        )
        asked = {"split": split, "contributions": contributions, "heat": heat, "ranks": ranks}
        asked["league"] = league or carried
        data = _more_of_pieces(result, asked, inactive)
        if plots is not None:
            _network_pictures(result, plots)
        if wanted != "text":
            warn([*notes, *left_out_lines(result.excluded), *result.notes])
        if wanted == "json":
            write(as_json(data | ({"base": notes} if notes else {})), output)
        elif wanted == "csv":
            write(result.effects().write_csv(), output)
        else:
            write("\n".join([*notes, *([""] if notes else []), network_text(result, data)]), output)


def _base_rows(outcome: str, window: str, nodes: str, *, unverified: bool) -> tuple[Any, list[str], str]:
    """Arms of the base, what must be said beside them, and which direction is good."""
    from remit.evidence.trd.base import WINDOWS, evidence_base

    selection = evidence_base().select(outcome, window, nodes, unverified=unverified)
    left = selection.left_out.group_by("detail").agg("study", "rows").sort("detail")
    notes = [f"{outcome}, {WINDOWS[window][-1]}, nodes {nodes}", *selection.warnings]
    notes += [f"set aside: {sum(r['rows'])} rows of {len(r['study'])} studies, {r['detail']}" for r in left.to_dicts()]
    if selection.rows.is_empty():
        raise UsageError("\n".join(["no trial of the base may be pooled for this", *notes]))
    return selection.arms(), notes, "desirable" if outcome.startswith("dropout") else "undesirable"


def _more_of_pieces(result: NetworkResult, asked: dict[str, bool], inactive: str | None) -> dict[str, Any]:
    """The result as a dictionary, with what was asked for beside each piece."""
    from remit.evidence.pair.results import plain

    data = result.to_dict()
    for piece, entry in zip(result.pieces, data["pieces"], strict=True):
        if asked["split"]:
            entry["split"] = plain(piece.split())
        if asked["contributions"]:
            entry["contributions"] = plain(piece.contributions())
        if asked["league"]:
            entry["league"] = plain(piece.league())
        if asked["heat"]:
            entry["heat"] = piece.heat().to_dict()
        if asked["ranks"]:
            table, probabilities = piece.rank(result.small_values)
            entry["ranks"] = {"table": plain(table), "probabilities": plain(probabilities)}
    if inactive is not None:
        data["additive"] = result.additive(inactive).to_dict()
    return data


def _network_pictures(result: NetworkResult, folder: Path) -> None:
    from remit.evidence.plots.network import write_plots

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from None
    for name, picture in write_plots(result).items():
        write(picture, folder / name)


app.command("list")(evidence_base.list_base)
app.command()(evidence_base.show)
app.command()(evidence_base.update)
app.command()(evidence_base.pool)
