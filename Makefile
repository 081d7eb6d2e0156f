# Two commands do all the set-up: `make demo` and `make test`. Each makes a virtual environment in
# .venv and installs the pinned requirements of .ci/ into it; the others reuse it.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
RUN := $(BIN)/python -m
PARALLEL := --numprocesses=logical --maxprocesses=4 --dist=worksteal
unexport PYTHONDONTWRITEBYTECODE   # each process of a test would compile the project anew

.PHONY: demo test test-all check lint types contracts gates format lock example golden reference sessions bench clean

demo: .venv/demo          ## real prices to a backtest
	@$(BIN)/rustybt demo

test: .venv/dev           ## the tests of every change, in minutes
	$(RUN) pytest $(PARALLEL) -m "not slow"

test-all: .venv/dev       ## those and the slow ones: kills, bombs, workers that die
	$(RUN) pytest $(PARALLEL)

check: lint types contracts test-all

lint: .venv/dev
	$(RUN) ruff check .
	$(RUN) ruff format --check .

types: .venv/dev
	$(RUN) mypy

contracts: .venv/dev
	$(BIN)/lint-imports --no-logo

gates: .venv/dev          ## the static gates of security; `make test` has them, too
	$(RUN) pytest -q tests/tidy/test_static_gates.py tests/tidy/test_sql_text.py

format: .venv/dev
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

example: .venv/dev        ## catalog.duckdb.example
	$(BIN)/rustybt catalog example catalog.duckdb.example

golden: .venv/dev         ## the stored SQL of every factor, to be read before it is committed
	$(RUN) pytest tests/pipeline --update-golden -q -p no:randomly

reference: .venv/dev      ## the page of all terms, rustybt/pipeline/REFERENCE.md
	$(BIN)/rustybt pipeline reference > rustybt/pipeline/REFERENCE.md.new
	mv rustybt/pipeline/REFERENCE.md.new rustybt/pipeline/REFERENCE.md

sessions: .venv/dev       ## the shipped sessions of all exchange calendars
	$(RUN) rustybt.data.calendars

bench: .venv/dev          ## time and peak memory of the whole line; needs RUSTYBT_REFERENCE
	$(BIN)/python tests/bench/thin_line.py

lock: .venv/dev           ## the pinned requirements, for every platform
	$(RUN) pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
		--extra demo --group build --output-file .ci/requirements-demo.txt \
		--custom-compile-command "make lock"
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
		--all-extras --group dev --constraint .ci/requirements-demo.txt \
		--output-file .ci/requirements-dev.txt --custom-compile-command "make lock"

clean:
	rm -rf .venv build dist rustybt-demo

.venv/python:
	@test -n "$(PYTHON)" || { echo "rustybt needs Python 3.11 or newer; PYTHON=... names one" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo: .venv/python .ci/requirements-demo.txt pyproject.toml
	$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-demo.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/python .ci/requirements-dev.txt pyproject.toml
	$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-dev.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
