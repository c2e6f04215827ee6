"""People, their documents with revisions, and settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "setting",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.String, primary_key=True),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("head", sa.Integer, nullable=False),
    )
    op.create_table(
        "revision",
        sa.Column("person_id", sa.String, sa.ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("written_at", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
