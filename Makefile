# Two commands: `make demo` shows what rnnkit does, `make test` proves it. Both install into .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint check clean

demo: .venv/installed
	$(BIN)/python examples/demo.py

test: .venv/installed
	$(BIN)/python -m pytest

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test

# An editable install knows its packages by a list, so new ones are installed, too.
.venv/installed: pyproject.toml constraints.txt $(shell find native -type f) $(shell find src -name __init__.py)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv demo-run build dist .pytest_cache .mypy_cache .ruff_cache
