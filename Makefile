# One door for people and machines: `make demo`, `make test`, `make check`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test crash check format lock clean
.DEFAULT_GOAL := demo

demo: $(READY)            ## set up everything and run the main job on the embedded default
	@$(BIN)/inventory-sync demo

test: $(READY)            ## the tests
	@$(BIN)/python -m pytest

crash: $(READY)           ## the long crash tests: every step killed, PostgreSQL stopped 20 times
	@INVENTORY_SYNC_TEST_CRASHES=1 $(BIN)/python -m pytest -n 0 -s inventory_sync_tests/crash

check: $(READY)           ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The environment is rebuilt when the locked set changes.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "inventory_sync needs Python 3.11 or newer; set PYTHON=python3.11 (found " + sys.version.split()[0] + ")")'
	@echo "Setting up $(VENV) (once, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock:                     ## renew the locked sets, ours and that of the demo's Tryton (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-strip-extras --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-strip-extras inventory_sync/sandbox/tryton/requirements.in -o inventory_sync/sandbox/tryton/requirements.lock

clean:
	rm -rf $(VENV) .inventory_sync
