# Needs Python >= 3.11 and make; everything else is installed into .venv from the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.env-stamp
# Absent cores must not stop the tests: xdist's "auto" would, on a machine without sched_getaffinity.
JOBS ?= 2

.PHONY: demo test check bench snap pictures keys env lock clean

demo: $(STAMP)
	$(BIN)/fusion-console --sandbox

test: $(STAMP)
	$(BIN)/python -m pytest -n $(JOBS) -q

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -p no:randomly tests/arch

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks

# The pictures of the documentation, those that the tests compare with, and the page of the keys: read the difference.
snap: $(STAMP)
	$(BIN)/python -m scripts.snap

pictures: $(STAMP)
	$(BIN)/python -m tests.pictures

keys: $(STAMP)
	$(BIN)/python -m scripts.keys

env: $(STAMP)

$(STAMP): requirements.lock requirements-dev.lock pyproject.toml Makefile
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# requirements.lock: what an installation runs; requirements-dev.lock: that, the sandbox and the tools of the tests.
lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --all-extras --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist
