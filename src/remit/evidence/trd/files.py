"""Reads and checks study files; every fault of every file is listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from remit.errors import Fault
from remit.evidence.data import EvidenceError

OUTCOMES = (
    "response",
    "remission",
    "sustained_response",
    "sustained_remission",
    "response_any_time",
    "remission_any_time",
    "change",
    "endpoint_score",
    "mean_difference_vs_control",
    "dropout_any",
    "dropout_ae",
)
COUNTS = frozenset(OUTCOMES[:6]) | {"dropout_any", "dropout_ae"}
BASES = {
    "stated": "read in the source",
    "back_calculated": "the only whole number that agrees with what was read in the source",
    "recalled_crosschecked": "not read in the source; an independent figure agrees",
    "recalled": "not read in the source",
    "percent_only": "a percentage was read, its denominator was not",
}
VERIFIED_BASES = frozenset({"stated", "back_calculated"})
USES = frozenset(
    {
        "primary",
        "secondary",
        "sensitivity",
        "means_only",
        "percent_only",
        "single_arm_proportion",
        "check_only",
        "exclude_from_TRD_network",
        "Ns_only",
    }
)
ELIGIBLE = frozenset({"yes", "sensitivity", "relapse_only", "no"})
LEVELS = frozenset({"L0", "L1", "L2", "L3"})
JUDGEMENTS = frozenset({"low", "low_to_some", "some_concerns", "high"})
STUDY_KEYS = ("id", "label", "year", "kind", "design", "funding", "verified", "seen_where")
ROW_KEYS = ("row", "outcome", "days", "basis", "verified", "use", "source", "seen_where")

try:  # libyaml is several times faster; both give the same.
    from yaml import CSafeLoader as Loader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


def home() -> Path:
    """Folder of the evidence that Remit carries."""
    return Path(str(files("remit_knowledge"))) / "evidence"


def read_yaml(path: Path) -> Any:
    """Read one YAML file.

    Raises
    ------
    EvidenceError
        It is not there, or not YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader)
    except OSError as error:
        raise EvidenceError([Fault(path.name, f"it cannot be read ({error.strerror})", "Check the path")]) from None
    except UnicodeDecodeError:
        raise EvidenceError([Fault(path.name, "it is not UTF-8 text", "Save it as UTF-8")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = path.name if mark is None else f"{path.name}:{mark.line + 1}"
        raise EvidenceError([Fault(place, "it is not YAML", "Check quotes and indents")]) from None


def read_nodes(path: Path) -> dict[str, dict[str, str]]:
    """Map each node, fine or lumped, to its names: `fine, lumped, broad_a, broad_b, class, description, options`.

    `options` are entries of the catalogue, separated by blanks.
    """
    found: dict[str, dict[str, str]] = {}
    for node in read_yaml(path)["nodes"]:
        for fine in dict.fromkeys([*node["fine"], node["id"]]):
            found[fine] = {
                "fine": fine,
                "lumped": node["id"],
                "broad_a": node["broad_a"],
                "broad_b": node["broad_b"],
                "class": node["treatment_class"],
                "description": node.get("description", ""),
                "options": " ".join(node.get("options", ())),
            }
    return found


def read_studies(paths: Iterable[Path], nodes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read study files.

    Raises
    ------
    EvidenceError
        With every fault of every file.
    """
    faults: list[Fault] = []
    studies: list[dict[str, Any]] = []
    for path in sorted(paths):
        try:
            study = read_yaml(path)
        except EvidenceError as error:
            faults += error.faults
            continue
        faults += study_faults(study, path.name, nodes)
        studies.append(study)
    faults += _doubles(studies) if not faults else []
    if faults:
        raise EvidenceError(faults)
    return studies


def _doubles(studies: list[dict[str, Any]]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for study in studies:
        if study["id"] in seen:
            faults.append(Fault(f"study {study['id']}", "two files have this id", "Keep one"))
        seen.add(study["id"])
    return faults


def study_faults(study: Any, name: str, nodes: Mapping[str, Any]) -> list[Fault]:
    """List what is wrong with one study record."""
    if not isinstance(study, dict):
        return [Fault(name, "it holds no study", "Give one study per file; see the evidence how-to")]
    faults = [Fault(name, f"{key} is missing", "Fill it in") for key in STUDY_KEYS if study.get(key) in (None, "")]
    for place, value, allowed in (
        ("network.eligible", _inside(study, "network", "eligible"), ELIGIBLE),
        ("trd_definition.level", _inside(study, "trd_definition", "level"), LEVELS),
        ("risk_of_bias.judgement", _inside(study, "risk_of_bias", "judgement"), JUDGEMENTS),
    ):
        if value not in allowed:
            faults.append(Fault(f"{name}: {place}", "it is missing or not known", f"Use {', '.join(sorted(allowed))}"))
    arms = study.get("arms") or []
    if not isinstance(arms, list) or not all(isinstance(a, dict) for a in arms):
        return [*faults, Fault(f"{name}: arms", "it is no list of arms", "Give id, label, node, role and outcomes")]
    for i, arm in enumerate(arms):
        faults += _arm_faults(arm, f"{name}: arms[{i}]", nodes)
    return faults


def _inside(study: dict[str, Any], key: str, field: str) -> Any:
    part = study.get(key)
    value = part.get(field) if isinstance(part, dict) else None
    # YAML 1.1 reads a bare yes or no as a truth value.
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def _arm_faults(arm: dict[str, Any], place: str, nodes: Mapping[str, Any]) -> list[Fault]:
    faults = [
        Fault(place, f"{key} is missing", "Fill it in") for key in ("id", "label", "node", "role") if key not in arm
    ]
    if "node" in arm and arm["node"] not in nodes:
        faults.append(Fault(f"{place}.node", f"{arm['node']!r} is not in nodes.yaml", "Use or add a node"))
    rows = arm.get("outcomes") or []
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        return [*faults, Fault(f"{place}.outcomes", "it is no list", "Give one entry per outcome and time point")]
    for j, row in enumerate(rows):
        faults += _row_faults(row, f"{place}.outcomes[{j}]")
    return faults


def _row_faults(row: dict[str, Any], place: str) -> list[Fault]:
    faults = [Fault(place, f"{key} is missing", "Fill it in") for key in ROW_KEYS if row.get(key) in (None, "")]
    if "events" in row and not row.get("definition"):
        faults.append(Fault(f"{place}.definition", "it is missing", "Say what counts as this outcome"))
    for key, allowed in (("outcome", OUTCOMES), ("basis", BASES), ("use", USES)):
        if key in row and row[key] not in allowed:
            faults.append(Fault(f"{place}.{key}", f"{row[key]!r} is not known", f"Use {', '.join(sorted(allowed))}"))
    for key in ("events", "n", "days", "mean", "sd", "se"):
        if key in row and (isinstance(row[key], bool) or not isinstance(row[key], int | float)):
            faults.append(Fault(f"{place}.{key}", "it is not a number", "Give a number"))
            return faults
    if row.get("verified") is True and row.get("basis") not in VERIFIED_BASES:
        faults.append(Fault(f"{place}.verified", "only numbers read in a source are verified", "Correct the basis"))
    if row.get("events", 0) < 0 or row.get("n", 1) <= 0 or row.get("events", 0) > row.get("n", float("inf")):
        faults.append(Fault(place, "events and n cannot both be right", "Check both"))
    if row.get("sd", 1) < 0 or row.get("se", 1) < 0:
        faults.append(Fault(place, "a standard deviation or error is negative", "Check it"))
    return faults
