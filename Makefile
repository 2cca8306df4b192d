# Everything runs in .venv, which the first target builds from pyproject.toml alone.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test attacks lint types docstrings doctest layers check bench clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

demo: $(VENV)/.installed  ## the main job on the embedded default, without network
	$(BIN)/mmclassic demo

# On two cores, two workers with two threads of BLAS each take up to three times as long; tests about
# threads have them on all the same (tests/conftest.py).
test: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

attacks: $(VENV)/.installed-test  ## longer than the suite: damaged files and models, kills, races, threads
	$(BIN)/python tests/features/fuzz.py 10000 40000 > $(VENV)/fuzz.log 2> $(VENV)/fuzz.err; status=$$?; tail -n 1 $(VENV)/fuzz.log; exit $$status
	$(BIN)/python tests/attacks/threads.py 3
	$(BIN)/python tests/attacks/tables.py 20000
	$(BIN)/python tests/attacks/texts.py 150
	$(BIN)/python tests/attacks/units.py
	$(BIN)/python tests/attacks/interrupts.py 20
	$(BIN)/python tests/attacks/models.py 1400
	$(BIN)/python tests/attacks/kills.py 320
	$(BIN)/python tests/attacks/races.py 20
	$(BIN)/python tests/attacks/cache.py 400

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell mmclassic tests benchmarks docs changelog.d README.md

types: $(VENV)/.installed-test
	$(BIN)/mypy

docstrings: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q tests/test_docstrings.py

doctest: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q --doctest-modules mmclassic

layers: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q tests/test_imports.py

check: test lint types docstrings doctest layers

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
