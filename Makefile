PY ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: help setup run test check format bench lock clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

# One environment serves every command; it is made anew only when the pins or the entry points change.
.venv/ok: requirements/dev.txt pyproject.toml
	$(PY) -m venv --clear .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

setup: .venv/ok  ## make the environment in .venv from hash-pinned requirements

run: .venv/ok  ## start on embedded SQLite with the local web chat and sample data; no token needed
	$(BIN)/tianbao run --local

test: .venv/ok  ## run all tests (real SQLite, real PostgreSQL)
	$(BIN)/python -m pytest -n auto $(ARGS)

check: .venv/ok  ## static checks: style, types, layers, forms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/tianbao forms check dialogs/forms/*.yaml

format: .venv/ok  ## put the code into its standard form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ok  ## measure the bot beside a reference bot; prints a table of ratios
	$(BIN)/python -m tests.bench $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m tests.bench.office --enterprises 100000)

lock:  ## pin the requirements anew (needs uv on the PATH)
	for f in run dev; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/$$f.in -o requirements/$$f.txt; done

clean:  ## remove what the other commands made, but no data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
