"""Suites that take long or need more than Python run by recipes of their own; see CONTRIBUTING.md."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by where they stand and by their name: `browser` and `spark`."""
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker("browser")
        if "spark" in item.name or "cluster" in item.name:
            item.add_marker("spark")
