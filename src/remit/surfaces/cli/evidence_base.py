"""`remit evidence list | show | pool | update`: the evidence that Remit carries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remit.errors import RemitError, UsageError
from remit.surfaces.cli.evidence_output import FORMAT, OUT, as_json, check_format, told, warn, write

BASE = Annotated[Path | None, typer.Option("--base", help="Another folder of evidence, laid out as ours.")]
OUTCOME = Annotated[str, typer.Option(help="response, remission, dropout_ae or another outcome with counts.")]
WINDOW = Annotated[str, typer.Option(help="Time window: acute, endpoint, h24, d2_4, wk1, wk15_30 or wk31_60.")]
NODES = Annotated[str, typer.Option(help="How treatments are lumped: fine, lumped, broad_a or broad_b.")]
UNVERIFIED = Annotated[bool, typer.Option("--unverified", help="Let unverified rows in, and say so.")]
MOST_WIDE = 46


def list_base(
    treatment: Annotated[
        str | None, typer.Option("--treatment", "--node", help="Studies with this treatment, fine or lumped.")
    ] = None,
    level: Annotated[
        str | None, typer.Option("--level", "--definition", help="How resistant: L0, L1, L2 or L3.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="Studies that report this outcome.")] = None,
    verified: Annotated[bool, typer.Option("--verified", help="Only with a number that was read in a source.")] = False,
    pooled: Annotated[bool, typer.Option("--pooled", help="Only with a number that may be pooled.")] = False,
    base: BASE = None,
    output_format: FORMAT = "text",
    output: OUT = None,
) -> None:
    """List the studies of the evidence that Remit carries."""
    with told():
        from remit.evidence.text import table
        from remit.evidence.trd.base import evidence_base
        from remit.evidence.trd.listing import list_studies

        wanted = check_format(output_format)
        source = evidence_base(base)
        found = list_studies(
            source, treatment=treatment, level=level, outcome=outcome, verified=verified, pooled=pooled
        )
        if wanted == "csv":
            write(found.write_csv(), output)
            return
        if wanted == "json":
            studies = [{**row, "treatments": row["treatments"].split("; ")} for row in found.to_dicts()]
            write(as_json({"schema": "remit-evidence-list/1", "label": source.label, "studies": studies}), output)
            return
        heads = ["study", "year", "level", "treatments", "funder", "bias", "in networks", "rows read in a source"]
        rows = [
            [
                row["study"],
                str(row["year"]),
                row["level"],
                _cut(row["treatments"]),
                row["funding"],
                row["rob"],
                row["eligible"],
                f"{row['verified_rows']} of {row['rows']}",
            ]
            for row in found.to_dicts()
        ]
        listed = table([heads, *rows]) if rows else "No study of the base is of that kind."
        write(f"{listed}\n\n{len(rows)} studies ({source.label})", output)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WIDE else text[: MOST_WIDE - 3] + "..."


def show(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Its id; see `remit evidence list`.")],
    base: BASE = None,
    output_format: FORMAT = "text",
    output: OUT = None,
) -> None:
    """Show one study: who was studied, who paid, every number with where it was read."""
    with told():
        from remit.evidence.trd.frames import frames
        from remit.evidence.trd.listing import find_study, study_text

        wanted = check_format(output_format)
        record = find_study(study, base)
        if wanted == "json":
            write(as_json({"schema": "remit-evidence-study/1", "study": record}), output)
        elif wanted == "csv":
            write(frames([record])[1].write_csv(), output)
        else:
            write(study_text(record), output)


def pool(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say whether the table is up to date.")] = False,
    base: BASE = None,
    output: OUT = None,
) -> None:
    """Pool the base anew and write the table that options and reports show."""
    with told():
        from remit.evidence.trd.ahead import pooled_table, write_table
        from remit.evidence.trd.files import home

        made = write_table(pooled_table(base))
        path = output or (base or home()) / "pooled.json"
        if not check:
            write(made, path)
            warn([f"{path} is written"])
            return
        try:
            is_same = path.read_text(encoding="utf-8") == made
        except OSError:
            is_same = False
        if not is_same:
            raise RemitError(f"{path} is not what the studies give: write it anew with `remit evidence pool`")
        typer.echo(f"{path} is up to date")


def update(
    files: Annotated[list[Path], typer.Argument(help="Study files (YAML) to add to the evidence that Remit carries.")],
    outcome: OUTCOME = "response",
    window: WINDOW = "acute",
    nodes: NODES = "lumped",
    unverified: UNVERIFIED = False,
    base: BASE = None,
    output_format: FORMAT = "text",
    output: OUT = None,
) -> None:
    """Show what new studies would change in the pooled effects, before they are let in."""
    with told():
        from remit.evidence.trd.living import compare_bases, update_text

        if (wanted := check_format(output_format)) == "csv":
            raise UsageError("an update is shown as text or json")
        found = compare_bases(files, outcome=outcome, window=window, nodes=nodes, unverified=unverified, folder=base)
        write(as_json(found.to_dict()) if wanted == "json" else update_text(found), output)
