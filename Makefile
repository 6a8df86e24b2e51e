# Every target sets up what it needs: a virtual environment and the pinned packages.
SHELL := /bin/bash
PYTHON ?= python3
SPACE ?= nb201
N ?=
PROXIES ?=
MIRROR ?=
IMAGES ?=
FORMAT ?=
FILE ?=
RUN ?=
MATRIX ?=
ARGS ?=
BIN := .venv/bin
READY := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help correlate fetch import publish leaderboard report missing matrix vendor test quick lint agreement bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

correlate: $(READY) ## rank correlation of proxies with trained accuracy: SPACE=nb201 N=300 PROXIES=swap,nwot ARGS="seed=1"
	$(BIN)/python -m harness.correlate $(ARGS) space=$(SPACE) $(if $(N),sample.size=$(N)) $(if $(PROXIES),'proxies=[$(PROXIES)]')

fetch: $(READY) ## a table from small public files: SPACE=nb201; or images: IMAGES=cifar10; MIRROR=folder or URL
	$(BIN)/python -m harness.fetch $(if $(IMAGES),images=$(IMAGES),space=$(SPACE)) $(if $(MIRROR),mirror=$(MIRROR)) $(ARGS)

import: $(READY) ## a table from an official archive that you have: FORMAT=nats_tss FILE=path
	$(BIN)/python -m harness.import_archive $(if $(FORMAT),format=$(FORMAT)) $(if $(FILE),file=$(FILE)) $(ARGS)

publish: $(READY) ## keep a run, or a leaderboard as a CSV file, among the published results: RUN=path
	$(BIN)/python -m harness.publish $(if $(RUN),'add="$(RUN)"') $(ARGS)

leaderboard: $(READY) ## results/leaderboard.csv, as tables too, from the published runs
	$(BIN)/python -m harness.leaderboard $(ARGS)

report: $(READY) ## page and figures of the leaderboard: results/site/index.html
	$(BIN)/python -m harness.site $(ARGS)

missing: $(READY) ## runs of a planned matrix that are not published, and their commands: MATRIX=first_matrix
	$(BIN)/python -m harness.missing $(if $(MATRIX),matrix=$(MATRIX)) $(ARGS)

matrix: $(READY) ## do and publish these runs: MATRIX=first_matrix
	$(BIN)/python -m harness.run_missing $(if $(MATRIX),matrix=$(MATRIX)) $(ARGS)

vendor: ## bundle the page's libraries anew, in the versions of harness/assets/vendor/package-lock.json (needs node)
	cd harness/assets/vendor && npm ci --ignore-scripts && node build.js

test: $(READY) ## all tests, long ones included
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

quick: $(READY) ## the fast tests
	$(BIN)/python -m pytest -m 'not slow' -x

lint: $(READY) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

agreement: $(READY) ## rank agreement of our proxies with published scores: ARGS="size=200"
	$(BIN)/python -m harness.agreement $(ARGS)

bench: $(READY) ## time and memory of scoring, into results/bench.csv
	$(BIN)/python -m harness.bench $(ARGS)

clean: ## remove the virtual environment and caches; runs stay
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
