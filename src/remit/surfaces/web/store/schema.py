"""Brings a data file to the present layout."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0002"
"""The newest step of `migrations`; a file that says so needs nothing."""


def upgrade(engine: Engine, target: str = HEAD) -> None:
    """Run the steps that a data file lacks, each in one transaction with its mark.

    Alembic is read only when there is something to do: it would double the time to the first page.
    """
    with engine.begin() as connection:
        if version(connection) == target:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def version(connection: Connection) -> str | None:
    """The layout that a file has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
