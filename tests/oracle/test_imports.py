"""The oracle stands alone: it may read knowledge models, and nothing else of the product."""

from __future__ import annotations

import ast
from pathlib import Path

HERE = Path(__file__).parent
ALLOWED = {
    "__future__", "ast", "collections", "dataclasses", "datetime", "functools", "itertools", "json", "math", "oracle",
    "pathlib", "pytest", "random", "typing",
}  # fmt: skip
TESTS_MAY = {"generative.load"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


def test_the_oracle_imports_neither_the_engine_nor_a_frame_library():
    modules = sorted(HERE.glob("*.py"))
    assert len(modules) > 8
    for path in modules:
        allowed = ALLOWED | (TESTS_MAY if path.name.startswith("test_") else set())
        for name in imported(path):
            assert name in allowed or name.split(".")[0] in allowed, f"{path.name} imports {name}"
