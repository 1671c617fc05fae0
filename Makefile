# make run    the main job: train the post's network three ways and compare them; ARGS="..." goes to the command
# make test   the tests, without those marked slow; ARGS="..." goes to pytest
# make coverage   the tests, with the lines of harness/ and models/ that they run; fails under 95 %
# make bench  the time of one iteration of each way of training, beside Keras, JAX and C where they are installed
# make lint   ruff and mypy
# Each makes .venv first if need be, and installs again when pyproject.toml or constraints.txt changed.

PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check
PYTEST := .venv/bin/python -m pytest

.PHONY: run test coverage bench lint

run: .venv/installed
	.venv/bin/harness $(ARGS)

test: .venv/installed-test
	$(PYTEST) $(ARGS)

coverage: .venv/installed-test
	.venv/bin/coverage erase
	$(MAKE) test PYTEST=".venv/bin/coverage run -m pytest"
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

bench: .venv/installed-test
	.venv/bin/python -m tests.benchmarks.training_speed

lint: .venv/installed-lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

.venv/installed: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Installing into .venv; the first time downloads TensorFlow and takes some minutes."
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/installed-%: .venv/installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$*]'
	@touch $@

# pip is the last thing that venv puts there, so an interrupted one is made again
.venv/bin/pip:
	@command -v "$(PYTHON)" > /dev/null || { echo "No $(PYTHON) found. Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.10 to 3.13 is needed, $(PYTHON) is $$("$(PYTHON)" --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null \
	  || { echo "$(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
