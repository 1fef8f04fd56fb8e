# Every target sets itself up first: a machine needs Python 3.11 or 3.12, pip and make. State is under HANDOFF_HOME (.handoff).
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3,$(shell $(name) -c 'import sys; assert (3, 11) <= sys.version_info[:2] < (3, 13)' >/dev/null 2>&1 && echo $(name))))
SIZES ?= S
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
export DO_NOT_TRACK := 1
# A night imports thousands of modules: without their bytecode, which its first start leaves, it takes three times as long to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: scoring spark nightly test pytest test-heavy test-spark ui sample bench lint style types format audit doctor rebuild lock clean

nightly: $(VENV)/.runtime
	@$(RUN) -m orchestration

ui: $(VENV)/.runtime
	@$(RUN) -m orchestration ui

sample: $(VENV)/.runtime
	@$(RUN) -m ingestion.sample

doctor: $(VENV)/.runtime
	@$(RUN) -m handoff.cli doctor

rebuild: $(VENV)/.runtime
	@$(RUN) -m orchestration rebuild

bench: $(VENV)/.runtime
	@$(RUN) -m benchmarks --sizes $(SIZES) --write
	@$(RUN) -m benchmarks.bench_ingestion --old-files 10000

# The tests left out, by mark. Continuous integration leaves out `heavy` alone.
WITHOUT ?= heavy or spark

# The types are checked while the tests run: from nothing it takes a minute of one core.
test: style
	@$(MAKE) --no-print-directory -j2 types pytest

pytest: $(VENV)/.dev
	@$(RUN) -m pytest -m "not ($(WITHOUT))" -n 2 --dist loadfile --no-loadscope-reorder

test-heavy: $(VENV)/.dev
	@$(RUN) -m pytest -m heavy

# A night on a Spark cluster of this machine, held against DuckDB's; needs Java 8, 11 or 17.
test-spark: $(VENV)/.dev $(VENV)/.spark
	@$(RUN) -m pytest tests/engines

lint: style types

style: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfmt --check -q $(wildcard $(addprefix dbt_project/,models macros tests snapshots))

types: $(VENV)/.dev
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfmt -q $(wildcard $(addprefix dbt_project/,models macros tests snapshots))

audit: $(VENV)/.dev
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements-dev.lock -r requirements-spark.lock

# What training a scorecard needs besides; a night applies scorecards without it.
scoring: $(VENV)/.scoring

# What HANDOFF_ENGINE=spark needs besides (docs/spark.md).
spark: $(VENV)/.spark

# Pins for every extra, for Python 3.11 and 3.12; no index address and no path of this machine in them.
lock: $(VENV)/.uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock
	@for extra in scoring spark dev; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		-c requirements.lock --extra $$extra pyproject.toml -o requirements-$$extra.lock; done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed what set-up and tests made. The data stays: remove $${HANDOFF_HOME:-.handoff} by hand to start from nothing."

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Handoff needs Python 3.11 or 3.12 and found neither. Install one, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.uv: requirements-uv.lock | $(VENV)/bin/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

$(VENV)/.runtime: requirements.lock | $(VENV)/.uv
	@BIN=$(BIN) .ci/install requirements.lock
	@touch $@

$(VENV)/.scoring: requirements-scoring.lock | $(VENV)/.runtime
	@BIN=$(BIN) .ci/install requirements-scoring.lock
	@touch $@

$(VENV)/.spark: requirements-spark.lock | $(VENV)/.runtime
	@BIN=$(BIN) .ci/install requirements-spark.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.runtime
	@BIN=$(BIN) .ci/install requirements-dev.lock
	@touch $@
