"""Which treatments something looks at: by role, class, id, detail."""

from __future__ import annotations

from typing import Literal

from remit.knowledge.base import Id, KnowledgeModel

Role = Literal[
    "antidepressant", "rapid_acting", "augmentation", "neuromodulation", "psychotherapy", "herbal", "investigational",
    "lifestyle", "other",
]  # fmt: skip


class Select(KnowledgeModel):
    """Which trials a feature looks at; all that is given must hold."""

    roles: tuple[Role, ...] = ()
    classes: tuple[Id, ...] = ()
    not_classes: tuple[Id, ...] = ()
    treatments: tuple[Id, ...] = ()
    not_treatments: tuple[Id, ...] = ()
    detail: dict[str, str] = {}  # such as placement: bilateral; a trial that does not say is unknown, not excluded
    added: bool | None = None  # true: only trials added to another; false: only trials that were not
