"""Code maps: products, procedures, conditions and observations by code, from CSV files read on first use.

Ours lie in `codes/` of the knowledge; the user's own (`--codes DIR`) bear the same file names and columns, and hold
what we may not ship (CPT, SNOMED CT, NDC, dm+d). Rows are matched as `exact`, `prefix` or `range`; `descendants` is
read as exact, because no hierarchy is at hand.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from remit.errors import Fault, KnowledgeError

_SYSTEMS = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "http://www.whocc.no/atc": "atc",
    "urn:oid:2.16.840.1.113883.6.73": "atc",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "urn:oid:2.16.840.1.113883.6.69": "ndc",
    "http://snomed.info/sct": "snomed",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "https://dmd.nhs.uk": "dmd",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "urn:oid:2.16.840.1.113883.6.90": "icd10cm",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "urn:oid:2.16.840.1.113883.6.3": "icd10",
    "http://fhir.de/codesystem/bfarm/icd-10-gm": "icd10",
    "http://hl7.org/fhir/sid/icd-9-cm": "icd9cm",
    "urn:oid:2.16.840.1.113883.6.103": "icd9cm",
    "urn:oid:2.16.840.1.113883.6.104": "icd9proc",
    "http://id.who.int/icd/release/11/mms": "icd11",
    "http://www.cms.gov/medicare/coding/icd10": "icd10pcs",
    "http://hl7.org/fhir/sid/icd-10-pcs": "icd10pcs",
    "urn:oid:2.16.840.1.113883.6.4": "icd10pcs",
    "http://www.nlm.nih.gov/research/umls/hcpcs": "hcpcs",
    "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets": "hcpcs",
    "http://www.cms.gov/medicare/coding/hcpcsreleasecodesets": "hcpcs",
    "urn:oid:2.16.840.1.113883.6.285": "hcpcs",
    "http://www.ama-assn.org/go/cpt": "cpt",
    "urn:oid:2.16.840.1.113883.6.12": "cpt",
    "http://loinc.org": "loinc",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
}
_ALIASES = {
    "rxcui": "rxnorm",
    "sct": "snomed",
    "snomedct": "snomed",
    "cpt4": "cpt",
    "cptii": "cpt",
    "loincanswer": "la",
}
_WIDER = {"icd10": ("icd10", "icd10cm"), "icd9proc": ("icd9proc",), "icd9cm": ("icd9cm", "icd9proc")}
"""Where else a code of a system is looked up: WHO's ICD-10 shares its codes with the clinical modification."""

NOT_A_SESSION = (
    "exclude", "supporting", "do not count", "never count", "not a ", "marker", "not specific", "contraindication",
    "signal", "trial only", "follow-up", "trial end", "referral", "removal", "evidence of", "hint", "historic only",
    "implant date",
)  # fmt: skip
"""Phrases of the column `trial_use` after which a code is no session that was given."""


def short_system(system: str) -> str:
    """Short name of a code system: from its FHIR address, or from a name such as ICD10CM, CPT4, RxNorm."""
    plain = system.strip().rstrip("/").lower()
    if plain in _SYSTEMS:
        return _SYSTEMS[plain]
    name = re.sub(r"[^a-z0-9]", "", plain)
    return _ALIASES.get(name, name)


@dataclass(frozen=True, slots=True)
class Product:
    """One coded product: what it counts as, and how much is in one unit of it."""

    treatment_id: str
    mg_per_unit: float | None
    mg_per_24h: float | None
    mg_per_ml: float | None
    form: str
    flag: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a code map: our id, or the user's name of the group, and the rest as written."""

    our_id: str
    group: str
    label: str
    use: str
    part: str = ""  # of an instrument: total, panel, item
    item: int | None = None

    @property
    def is_session(self) -> bool:
        """For a procedure: whether one record of it is one session that was given."""
        return not any(phrase in self.use.lower() for phrase in NOT_A_SESSION) and "crisis" not in self.label.lower()


