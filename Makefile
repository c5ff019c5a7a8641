PYTHON ?= python

.DEFAULT_GOAL := help
.PHONY: help check test-fast test test-slow test-exhaustive golden docs site bench

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

docs:  ## write the generated pages and the picture in docs/architecture.md anew
	$(PYTHON) -m pytest --update-golden tests/lint/test_lint_table.py \
		tests/analysis/test_finding_table.py tests/published/test_table_rules.py tests/house

site:  ## build the pages as a site in build/site; needs the extra `docs`
	$(PYTHON) -m sphinx --fresh-env --fail-on-warning --keep-going --nitpicky -q -b html docs build/site
	$(PYTHON) tests/house/site_requests.py build/site

bench:  ## print the ratios that docs/speed.md has
	$(PYTHON) -m tests.benchmarks
