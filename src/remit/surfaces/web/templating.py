"""Pages from templates. Everything that comes from a record is escaped; a name that is not there is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from remit.knowledge.text import Text
from remit.render.letters import legible
from remit.surfaces.web.lists import list_items, table_rows
from remit.surfaces.web.windows import shown

HERE = Path(__file__).parent


class Pages:
    """Renders templates with the sentences of one language.

    Parameters
    ----------
    text : Text
    """

    def __init__(self, text: Text) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals.update(
            say=text.say, language=text.language, table_rows=table_rows, list_items=list_items, shown=shown
        )
        self.environment.filters["legible"] = legible

    def render(self, template: str, values: dict[str, Any]) -> str:
        """A page or a part of one, as text."""
        return self.environment.get_template(template).render(values)

    def draw(self, template: str, macro: str, *values: Any) -> Markup:
        """What a macro of a template makes of some values: a part of which a page has many."""
        drawn: Markup = getattr(self.environment.get_template(template).module, macro)(*values)
        return drawn

    def response(self, template: str, status: int, values: dict[str, Any]) -> Response:
        """A page as an answer."""
        return HTMLResponse(self.render(template, values), status)
