# A fresh machine needs python3 (3.11 to 3.13) and make. `make demo` first.
PY := .venv/bin/python
READY := .venv/ready

.PHONY: demo test test-long test-trainers test-duckdb check bench clean help

help:                ## these lines
	@grep -hE '^[a-z-]+: .*##' Makefile | sed -E 's/: .*## */\t/'

demo: $(READY)       ## the bundled samples through the demo recipe
	@.venv/bin/winnow demo

test: $(READY)       ## all tests that end in minutes
	@$(PY) -m pytest -m "not long" -n $$($(PY) -c 'import os; print((os.cpu_count() or 1) + 1)') --dist loadfile  # some wait for servers

test-long: $(READY)  ## the campaigns
	@$(PY) -m pytest -m long

TRAINERS := .venv-trainers
test-trainers: $(READY)  ## TRL and PEFT for some steps, loaders of axolotl and LLaMA-Factory, in an environment of their own
	@test -x $(TRAINERS)/bin/python || python3 -m venv $(TRAINERS)
	@$(TRAINERS)/bin/python -m pip install -q --disable-pip-version-check -r tests/trainers/requirements.txt
	@$(TRAINERS)/bin/python -m pip install -q --disable-pip-version-check --no-deps -r tests/trainers/loaders.txt
	@WINNOW_HOME=$(TRAINERS)/home .venv/bin/winnow run tests/trainers/shapes.yaml --data tests/dumps
	@WINNOW_HOME=$(TRAINERS)/home .venv/bin/winnow run tests/trainers/shapes.yaml --data tests/dumps --set name=implicit --set exports.preference.implicit=true
	@$(TRAINERS)/bin/python tests/trainers/tiny.py $(TRAINERS)/tiny
	@$(TRAINERS)/bin/python tests/trainers/check_trl.py $(TRAINERS)/home/releases/shapes/current $(TRAINERS)/tiny sft preference kto reward
	@$(TRAINERS)/bin/python tests/trainers/check_trl.py $(TRAINERS)/home/releases/implicit/current $(TRAINERS)/tiny preference
	@for name in shapes implicit; do $(TRAINERS)/bin/python tests/trainers/check_loaders.py $(TRAINERS)/home/releases/$$name/current $(TRAINERS)/tiny || exit 1; done

DUCKDB := .venv-duckdb
test-duckdb: $(READY)  ## the questions in the plain DuckDB shell over hf://, by its own extension, in an environment of its own
	@test -x $(DUCKDB)/bin/python || python3 -m venv $(DUCKDB)
	@$(DUCKDB)/bin/python -m pip install -q --disable-pip-version-check -r tests/hub/duckdb.txt
	@$(PY) -m pytest tests/hub/test_duckdb_shell.py

check: $(READY)      ## lint, format, types, import rules
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: $(READY)      ## speed beside other tools, as ratios: make bench FILES="data/raw/alpaca/*.json"
	@test -n "$(FILES)" || { echo 'name some dumps: make bench FILES="data/raw/alpaca/*.json"'; exit 64; }
	@for name in overlap reading whole dedup; do echo "== $$name"; $(PY) benchmarks/$$name.py $(FILES) || exit 1; done

clean:               ## the environment and finished steps; dumps and releases stay
	rm -rf .venv data/work

$(READY): requirements.lock pyproject.toml
	@echo "making .venv: about a minute, once"
	@python3 -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "python3 is %d.%d; winnow needs 3.11 to 3.13" % sys.version_info[:2])'
	@test -x $(PY) || python3 -m venv .venv
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock  # the lock is whole: nothing to resolve
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(PY) -m flows.kernels
	@touch $(READY)
