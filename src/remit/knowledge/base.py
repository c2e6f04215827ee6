"""The ground that all knowledge models stand on: strictness, citation, comparison."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
Verified = Literal["yes", "partly", "no", "derived"]
"""`yes`: seen in the source or a copy of it. `partly`: the core was. `no`: from background knowledge only.
`derived`: the project's own reading where sources are silent or differ."""


class KnowledgeModel(BaseModel):
    """Frozen; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(KnowledgeModel):
    """Whatever stands here has a source and says how well it was checked."""

    sources: Annotated[tuple[Id, ...], Field(min_length=1)]
    verified: Verified
    note: str | None = None


class Number(Cited):
    """One cited number."""

    value: float
    unit: str | None = None
