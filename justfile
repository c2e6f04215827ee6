# The one door: `just` lists what there is. CI calls the same recipes.
set positional-arguments

python := ".venv/bin/python"

# list the recipes
default:
    @just --list

# make the environment that all recipes use, from the hashed lock
setup:
    test -x {{python}} || uv venv --quiet --python 3.11 .venv
    uv pip sync --quiet --require-hashes --compile-bytecode --python {{python}} requirements.lock
    uv pip install --quiet --no-deps --python {{python}} --editable .
    {{python}} -m compileall -q src

# everything that must hold for a change to land
test: setup check
    {{python}} -m pytest -n 2 -m "not browser and not spark"

# the web app in a real Chromium (Debian's packages chromium and chromium-driver), with axe-core and the Nu checker
browser *options:
    {{python}} -m pytest tests/browser "$@"

# populations on Spark: local threads, and a master with two workers (needs Java)
spark *options:
    {{python}} -m pytest tests/cohort -m spark "$@"

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
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra cohort --extra spark --group dev pyproject.toml -o requirements.lock

# one person: warm and cold
bench-person:
    {{python}} benchmarks/person.py

# the list view of 5,000 persons with 200 scores each
bench-caseload *options:
    {{python}} benchmarks/caseload.py "$@"

# networks of 200 treatments, beside peers in the same run
bench-evidence:
    {{python}} benchmarks/bench_evidence.py

# report of 40 trials and 200 scores: CPU seconds for HTML and PDF
bench-report:
    {{python}} benchmarks/report.py

# a population from file to results, beside a database's scan and sort
bench-cohort *options:
    {{python}} benchmarks/cohort.py "$@"

# checkers that the browser tests use when they are there: axe-core, the Nu HTML checker
browser-tools:
    cd tests/browser && npm install --no-audit --no-fund --no-package-lock --ignore-scripts

# a picture of every screen of the web app: `just browser-pictures DIR`
browser-pictures folder:
    mkdir -p "$1" && REMIT_PICTURES="$(realpath "$1")" {{python}} -m pytest tests/browser -k pictures

# kill the writer of the data file 200 times at random moments
kills n="200":
    REMIT_KILLS="$1" {{python}} -m pytest tests/web/test_store.py -k kill

# every address and form of the web app with whatever schemathesis makes up; `just setup` takes it out again
endpoints examples="25":
    uv pip install --quiet --python {{python}} --group endpoints
    REMIT_EXAMPLES="$1" {{python}} -m pytest tests/web/test_endpoints.py

# times of the pages with 200 trials and 2,000 scores in the file
bench-pages:
    {{python}} benchmarks/pages.py
