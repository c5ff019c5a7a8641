PYTHON ?= python

.DEFAULT_GOAL := help
.PHONY: help check test-fast test test-slow test-exhaustive golden docs bench

help:  ## say what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1: \2/p' $(MAKEFILE_LIST)

check:  ## format, lint and types
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

test-fast:  ## tests that start neither a process nor TensorFlow
	$(PYTHON) -m pytest --fast

test:  ## all tests but the slow ones, as the README has it
	$(PYTHON) -m pytest

test-slow:  ## tests that take minutes
	$(PYTHON) -m pytest -m slow

test-exhaustive:  ## every case of what the other tests try some of
	$(PYTHON) -m pytest -m exhaustive

golden:  ## write golden files anew, to be reviewed with git diff
	$(PYTHON) -m pytest --update-golden

docs:  ## write docs/lint.md and the picture in docs/architecture.md anew
	$(PYTHON) -m pytest --update-golden tests/lint/test_lint_table.py tests/house

bench:  ## print the ratios that the README has
	$(PYTHON) -m tests.benchmarks
