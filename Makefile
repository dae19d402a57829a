# The project's commands. Each sets up what it needs by itself, so any of them can be the first.
# Needed beforehand: Python 3.11 or newer with venv, Node 20 or newer with npm, cargo, git, make
# and a C linker; for check and test, also `cargo fmt` and `cargo clippy`.

.DEFAULT_GOAL := help
.PHONY: help setup demo generate format check docs bench bench-codegen bench-window soak e2e test test-rust test-python test-typescript

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export NO_MKDOCS_2_WARNING := 1

PYTHON := .venv/bin/python
MODULES := frontend-adapter/node_modules/.package-lock.json
EXAMPLE := examples/tauri-app
RELAY := examples/relay/target/release/relay
# Folders whose modules import each other by their bare names, as scripts do.
SCRIPTS := examples/demo examples/jsonrpcserver examples/tauri-app/backend benchmarks tools \
	frontend-adapter/test/worker
CRATES := examples/relay benchmarks/driver
# Those that take a webview to compile, which `make e2e` does.
WINDOW_CRATES := tauri-plugin-rpc-worker examples/tauri-app/src-tauri tests/window/probe
# TypeScript outside of frontend-adapter.
APPS := examples/demo/*.ts $(EXAMPLE)/src/*.ts $(EXAMPLE)/src/*.css $(EXAMPLE)/*.ts \
	$(EXAMPLE)/*.mjs tests/roundtrip/*.ts tests/templates/apps/*.ts tests/templates/apps/*.tsx \
	tests/templates/apps/*.vue tests/window/probe/page/*.ts
PRETTIER := frontend-adapter/node_modules/.bin/prettier --config frontend-adapter/.prettierrc.json
GENERATE := -m rpc_worker generate shared_api:BackendAPI --frontend shared_api:FrontendAPI
OUR_CLIENT := --out frontend-adapter/generated --io memory,node,tauri-event
DEMO_CLIENT := --out examples/demo/rpc --io tauri-event

help:
	@echo 'make demo      a tour: a window, a relay in Rust and a worker in Python talk to each other'
	@echo 'make test      every test and check, on every Python from 3.11 to 3.14 that is found'
	@echo 'make soak      what is random or numerous in the tests, in its full counts; takes half an hour'
	@echo 'make e2e       drives real Tauri windows with real workers; the first time, it builds for long'
	@echo 'make check     formatting, lint, types, generated code, documentation'
	@echo 'make format    puts formatting and generated code right'
	@echo 'make generate  renews frontend-adapter/generated from shared_api'
	@echo 'make bench     compares the worker with a hand-written loop and with jsonrpcserver'
	@echo 'make bench-codegen  what a contract of 500 methods costs, from the generator to the worker'
	@echo 'make bench-window  compares the ways from a window to Python, in a window; builds for long'
	@echo 'make docs      builds the documentation into site/'

setup: .venv/.installed $(MODULES) $(RELAY)

demo: setup
	@$(PYTHON) $(GENERATE) $(DEMO_CLIENT) >/dev/null
	@frontend-adapter/node_modules/.bin/esbuild examples/demo/tour.ts --bundle --platform=node \
		--target=node20 --format=esm --log-level=warning --outfile=examples/demo/build/tour.mjs
	@node examples/demo/build/tour.mjs

generate: .venv/.installed
	$(PYTHON) $(GENERATE) $(OUR_CLIENT)

format: setup
	.venv/bin/ruff check --fix-only --quiet
	.venv/bin/ruff format
	cd frontend-adapter && npm run --silent format
	$(PRETTIER) --write --log-level warn $(APPS)
	for crate in $(CRATES) $(WINDOW_CRATES); do \
		cargo fmt --manifest-path $$crate/Cargo.toml || exit 1; \
	done
	$(PYTHON) $(GENERATE) $(OUR_CLIENT)

check: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy rpc_worker shared_api tests
	for folder in $(SCRIPTS); do MYPYPATH=$$folder .venv/bin/mypy $$folder || exit 1; done
	.venv/bin/pyright --pythonpath $(PYTHON)
	$(PYTHON) $(GENERATE) $(OUR_CLIENT) --check
	$(PYTHON) $(GENERATE) $(DEMO_CLIENT) >/dev/null
	cd frontend-adapter && npm run --silent check
	$(PRETTIER) --check --log-level warn $(APPS)
	frontend-adapter/node_modules/.bin/tsc --project examples/demo
	for crate in $(CRATES) $(WINDOW_CRATES); do \
		cargo fmt --check --manifest-path $$crate/Cargo.toml || exit 1; \
	done
	for crate in $(CRATES); do \
		cargo clippy --quiet --all-targets --manifest-path $$crate/Cargo.toml -- -D warnings || exit 1; \
	done
	$(PYTHON) -m mkdocs build --strict

docs: .venv/.installed
	$(PYTHON) -m mkdocs build --strict
	@echo 'Open site/index.html'

bench: .venv/.installed
	$(PYTHON) benchmarks/run.py

bench-codegen: .venv/.installed $(MODULES)
	$(PYTHON) benchmarks/generate.py

# Arguments for window.py are given as ARGS.
bench-window: $(MODULES) $(EXAMPLE)/.venv/.installed
	@bash benchmarks/window.sh $(ARGS)

# The quick and the certain first; the closing lines of pytest and vitest stand at the end.
test: setup
	$(MAKE) --no-print-directory check
	$(MAKE) --no-print-directory test-rust
	$(MAKE) --no-print-directory test-python
	$(MAKE) --no-print-directory test-typescript

test-rust:
	for crate in $(CRATES); do \
		cargo test --quiet --manifest-path $$crate/Cargo.toml || exit 1; \
	done

test-python: setup
	@$(PYTHON) tools/test_pythons.py

# One Python: what differs between them, `test` has seen. A failure prints how to find it again.
soak: .venv/.installed
	SOAK=1 $(PYTHON) -m pytest --quiet tests/test_reliability.py tests/test_machine.py \
		tests/process/test_machine_process.py tests/interop/test_jsonrpcserver_dispatch.py \
		tests/roundtrip </dev/null

# Arguments for pytest are given as ARGS. What else this takes, run.sh looks for.
e2e: $(MODULES) $(EXAMPLE)/.venv/.installed $(EXAMPLE)/node_modules/.package-lock.json
	@bash tests/window/run.sh $(ARGS)

test-typescript: setup
	cd frontend-adapter && npm run --silent test

# $(call environment,FOLDER,PYTHON,GROUP). pip comes first: dependency groups need a recent one.
# jsonrpcserver is published as source only, and its build wants an environment of its own, while
# the project's own is built with the pinned hatchling.
define environment
@echo 'Setting up $(1)'
@test -x $(1)/bin/python || $(2) -m venv $(1)
@$(1)/bin/python -m pip install --quiet -c constraints.txt --upgrade pip
@$(1)/bin/python -m pip install --quiet -c constraints.txt --group build editables jsonrpcserver
@$(1)/bin/python -m pip install --quiet -c constraints.txt --group $(3) \
	--no-build-isolation --editable .
@touch $@
endef

# The oldest supported Python that is there: type checkers judge by it, and what it runs, all run.
.venv/.installed: pyproject.toml constraints.txt
	@test -n "$$(sh tools/pythons)" || { \
		echo 'No Python 3.11 to 3.14 that can make virtual environments was found: install one,'; \
		echo 'on Debian and Ubuntu with: apt install python3 python3-venv'; exit 1; } >&2
	$(call environment,.venv,$$(sh tools/pythons | sed -n '1s/^[^ ]* //p'),dev)

.venv-%/.installed: pyproject.toml constraints.txt
	$(call environment,.venv-$*,$$(sh tools/pythons | sed -n 's/^$* //p'),test)

# As the example's README has it, but that the worker's code is taken from where it is edited.
$(EXAMPLE)/.venv/.installed: pyproject.toml constraints.txt
	$(call environment,$(EXAMPLE)/.venv,$$(sh tools/pythons | sed -n '1s/^[^ ]* //p'),window)

$(EXAMPLE)/node_modules/.package-lock.json: $(EXAMPLE)/package.json $(EXAMPLE)/package-lock.json
	@echo 'Setting up $(EXAMPLE)/node_modules'
	@cd $(EXAMPLE) && npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(MODULES): frontend-adapter/package.json frontend-adapter/package-lock.json
	@echo 'Setting up frontend-adapter/node_modules'
	@cd frontend-adapter && npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(RELAY): examples/relay/Cargo.toml examples/relay/Cargo.lock $(wildcard examples/relay/src/*.rs)
	@echo 'Building $@'
	@cargo build --release --quiet --manifest-path examples/relay/Cargo.toml
	@touch $@
