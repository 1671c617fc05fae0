# make run       compare the network of the forum question three ways; ARGS="..." goes to the command
# make test      run the tests in WORKERS processes, without those marked slow; ARGS="..." goes to pytest
# make coverage  run the tests and fail if they run less than 95 % of the lines of harness/ and models/
# make bench     time each way of training, and ensembles of other sizes, beside Keras, JAX and C if they are installed;
#                ratios that became worse than those in logs/bench.jsonl are reported
# make accuracy  score check and diagnose on their frozen benches (about half an hour)
# make docs      build the documentation as a site in build/site, which opens without a network
# make lint      run ruff and mypy
# Each target makes .venv if it is missing, and installs again if pyproject.toml or constraints.txt changed.

PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check
PYTEST := .venv/bin/python -m pytest
WORKERS ?= 2  # 0 runs the tests in one process

# The tests start many processes; compiling the same modules in each of them would take as long as some of the tests.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test coverage bench accuracy docs lint

run: .venv/installed
	.venv/bin/harness $(ARGS)

test: .venv/installed-test
	$(PYTEST) --numprocesses=$(strip $(WORKERS)) --dist=worksteal $(ARGS)

coverage: .venv/installed-test
	.venv/bin/coverage erase
	$(MAKE) test PYTEST=".venv/bin/coverage run -m pytest"
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

bench: .venv/installed-test
	OPENBLAS_NUM_THREADS=1 .venv/bin/python -m tests.benchmarks.sizes_speed

accuracy: .venv/installed-test
	.venv/bin/python -m tests.benchmarks.check_accuracy
	.venv/bin/python -m tests.benchmarks.check_accuracy --bench second
	.venv/bin/python -m tests.benchmarks.diagnose_accuracy

docs: .venv/installed-docs
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet
	@echo "The documentation is at build/site/index.html"

lint: .venv/installed-lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

.venv/installed: pyproject.toml constraints.txt | .venv/bin/pip
	@echo "Installing into .venv; the first time downloads TensorFlow and takes some minutes."
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@# pip compiles no editable installation, and a Python that may write no bytecode would compile at every start
	.venv/bin/python -m compileall -q harness models
	@touch $@

.venv/installed-%: .venv/installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$*]'
	@touch $@

# venv installs pip last, so an interrupted one is made again
.venv/bin/pip:
	@command -v "$(PYTHON)" > /dev/null || { echo "No $(PYTHON) found. Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.10 to 3.13 is needed, $(PYTHON) is $$("$(PYTHON)" --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null \
	  || { echo "$(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