class CodeIndex:
    """Rows of one map by system and code; the most specific match wins."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], list[Row]] = {}
        self._prefix: dict[tuple[str, str], list[Row]] = {}
        self._ranges: list[tuple[str, str, str, Row]] = []

    def add(self, system: str, code: str, match: str, row: Row) -> None:
        """Enter a row; codes without a code and rules in words are not entered."""
        if not code or match in ("rule", "none", "list"):
            return
        if match == "range":
            for part in re.split(r"[,;]", code):
                low, _, high = part.strip().partition("-")
                self._ranges.append((system, plain_code(low), plain_code(high or low), row))
            return
        index = self._prefix if match == "prefix" else self._exact
        index.setdefault((system, plain_code(code)), []).append(row)

    def find(self, system: str, code: str) -> list[Row]:
        """Rows of a code: its own, else those of the longest prefix, else those of a range that holds it."""
        plain = plain_code(code)
        systems = _WIDER.get(system, (system,))
        for name in systems:
            if rows := self._exact.get((name, plain)):
                return rows
        for n in range(len(plain), 0, -1):
            for name in systems:
                if rows := self._prefix.get((name, plain[:n])):
                    return rows
        return [row for name, low, high, row in self._ranges if name in systems and low <= plain[: len(low)] <= high]


def plain_code(code: str) -> str:
    """A code without dots and spaces, in capitals."""
    return code.replace(".", "").replace(" ", "").upper()


class CodeMaps:
    """All code maps of a run.

    Parameters
    ----------
    roots : tuple of Path
        Folders of knowledge; their `codes/` is read.
    codes_dir : Path, optional
        The user's own maps.
    """

    def __init__(self, roots: tuple[Path, ...], codes_dir: Path | None) -> None:
        self._folders = [root / "codes" for root in roots] + ([codes_dir] if codes_dir else [])

    def product(self, system: str, code: str) -> Product | None:
        """The product of an RxCUI, or of a code in the user's `medications.csv`."""
        return self._products.get((system, plain_code(code)))

    def procedure(self, system: str, code: str) -> list[Row]:
        """Rows of a procedure code."""
        return self._index("procedures.csv", "treatment_id", "modality").find(system, code)

    def condition(self, system: str, code: str) -> list[Row]:
        """Rows of a diagnosis code."""
        return self._index("conditions.csv", "condition_id", "condition_set").find(system, code)

    def observation(self, system: str, code: str) -> list[Row]:
        """Rows of an observation code."""
        return self._index("observations.csv", "measure_id", "group").find(system, code)

    @cached_property
    def _indexes(self) -> dict[str, CodeIndex]:
        return {}

    def _index(self, file: str, id_column: str, group_column: str) -> CodeIndex:
        if file not in self._indexes:
            index = CodeIndex()
            for row in self._rows(file, ("system", "code")):
                entry = Row(
                    our_id=row.get(id_column, ""),
                    group=row.get(group_column, ""),
                    label=row.get("label", "") or row.get("label_own_words", ""),
                    use=row.get("trial_use", ""),
                    part=row.get("part", "") or ("total" if row.get("data_type") == "numeric" else ""),
                    item=int(row["item"]) if row.get("item", "").isdecimal() else None,
                )
                index.add(short_system(row["system"]), row["code"], row.get("match", "exact"), entry)
            self._indexes[file] = index
        return self._indexes[file]

    @cached_property
    def _products(self) -> dict[tuple[str, str], Product]:
        found: dict[tuple[str, str], Product] = {}
        for row in self._rows("rxnorm_products.csv", ("rxcui",)):
            if row["rxcui"]:
                found["rxnorm", plain_code(row["rxcui"])] = _product(row, ("treatment_id", "count_as"))
        for row in self._rows("medications.csv", ("system", "code", "treatment")):
            found[short_system(row["system"]), plain_code(row["code"])] = _product(row, ("treatment",))
        return found

    def _rows(self, file: str, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
        for folder in self._folders:
            path = folder / file
            if path.is_file():
                yield from read_map(path, needed)


def read_map(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a code map.

    Raises
    ------
    KnowledgeError
        If the file is not UTF-8 CSV, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in needed if c not in (reader.fieldnames or ())]
            if missing:
                raise KnowledgeError([Fault(str(path), f"lacks the column {', '.join(missing)}", "Add it.")])
            return [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        problem = f"cannot be read as a table ({type(error).__name__})"
        raise KnowledgeError([Fault(str(path), problem, "Save it as CSV in UTF-8.")]) from error


def _product(row: dict[str, str], id_columns: tuple[str, ...]) -> Product:
    flag = row.get("flag", "")
    mg = _number(row.get("mg_per_unit_single_ingredient", "") or row.get("mg_per_unit", ""))
    return Product(
        treatment_id=next((row[c] for c in id_columns if row.get(c)), ""),
        mg_per_unit=_converted(mg, flag),
        mg_per_24h=_number(row.get("mg_per_24h", "") or row.get("mg_per_24h_transdermal", "")),
        mg_per_ml=_per_ml(row.get("ingredient_strengths", "")),
        form=row.get("form", ""),
        flag=flag,
    )


def _converted(mg: float | None, flag: str) -> float | None:
    """Strength of a salt in terms of the usual one, where the map's flag lists both: (174/348 HBr = 150/300 HCl)."""
    if mg is None or not flag.startswith("salt_conversion"):
        return mg
    sides = [[float(n) for n in re.findall(r"\d+(?:\.\d+)?", side)] for side in flag.split("=")]
    if len(sides) == 2 and len(sides[0]) == len(sides[1]) and mg in sides[0]:  # noqa: PLR2004
        return sides[1][sides[0].index(mg)]
    return None


def _per_ml(strengths: str) -> float | None:
    """mg per mL of a liquid with one ingredient: ``fluoxetine=4 MG/ML``."""
    found = re.fullmatch(r"[^;]*=(\d+(?:\.\d+)?) MG/ML", strengths)
    return float(found[1]) if found else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
