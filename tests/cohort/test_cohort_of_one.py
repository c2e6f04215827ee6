"""A cohort of one is what `assess` says: vignettes that an exposures table can hold, and FHIR with all its nouns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cases.vignettes import records_of, vignettes
from cohort.making import day, knowledge, run, table
from cohort.test_fhir_and_spark import as_bulk, resources
from remit.flow.records import read_records
from remit.pipeline import assess

COLUMNS = ("status", "value", "low", "high", "first_met_date")


def verdicts(records: dict[str, pl.DataFrame]) -> dict[tuple[str, str], list[Any]]:
    """What `assess` says, by person and definition."""
    verdict = assess(records, knowledge())["verdict"]
    ids, names = records["person"]["person_id"], [d.id for d in knowledge().definitions]
    return {(ids[r["person_key"]], names[r["definition_key"]]): [r[c] for c in COLUMNS] for r in verdict.to_dicts()}


def found(out: Path) -> dict[tuple[str, str], list[Any]]:
    return {(r["person_id"], r["definition"]): [r[c] for c in COLUMNS] for r in table(out, "verdict").to_dicts()}


def fits(records: dict[str, pl.DataFrame]) -> bool:
    """Whether an exposures table and its siblings can say all of it: exact dates, no details of how it was given."""
    note = records["exposure_note"].join(records["exposure"], on="exposure_key")
    exact = note.filter(
        pl.col("start_date").eq_missing(pl.col("start_latest_date"))
        & pl.col("end_date").eq_missing(pl.col("end_earliest_date"))
        & ((pl.col("end_kind") == "ongoing") == pl.col("end_date").is_null())
        & pl.col("augments_key").is_null()
    )
    episode = records["episode"]
    is_exact = episode.filter(~pl.col("start_date").eq_missing(pl.col("start_latest_date"))).is_empty()
    named = exact.select("treatment_key", "start_date").is_unique().all()
    return exact.height == note.height and records["exposure_detail"].is_empty() and is_exact and named


@pytest.mark.parametrize("n_buckets", [1, 9])
def test_every_vignette_comes_out_as_alone(n_buckets: int, tmp_path: Path) -> None:
    ids = [t.id for t in knowledge().treatments]
    expected: dict[tuple[str, str], list[Any]] = {}
    tables: dict[str, list[pl.DataFrame]] = {}
    for vignette in vignettes():
        records = records_of(vignette, knowledge(), tmp_path)
        if not fits(records):
            continue
        person = vignette.id
        expected |= {(person, name): row for (_, name), row in verdicts(records).items()}
        exposure = records["exposure"].join(records["exposure_note"], on="exposure_key", how="left")
        exposure = exposure.with_columns(pl.Series("treatment", [ids[k] for k in exposure["treatment_key"]], pl.String))
        outcome = records["outcome"].join(exposure, on="exposure_key").with_columns(pl.col("outcome").cast(pl.String))
        own = {
            "exposures": exposure.select(
                "treatment", "start_date", "end_date", "daily_dose_mg", "sessions", "adherence",
                pl.col("evidence").cast(pl.String), pl.col("stop_reason").cast(pl.String).alias("stopped_because"),
            ),
            "person": records["person"].select("birth_date", "sex", "country", "index_date"),
            "episode": records["episode"].select("start_date", pl.col("severity", "psychotic").cast(pl.String)),
            "condition": records["condition"].select("condition_id", pl.col("status").cast(pl.String), "onset_date"),
            "measurement": records["measurement"].select("measure_id", "date", "value"),
            "outcome": outcome.select("treatment", "start_date", "outcome", "improvement_percent"),
        }  # fmt: skip
        for name, frame in own.items():
            tables.setdefault(name, []).append(frame.with_columns(pl.lit(person).alias("person_id")))
    folder = tmp_path / "in"
    folder.mkdir()
    for name, frames in tables.items():
        pl.concat(frames).write_parquet(folder / f"{name}.parquet")
    assert len({person for person, _ in expected}) >= 12
    out = run(folder, tmp_path / "out", n_buckets=n_buckets)
    assert found(out) == expected


def test_fhir_with_all_its_nouns_comes_out_as_alone(tmp_path: Path) -> None:
    """Orders, statements, administrations, procedures, diagnoses and scores beside the dispensings."""
    rows = resources(6)
    loinc, icd = "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"
    pcs = "http://hl7.org/fhir/sid/icd-10-pcs"
    for p in range(6):
        subject = {"subject": {"reference": f"Patient/p{p}"}}
        codes = {"medicationCodeableConcept": {"text": "mirtazapine"}}
        dose = {"doseAndRate": [{"doseQuantity": {"value": 30, "code": "mg"}}], "timing": {"code": {"text": "QD"}}}
        period = {"start": day(500).isoformat(), "end": day(560 + p).isoformat()}
        rows += [
            {"resourceType": "MedicationRequest", "id": f"r{p}", "status": "active", "intent": "order",
             **codes, **subject, "authoredOn": day(480).isoformat(), "dosageInstruction": [dose],
             "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "d"}}},
            {"resourceType": "MedicationStatement", "id": f"s{p}", "status": "completed", **codes, **subject,
             "effectivePeriod": period, "dosage": [dose]},
            {"resourceType": "Condition", "id": f"c{p}", "onsetDateTime": day(-30).isoformat(), **subject,
             "code": {"coding": [{"system": icd, "code": "F33.2" if p % 2 else "F32.1"}]},
             "clinicalStatus": {"coding": [{"code": "active"}]}},
            *({"resourceType": "Observation", "id": f"o{p}-{n}", "status": "final", **subject,
               "code": {"coding": [{"system": loinc, "code": "44261-6"}]}, "valueInteger": 22 - 3 * n,
               "effectiveDateTime": day(200 * n).isoformat()}
              for n in range(3)),
            *({"resourceType": "Procedure", "id": f"e{p}-{n}", "status": "completed", **subject,
               "code": {"coding": [{"system": pcs, "code": "GZB2ZZZ"}]},
               "performedDateTime": day(600 + 3 * n).isoformat()}
              for n in range(p)),
        ]  # fmt: skip
    bulk = as_bulk(tmp_path / "bulk", rows)
    out = run(bulk, tmp_path / "out", kind="fhir", n_buckets=4)
    assert found(out) == verdicts(read_records(sorted(bulk.iterdir()), knowledge()))
    assert "ect" in set(table(out, "trial")["treatment"].cast(pl.String))
    prevalence = pl.read_parquet(out / "results" / "prevalence.parquet")
    assert "published" in set(prevalence["population"])  # diagnoses are on record: who is counted follows them
    for p in range(6):  # and each person alone, as `remit assess` reads one export
        own = [r for r in rows if f"p{p}" in json.dumps(r.get("subject", r.get("id")))]
        one = as_bulk(tmp_path / f"p{p}", own)
        alone = read_records(sorted(one.iterdir()), knowledge(), index_date=_newest(rows))
        assert verdicts(alone).items() <= found(out).items()


def _newest(rows: list[dict[str, Any]]) -> Any:
    return max(day(600 + 3 * 4), day(560 + 5))
