"""The commands by name; each one imports what it needs when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from remit.surfaces.cli import following
from remit.surfaces.cli.garbage import resume
from remit.surfaces.cli.options import (
    AssessFormat,
    AssessFormatOption,
    Codes,
    Country,
    CourseOption,
    DataOption,
    Definitions,
    DocumentOption,
    EpisodeStart,
    EvidenceOption,
    File,
    Files,
    Format,
    FormatOption,
    IndexDate,
    KnowledgeDir,
    Mode,
    ModeOption,
    Output,
    PageFormat,
    PageFormatOption,
    PlanFormat,
    PlanFormatOption,
    PortOption,
)

STRANGERS = {
    "evidence": "Pooled effects from study tables, and the evidence base: pairwise, network, list, show, update.",
    "cohort": "The same flow over a population: exposures, OMOP, FHIR bulk files.",
}


class Commands(TyperGroup):
    """Some groups of commands are strangers here until they are called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; a group of its own is loaded first."""
        if args and args[0] in STRANGERS:
            loaded = import_module(f"remit.surfaces.cli.{args[0]}").app
            resume()
            self.add_command(typer.main.get_command(loaded), args[0])
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands,
    help="From a record of depression treatment to verdicts with reasons. Information to discuss with a clinician: "
    "not advice, not a prescription, not a diagnosis.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
knowledge_app = typer.Typer(help="What is known, from which sources, how well checked.", no_args_is_help=True)
app.add_typer(knowledge_app, name="knowledge")
for _name, _help in STRANGERS.items():
    app.add_typer(typer.Typer(help=_help), name=_name)


def _version(wanted: bool) -> None:
    if wanted:
        from remit.surfaces.cli.output import knowledge_version
        from remit.version import VERSION

        typer.echo(f"remit {VERSION} (knowledge {knowledge_version()})")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault of ours.")] = False,
) -> None:
    """From a record of depression treatment to verdicts with reasons."""


@app.command()
def assess(
    files: Files,
    format: AssessFormatOption = AssessFormat.TEXT,
    document: DocumentOption = None,
    evidence: EvidenceOption = True,
    output: Output = None,
    definition: Definitions = None,
    index_date: IndexDate = None,
    episode_start: EpisodeStart = None,
    mode: ModeOption = Mode.CLINICIAN,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
    country: Country = None,
    course: CourseOption = False,
) -> None:
    """Say what was tried, what was a fair try, and which definitions of resistance are met."""
    from remit.surfaces.cli.assess import Request, write_assessment

    request = Request(files, definition, index_date, episode_start, mode.value, codes, knowledge, country, course)
    if format in (AssessFormat.TEXT, AssessFormat.JSON):
        write_assessment(request, is_json=format is AssessFormat.JSON, output=output)
        return
    from remit.surfaces.cli.documents import write_document

    write_document(request, format, document, output, has_evidence=evidence)


@app.command()
def explain(
    files: File,
    definition: Annotated[
        str, typer.Option("--definition", "-d", metavar="ID", help="Whose verdict to explain.", show_default=False)
    ],
    format: FormatOption = Format.TEXT,
    output: Output = None,
    index_date: IndexDate = None,
    episode_start: EpisodeStart = None,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
    country: Country = None,
) -> None:
    """Say why: statement, finding, trial, source record, citation."""
    from remit.surfaces.cli.assess import Request, write_explanation

    request = Request(files, [definition], index_date, episode_start, Mode.CLINICIAN.value, codes, knowledge, country)
    write_explanation(request, is_json=format is Format.JSON, output=output)


@app.command()
def definitions(
    name: Annotated[str | None, typer.Argument(metavar="ID", help="Show this one in full.", show_default=False)] = None,
    format: FormatOption = Format.TEXT,
    knowledge: KnowledgeDir = None,
) -> None:
    """List the definitions and staging methods, with their sources and how well they were checked."""
    from remit.surfaces.cli.knowledge import list_definitions, show

    if name is None:
        list_definitions(knowledge, is_json=format is Format.JSON)
    else:
        show(name, knowledge, is_json=format is Format.JSON, sections=("definitions",))


@app.command()
def plan(
    files: File,
    option: Annotated[str, typer.Option(metavar="ID", help="Which option of the catalogue.", show_default=False)],
    start: Annotated[str, typer.Option(metavar="DATE", help="The day it is to begin.", show_default=False)],
    format: PlanFormatOption = PlanFormat.TEXT,
    output: Output = None,
    index_date: IndexDate = None,
    mode: ModeOption = Mode.CLINICIAN,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
    country: Country = None,
) -> None:
    """Write the schedule of a chosen option as dated steps, after what must be out of the body first."""
    from remit.surfaces.cli.assess import Request
    from remit.surfaces.cli.plan import write_plan

    request = Request(files, None, index_date, None, mode.value, codes, knowledge, country)
    write_plan(request, option, start, format.value, output)


@app.command()
def coverage(
    files: File,
    policy: Annotated[str, typer.Option(metavar="ID", help="Which coverage policy.", show_default=False)],
    format: PageFormatOption = PageFormat.TEXT,
    output: Output = None,
    index_date: IndexDate = None,
    episode_start: EpisodeStart = None,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
    country: Country = None,
) -> None:
    """Say which criteria of a coverage policy the record meets, with the table of trials that a payer asks for."""
    from remit.surfaces.cli.assess import Request
    from remit.surfaces.cli.coverage import write_coverage

    request = Request(files, None, index_date, episode_start, Mode.CLINICIAN.value, codes, knowledge, country)
    write_coverage(request, policy, format.value, output)


@app.command()
def claims(
    treatment: Annotated[
        str | None, typer.Argument(metavar="TREATMENT", help="An entry of the catalogue.", show_default=False)
    ] = None,
    format: PageFormatOption = PageFormat.TEXT,
    output: Output = None,
    knowledge: KnowledgeDir = None,
) -> None:
    """Hold what popular articles say against what was published."""
    from remit.surfaces.cli.coverage import write_claims

    write_claims(treatment, format.value, knowledge, output)


@knowledge_app.command()
def check(knowledge: KnowledgeDir = None, codes: Codes = None, format: FormatOption = Format.TEXT) -> None:
    """Read all knowledge, ours and your own, and run every worked case."""
    from remit.surfaces.cli.knowledge import check as run

    run(knowledge, codes, is_json=format is Format.JSON)


@knowledge_app.command("show")
def show_entry(
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="A drug, treatment, rule, definition, instrument, source, condition, class."),
    ],
    format: FormatOption = Format.TEXT,
    knowledge: KnowledgeDir = None,
) -> None:
    """Show one entry: its values, their sources, and how well each was checked."""
    from remit.surfaces.cli.knowledge import show

    show(name, knowledge, is_json=format is Format.JSON)


@app.command()
def score(
    instrument: Annotated[str, typer.Argument(help="Id or name, such as phq9.", show_default=False)],
    items: Annotated[
        list[str],
        typer.Argument(metavar="ITEMS...", help="One number per item; - or . for not answered.", show_default=False),
    ],
    format: FormatOption = Format.TEXT,
    country: Country = None,
    knowledge: KnowledgeDir = None,
) -> None:
    """Score an instrument from its items."""
    from remit.surfaces.cli.score import score_items

    score_items(instrument, items, country, knowledge, is_json=format is Format.JSON)


@app.command()
def serve(
    port: PortOption = None, data: DataOption = None, knowledge: KnowledgeDir = None, codes: Codes = None
) -> None:
    """Open the local web app. It answers to this machine only, and sends nothing anywhere."""
    from remit.surfaces.cli.serve import serve as run

    run(port, data, knowledge, codes)


app.command()(following.course)
app.command()(following.caseload)
