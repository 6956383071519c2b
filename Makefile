# The whole workflow: demo · test · check · bench. All of it happens in .venv; installed again when a source has changed.
PYTHON ?= python3
TORCH ?= torch==2.13.0
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := pyproject.toml CMakeLists.txt README.md $(shell find src cpp -type f -not -name '*.pyc' -not -name '*.so')
STRICT := --config-settings=cmake.define.LEANFORMERS_STRICT=ON

.PHONY: demo test test-long sanitize aarch64 fuzz check bench bench-tokenizers stub format clean

demo: .venv/installed  ## the main job on the embedded model, without a network
	HF_HUB_OFFLINE=1 $(BIN)/leanformers demo

test: .venv/installed .venv/test-extras  ## the whole suite against the installed package
	$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal

test-long: .venv/installed .venv/test-extras  ## proofs that take minutes to hours: every scalar value, many texts and files
	nice $(BIN)/python -m pytest --numprocesses=2 --dist=worksteal -m long

# The tests of the core under AddressSanitizer and UndefinedBehaviorSanitizer. CPython keeps memory until it ends, so
# that leaks are looked for by the fuzzers instead, which know nothing of Python.
SANITIZED := build/sanitize
SANITIZED_TESTS ?= tests/core/test_added_tokens.py tests/core/test_charsmap.py \
  tests/core/test_blocks.py tests/core/test_byte_level_scan.py::test_random_texts tests/tokenizers/test_corner_cases.py \
  tests/tokenizers/test_large_tables.py tests/tokenizers/test_plan_cache.py tests/tokenizers/test_texts_together.py \
  $(wildcard tests/tokenizers/test_traps_*.py) \
  'tests/tokenizers/test_random_tokenizers.py::test_the_first_thousand_tokenizers_by_seed[0]'
sanitize: .venv/installed .venv/test-extras .venv/check-extras  ## the core's tests under ASan and UBSan
	cmake -S . -B $(SANITIZED) -DCMAKE_BUILD_TYPE=Release -DLEANFORMERS_SANITIZE=ON -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python
	cmake --build $(SANITIZED) --parallel 2
	mkdir -p $(SANITIZED)/package && cp -r src/leanformers $(SANITIZED)/package/ && cp $(SANITIZED)/_core*.so $(SANITIZED)/package/leanformers/
	LD_PRELOAD="$$($(CXX) -print-file-name=libasan.so) $$($(CXX) -print-file-name=libstdc++.so)" \
	  ASAN_OPTIONS=detect_leaks=0:halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	  PYTHONPATH=$(SANITIZED)/package $(BIN)/python -m pytest -q -p no:cacheprovider $(SANITIZED_TESTS)

AARCH64_TESTS ?= tests/tokenizers/test_instruction_sets.py tests/tokenizers/test_golden.py $(SANITIZED_TESTS)
aarch64: .venv/installed .venv/test-extras .venv/check-extras  ## the core's tests on 64-bit ARM, emulated
	.ci/aarch64 $(AARCH64_TESTS)

# Seconds for each target. What a run finds besides the corpus of the repository is kept in build/fuzz.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := encode regex charsmap json_tables vocabulary_files
LIMITS := -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/
fuzz: .venv/installed .venv/check-extras .venv/fuzz-extras  ## coverage-guided fuzzing of the readers and of the core; needs clang
	mkdir -p build/fuzz/found/readers
	$(BIN)/python tests/tokenizers/fuzz_readers.py -max_total_time=$(FUZZ_SECONDS) $(LIMITS) -max_len=6000 \
	  build/fuzz/found/readers tests/tokenizers/fuzz_corpus
	cmake -S . -B build/fuzz -DCMAKE_BUILD_TYPE=Release -DLEANFORMERS_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ \
	  -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python
	cmake --build build/fuzz --parallel 2 --target $(addprefix fuzz_,$(FUZZ_TARGETS))
	for target in $(FUZZ_TARGETS); do \
	  mkdir -p build/fuzz/found/$$target && \
	  build/fuzz/fuzz_$$target -max_total_time=$(FUZZ_SECONDS) $(LIMITS) -max_len=4096 \
	    build/fuzz/found/$$target cpp/fuzz/corpus/$$target || exit 1; \
	done

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
	$(BIN)/python bench/generation.py
	$(BIN)/python bench/training.py
	$(BIN)/python bench/hub.py

# Arguments for the script, such as BENCH="--quick --only BERT".
BENCH ?= --chart build/tokenizer_speed.svg --json build/tokenizer_speed.jsonl
bench-tokenizers: .venv/installed .venv/bench-extras  ## the speed of tokenizing and loading, beside all that is installed
	mkdir -p build
	$(BIN)/python bench/tokenizer_speed.py $(BENCH)
	$(BIN)/python bench/loading.py

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
	$(PIP) install "leanformers[torch,cli,chat,hub]"
	touch $@

# The package is there: these only add what its extras name.
.venv/test-extras: pyproject.toml | .venv/installed
	$(PIP) install "leanformers[test]"
	touch $@

.venv/bench-extras: pyproject.toml | .venv/installed
	$(PIP) install "leanformers[bench]"
	touch $@

.venv/check-extras: pyproject.toml | .venv/installed
	$(PIP) install "leanformers[check]"
	touch $@

.venv/fuzz-extras: pyproject.toml | .venv/installed
	$(PIP) install "leanformers[fuzz]"
	touch $@
