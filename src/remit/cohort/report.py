"""The report on a population: one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from typing import Any

import jinja2
import polars as pl

from remit.cohort.measures.profile import POPULATIONS, PUBLISHED
from remit.cohort.page import PageTable, Part, Says, amount_of, between, headings, number, page_table, percent
from remit.cohort.pictures.flows import attrition_chart, read_paths, sankey, sunburst
from remit.cohort.pictures.shares import agreement_plot, curve_plot, prevalence_plot
from remit.knowledge import Knowledge
from remit.knowledge.text import load_text

_MOST_CURVES = 12
_PATHS_SHOWN = 25
_BESIDE = "with_a_line"

Results = Mapping[str, pl.DataFrame]


def report_html(summary: Mapping[str, Any], results: Results, steps: pl.DataFrame, knowledge: Knowledge) -> str:
    """The page.

    Parameters
    ----------
    summary : mapping
        As in `summary.json`.
    results : mapping of str to DataFrame
        Published tables, small cells suppressed.
    steps : DataFrame
        Table `attrition`.
    knowledge : Knowledge
    """
    say = Says(load_text())
    names = {d.id: d.name for d in knowledge.definitions}
    least = int(summary["small_cell"])
    counts = summary["counts"]
    parts = [
        _prevalence(results, names, say),
        _agreement(results, names, say),
        _time(results, names, say, knowledge),
        _incidence(results, names, say),
        _pathways(results, say, knowledge),
        _adequacy(results, say, knowledge),
        _persistence(results, say, knowledge),
        _attrition(steps, names, say),
        _methods(summary, say, knowledge),
        _repeat(summary, say),
    ]
    as_of = say(f"as_of.{_asked(summary)}", day=summary["index_date"])
    lead = say("lead", persons=amount_of(counts["persons"], least), trials=f"{counts['trials']:,}",
               exposures=f"{counts['exposures']:,}", as_of=as_of)  # fmt: skip
    footer = say("footer", program=summary["program"], knowledge=summary["knowledge_version"],
                 digest=summary["knowledge_sha256"][:12])  # fmt: skip
    if counts["persons"] == 0:
        lead = f"{lead} {say('nobody')}"
    cells = say("suppressed", n=least) if least > 1 else say("suppressed_off")
    return _template().render(say=say, parts=parts, lead=lead, footer=footer, cells=cells)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.from_string((files("remit.cohort") / "report.html.j2").read_text(encoding="utf-8"))


def _asked(summary: Mapping[str, Any]) -> str:
    """Whether the index date was asked for, or is the newest date on record."""
    return "given" if summary["index_date_given"] else "newest"


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- sections
def _prevalence(results: Results, names: Mapping[str, str], say: Says) -> Part:
    table = results["prevalence"]
    says = say.of("prevalence", "title", "description", "axis", "dot")
    shown = [p for p in POPULATIONS if table.filter(pl.col("population") == p)["n"].max()]
    picture = prevalence_plot(table.filter(pl.col("population") == shown[-1]).to_dicts(), names, says) if shown else ""
    columns = headings(
        say, "definition", "n", "met", "undetermined", "not_met", "not_applicable", "share", "interval", "possible"
    )
    tables = []
    published = [PUBLISHED] if table.filter(pl.col("population") == PUBLISHED)["n"].max() else []
    for population in [*reversed(shown), *published]:
        rows = [
            [
                names[r["definition"]],
                *(number(r[c]) for c in ("n", "met", "undetermined", "not_met", "not_applicable")),
                percent(r["share"]), between(r["share_low"], r["share_high"]), percent(r["share_possible"]),
            ]
            for r in table.filter(pl.col("population") == population).iter_rows(named=True)
        ]  # fmt: skip
        tables.append(page_table(_title(say(f"prevalence.population.{population}")), columns, rows))
    about = [say("prevalence.about"), _title(say(f"prevalence.population.{shown[-1]}")) + "."] if shown else []
    return Part("prevalence", about, [picture] if picture else [], tables)


def _agreement(results: Results, names: Mapping[str, str], say: Says) -> Part:
    table = results["agreement"].filter(pl.col("kappa").is_not_null())
    if table.is_empty():
        return Part("agreement", [say("agreement.about"), say("agreement.none")], [], [])
    picture = agreement_plot(table, names, say.of("agreement", "title", "description", "cell"))
    return Part("agreement", [say("agreement.about")], [picture], [])


def _time(results: Results, names: Mapping[str, str], say: Says, knowledge: Knowledge) -> Part:
    table = results["time_to_resistance"]
    if table.is_empty():
        return Part("time", [say("time.about"), say("time.none")], [], [])
    order = table.group_by("definition").agg(pl.col("incidence").max()).sort("incidence", descending=True)
    first = order["definition"].head(_MOST_CURVES).to_list()
    shown = pl.concat([table.filter(pl.col("definition") == d) for d in first])
    longest = knowledge.cohort.longest_follow_up_years.value
    says = say.of("time", "title", "description", "axis", "up")
    return Part("time", [say("time.about")], [curve_plot(shown, names, longest, says)], [])


def _incidence(results: Results, names: Mapping[str, str], say: Says) -> Part:
    tables = []
    for name, keys in (("overall", []), ("year", ["year"]), ("age", ["age_band"]), ("sex", ["sex"])):
        columns = headings(say, "definition", *keys, "events", "person_years", "rate", "interval")
        rows = [
            [
                names[r["definition"]], *(str(r[k]) for k in keys), number(r["n_events"]), number(r["person_years"]),
                number(r["rate"], 1), between(r["rate_low"], r["rate_high"], 1),
            ]
            for r in results[f"incidence_{name}"].iter_rows(named=True)
            if r["person_years"]
        ]  # fmt: skip
        caption = ", ".join([say("column.rate"), *(say(f"column.{k}") for k in keys)])
        tables.append(page_table(caption, columns, rows))
    return Part("incidence", [say("incidence.about")], [], tables)


def _pathways(results: Results, say: Says, knowledge: Knowledge) -> Part:
    table = results["pathways"]
    about = say("pathways.about", together=int(knowledge.policy.cross_taper_days.value),
                least=int(knowledge.cohort.pathway_least_days.value))  # fmt: skip
    if table.is_empty():
        return Part("pathways", [about, say("pathways.none")], [], [])
    paths = read_paths(list(table.select("path", "n_persons").iter_rows()))
    most = min(int(knowledge.cohort.pathway_lines.value), max(len(path) for path, _ in paths))
    figures = [
        sankey(paths, most, say.of("pathways.sankey", "title", "description", "line", "flow", "node", "other")),
        sunburst(paths, most, say.of("pathways.sunburst", "title", "description", "sector", "other")),
    ]
    rows = [
        [r["path"], number(r["n_persons"]), percent(r["share"])] for r in table.head(_PATHS_SHOWN).iter_rows(named=True)
    ]
    listed = page_table(say("heading.pathways"), headings(say, "pathway", "persons", "share"), rows)
    return Part("pathways", [about], figures, [listed])


def _adequacy(results: Results, say: Says, knowledge: Knowledge) -> Part:
    table, weeks = results["adequacy_by_treatment"], {r["treatment"]: r for r in results["duration"].to_dicts()}
    names = {t.id: t.name for t in knowledge.treatments}
    texts, tables = [], []
    for (rule,), part in table.group_by("rule", maintain_order=True):
        columns = headings(say, "treatment", "persons", "trials", "ever_dose", "interval", "ever_adequate", "weeks")
        rows = [
            [
                names[r["treatment"]], number(r["n_persons"]), number(r["n_trials"]), percent(r["share_ever_dose"]),
                between(r["share_ever_dose_low"], r["share_ever_dose_high"]), percent(r["share_ever_adequate"]),
                _weeks(weeks.get(r["treatment"])),
            ]
            for r in part.iter_rows(named=True)
        ]  # fmt: skip
        title = next(r.name for r in knowledge.rules if r.id == rule)
        tables.append(page_table(say("adequacy.about", rule=title), columns, rows))
    if not tables:
        texts.append(say("adequacy.none"))
    return Part("adequacy", texts, [], tables)


def _weeks(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    low, middle, high = (row[f"weeks_{q}"] for q in ("lower_quartile", "median", "upper_quartile"))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


def _persistence(results: Results, say: Says, knowledge: Knowledge) -> Part:
    names = {t.id: t.name for t in knowledge.treatments}
    rows = [
        [
            names[r["treatment"]],
            number(r["n_persons"]),
            percent(r["mean_share_covered"]),
            percent(r["share_persistent"]),
        ]
        for r in results["persistence"].iter_rows(named=True)
    ]
    columns = headings(say, "treatment", "persons", "covered", "persistent")
    about = say("persistence.about", days=int(knowledge.cohort.persistence_days.value))
    return Part("persistence", [about], [], [page_table(say("heading.persistence"), columns, rows)])


def _attrition(steps: pl.DataFrame, names: Mapping[str, str], say: Says) -> Part:
    rows = steps.filter(pl.col("transform") != "population").to_dicts()
    amount = partial(_amount, say=say)
    lines = [amount(r) for r in rows if r["reason"] == _BESIDE]  # of whom some had no antidepressant: no part of these
    rows = [r for r in rows if r["reason"] != _BESIDE]
    steps_named = [r for r in rows if say.or_key("step", r["reason"]) != r["reason"].replace("_", " ")]
    boxes: list[tuple[str, list[str]]] = [(f"{say.or_key('step', r['reason'])}\n{amount(r)}", []) for r in steps_named]
    order = [r for r in rows if not r["kept"]]
    if boxes and order:
        notes = [f"{say.or_key('reason', r['reason'])}: {amount(r)}" for r in order]
        boxes[0] = (boxes[0][0], notes)
    picture = attrition_chart(boxes, say.of("attrition", "title", "description"))
    unknown = [
        [say.or_key("reason", r["reason"]), number(r["persons"]), number(r["records"])]
        for r in rows
        if r["kept"] and r not in steps_named
    ]
    table = page_table(say("attrition.about"), headings(say, "reason", "persons", "records"), unknown)
    looked = _looked_at(steps.filter(pl.col("transform") == "population"), names, say)
    beside = [say("attrition.beside", n=n) for n in lines]
    return Part("attrition", beside, [picture], [*([table] if unknown else []), *looked])


def _looked_at(steps: pl.DataFrame, names: Mapping[str, str], say: Says) -> list[PageTable]:
    """By definition: whom its authors would not have looked at."""
    rows = []
    for row in steps.iter_rows(named=True):
        reason, _, definition = row["reason"].partition(":")
        rows.append([names[definition], say.or_key("reason", reason), number(row["persons"])])
    columns = headings(say, "definition", "reason", "persons")
    return [page_table(say("attrition.population"), columns, rows)] if rows else []


def _amount(row: Mapping[str, Any], say: Says) -> str:
    texts = []
    if row["persons"] is not None:
        texts.append(say("attrition.persons", n=f"{row['persons']:,}"))
    if row["records"]:
        texts.append(say("attrition.records", n=f"{row['records']:,}"))
    return ", ".join(texts) or say("attrition.few")


def _methods(summary: Mapping[str, Any], say: Says, knowledge: Knowledge) -> Part:
    gaps = {kind: gap.value for kind, gap in knowledge.policy.gap_days.items()}
    text = say(
        "methods.text",
        gap=f"{gaps['fill']:g}",
        gap_other=" or ".join(f"{gap:g}" for gap in sorted({gap for kind, gap in gaps.items() if kind != "fill"})),
        followed=say(f"methods.followed.{_asked(summary)}", day=summary["index_date"]),
        n_rules=len(knowledge.rules_in_use),
        n_definitions=len(knowledge.definitions),
        program=summary["program"],
        knowledge=summary["knowledge_version"],
    )
    reasons = {row["reason"].partition(":")[0] for row in summary["attrition"]}
    applied = {
        "carry_over": summary["carry_over"],
        "in_hospital": "prolonged_in_hospital" in reasons,
        "population": "too_few_codes" in reasons,
    }
    also = [say(f"methods.{name}") for name, is_so in applied.items() if is_so]
    return Part("methods", [" ".join([text, *also]), say("methods.citation")], [], [])


def _repeat(summary: Mapping[str, Any], say: Says) -> Part:
    columns = headings(say, "id", "definition", "checked", "hash", "rule", "rule_hash")
    rows = [
        [d["id"], d["name"], d["verified"], d["sha256"] or "", d["adequacy_rule"], d["adequacy_sha256"] or ""]
        for d in summary["definitions"]
    ]
    return Part("repeat", [], [], [page_table(say("heading.repeat"), columns, rows)])
