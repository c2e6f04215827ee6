# The one door: `just` lists what there is. CI calls the same recipes.
set positional-arguments

python := ".venv/bin/python"

# list the recipes
default:
    @just --list

# make the environment that all recipes use, from the hashed lock
setup:
    test -x {{python}} || uv venv --quiet --python 3.11 .venv
    uv pip sync --quiet --require-hashes --python {{python}} requirements.lock
    uv pip install --quiet --no-deps --python {{python}} --editable .

# everything that must hold for a change to land
test: setup check
    {{python}} -m pytest -n 2

# format, lint, types, layers, knowledge; changes nothing
check:
    .venv/bin/ruff format --check --quiet .
    .venv/bin/ruff check --quiet .
    .venv/bin/mypy --no-error-summary
    .venv/bin/lint-imports --no-cache > /dev/null || .venv/bin/lint-imports --no-cache
    .venv/bin/remit knowledge check

# mend what can be mended
fix:
    .venv/bin/ruff format --quiet .
    .venv/bin/ruff check --fix --quiet .

# engine and oracle on generated persons, for hours: `just generative-long --persons 1000000`
generative-long *options:
    {{python}} tests/generative/long.py "$@"

# move every threshold of the knowledge by one and see that a case notices
mutation *options:
    {{python}} -m pytest tests/mutation -n 2 --all-mutants "$@"

# 10 million exposures beside DuckDB's scan and sort
bench-core *options:
    {{python}} benchmarks/core.py "$@"

# write the generated pages of docs/reference
docs:
    {{python}} docs/generate.py

# write the lock again from pyproject.toml
lock:
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra cohort --group dev pyproject.toml -o requirements.lock

# one person: warm and cold
bench-person:
    {{python}} benchmarks/person.py
