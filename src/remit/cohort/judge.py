"""One bucket from what was handed over to rows and counts: the same call on this machine and on another."""

from __future__ import annotations

import polars as pl

from remit.cohort.bucket import records_of
from remit.cohort.following import course_rows
from remit.cohort.measures.course import follow_up_counts, incidence_counts
from remit.cohort.measures.drugs import adequacy_counts, duration_counts, persistence_counts
from remit.cohort.measures.pathways import path_counts, pathway_rows
from remit.cohort.measures.profile import Profile
from remit.cohort.measures.published import Published
from remit.cohort.measures.verdicts import pair_counts, status_counts
from remit.cohort.outcome import Judged, written
from remit.cohort.raw import COUNT, COUNTS
from remit.cohort.seen import Cut, Raw
from remit.knowledge import Knowledge
from remit.pipeline import Assessed

ROWS = ("trial", "adequacy", "verdict", "pathway")
"""Tables that are written row by row."""

MEASURES = (
    "status",
    "pair",
    "follow_up",
    "incidence",
    "adequacy_by_treatment",
    "duration",
    "persistence",
    "path",
    "size",
)
"""Tables of counts."""


def judge(raw: Raw, cut: Cut, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Rows and counts of a bucket.

    Parameters
    ----------
    raw : mapping of str to DataFrame
        Tables of `remit.cohort.raw.RAW` of whole persons.
    cut : Cut
        How records are cut and joined before the flow.
    knowledge : Knowledge
        Narrowed to the definitions that are asked for.
    """
    bucket = records_of(raw, cut)
    judged = Judged(bucket, Assessed(bucket.tables, knowledge), knowledge)
    profile = Profile(judged)
    published = Published(judged, holds_conditions="condition" in cut.tables)
    pathway = pathway_rows(judged)
    return {
        **written(judged),
        "pathway": pathway,
        "status": status_counts(judged, profile, published),
        "pair": pair_counts(judged),
        "follow_up": follow_up_counts(judged, profile, published),
        "incidence": incidence_counts(judged, profile, published),
        "adequacy_by_treatment": adequacy_counts(judged),
        "duration": duration_counts(judged),
        "persistence": persistence_counts(judged),
        "path": path_counts(pathway, int(knowledge.cohort.pathway_lines.value)),
        "size": _sizes(judged, profile, pathway),
        COUNT: pl.concat([bucket.counts, _steps(judged, profile, published, pathway)]),
        **(course_rows(judged) if cut.with_course else {}),
    }


def _sizes(judged: Judged, profile: Profile, pathway: pl.DataFrame) -> pl.DataFrame:
    sizes = {
        "n_persons": judged.n_persons,
        "n_persons_antidepressant": int(profile.population("antidepressant").sum()),
        "n_persons_depression": int(profile.population("depression").sum()),
        "n_exposures": judged.tables["exposure"].height,
        "n_trials": judged.tables["trial"].height,
        "n_verdicts": judged.tables["verdict"].height,
        "n_lines": pathway.height,
        "n_died": int(profile.died.sum()),
    }
    return pl.DataFrame({name: [n] for name, n in sizes.items()}, schema=dict.fromkeys(sizes, pl.Int64))


def _steps(judged: Judged, profile: Profile, published: Published, pathway: pl.DataFrame) -> pl.DataFrame:
    """What each transform had to do with: persons and records that came through."""
    tables = judged.tables
    rows = [
        ("records", "kept", judged.n_persons, tables["exposure"].height),
        ("trials", "with_a_trial", tables["trial"]["person_key"].n_unique(), tables["trial"].height),
        ("trials", "with_an_antidepressant", int(profile.has_main.sum()), None),
        ("pathways", "with_a_line", pathway["line"].eq(1).sum() if pathway.height else 0, pathway.height),
    ]
    rows += published.counts()
    frame = pl.DataFrame(rows, schema=["transform", "reason", "persons", "records"], orient="row")
    return frame.with_columns(pl.lit(True).alias("kept")).cast(dict(COUNTS.items()))
