"""From the tables of a run to `AssessmentView`: follows keys, judges nothing."""

from __future__ import annotations

from remit.flow.carried import Carried
from remit.knowledge import Knowledge
from remit.knowledge.text import Text
from remit.render.person import Person, notices_of
from remit.render.phrases import Phrases
from remit.render.rows import Rows
from remit.render.views import AssessmentView
from remit.tables import Tables


def gather(
    tables: Tables, knowledge: Knowledge, text: Text, mode: str, carried: Carried | None = None
) -> AssessmentView:
    """Everything that is to be said about the persons of a run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned, with table `crisis`.
    knowledge : Knowledge
        The same, narrowed to the same definitions, that the tables were made with.
    text : Text
    mode : str
        clinician or visit.
    carried : Carried, optional
        Views of trials that were made before, with the same knowledge and text.
    """
    rows = Rows(tables, knowledge, Phrases(text, mode), carried or Carried())
    reviewed = [d.reviewed for d in knowledge.definitions]
    reviewed += [knowledge.rules[key].reviewed for key in knowledge.rules_of_definitions]
    return AssessmentView(
        mode,
        knowledge.version,
        max(reviewed),
        knowledge.definitions,
        tuple(Person(rows, row) for row in tables["person"].iter_rows(named=True)),
        notices_of(rows.of("notice").get(None, ())),
    )
