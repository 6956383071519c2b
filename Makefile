# The whole workflow: demo · test · check · bench. All of it happens in .venv; installed again when a source has changed.
PYTHON ?= python3
TORCH ?= torch==2.13.0
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := pyproject.toml CMakeLists.txt README.md $(shell find src cpp -type f -not -name '*.pyc' -not -name '*.so')
STRICT := --config-settings=cmake.define.LEANFORMERS_STRICT=ON

.PHONY: demo test check bench stub format clean

demo: .venv/installed  ## the main job on the embedded model, without a network
	HF_HUB_OFFLINE=1 $(BIN)/leanformers demo

test: .venv/installed .venv/test-extras  ## the whole suite against the installed package
	$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal

check: .venv/installed .venv/check-extras  ## style, types, formatting, and the core's stub
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $(shell find cpp -name '*.h' -o -name '*.cc' -o -name '*.cpp')
	$(BIN)/python -m nanobind.stubgen --quiet --module leanformers._core --output-file .venv/_core.pyi
	diff --unified src/leanformers/_core.pyi .venv/_core.pyi

bench: .venv/installed .venv/test-extras  ## every claim of the README, beside the reference
	$(BIN)/python bench/import_time.py
	$(BIN)/python bench/tokenizing.py
	$(BIN)/python bench/encode.py
	$(BIN)/python bench/training.py

stub: .venv/installed .venv/check-extras  ## write the core's stub anew
	$(BIN)/python -m nanobind.stubgen --quiet --module leanformers._core --output-file src/leanformers/_core.pyi

format: .venv/check-extras
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(shell find cpp -name '*.h' -o -name '*.cc' -o -name '*.cpp')

clean:
	rm -rf .venv build dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

# torch comes first: whatever depends on it then takes the one that is there.
.venv/torch: | .venv/bin/python
	$(PIP) install $(TORCH)
	touch $@

.venv/installed: $(SOURCES) | .venv/torch
	$(PIP) install $(STRICT) --no-deps --force-reinstall .
	$(PIP) install "leanformers[torch,cli,chat]"
	touch $@

# The package is there: these only add what its extras name.
.venv/test-extras: pyproject.toml | .venv/installed
	$(PIP) install "leanformers[test]"
	touch $@

.venv/check-extras: pyproject.toml | .venv/installed
	$(PIP) install "leanformers[check]"
	touch $@
