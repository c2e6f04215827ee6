"""The ground that all knowledge models stand on: strictness, citation, comparison."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
Verified = Literal["yes", "partly", "no", "derived"]
"""`yes`: seen in the source or a copy of it. `partly`: the core was. `no`: from background knowledge only.
`derived`: the project's own reading where sources are silent or differ."""


class KnowledgeModel(BaseModel):
    """Frozen; a key that is not known is an error.

    What validates a model is built when the model is first used: nobody meets all of them in one run, and those inside
    another one are built with it. So a default that is a model is constructed, not validated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """The same: nothing changes it. Else each entry would have copies of the defaults of its own."""
        return self


class Cited(KnowledgeModel):
    """Whatever stands here has a source and says how well it was checked."""

    sources: Annotated[tuple[Id, ...], Field(min_length=1)]
    verified: Verified
    note: str | None = None


class Number(Cited):
    """One cited number."""

    value: float
    unit: str | None = None
