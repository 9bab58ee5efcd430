.DEFAULT_GOAL := help
SHELL := /bin/bash

RUN := .run
SERVERS := deploy/local-servers.sh run
SWIFT_FLAGS ?=
VENV ?= $(RUN)/venv
export VENV
export MODEL_PYTHON ?= $(abspath $(VENV))/bin/python
# An orchestrator and model nodes of somebody else, for tests; used when they are there.
export MODEL_RIG_DIR ?= $(abspath ../shared/rig/model_runner)
# Minute candles of a real market, for tests; used when they are there.
export CANDLES_DIR ?= $(abspath ../shared/data/candles)
# Tests at the same time: with all at once each one's limits count the work of all the others. Empty for Swift before 6.3.
TEST_WIDTH ?= 8
DEMO_SECONDS ?=
COMPOSE ?= docker compose
# MANAGED=1: PostgreSQL and Redis are somebody else's.
export MANAGED
COMPOSED = $(COMPOSE) $(if $(MANAGED),-f docker-compose.yml -f deploy/compose.managed.yml)
# Whether there are containers of make deploy.
DEPLOYED = $(COMPOSED) ps -aq 2>/dev/null | grep -q .
CHECKS := $(RUN)/checks
# The servers that were started last tell where they are.
SERVED = set -a; . "$$(ls -t $(RUN)/env $(RUN)/demo/env 2>/dev/null | head -1)" 2>/dev/null || { echo "nothing runs here" >&2; exit 1; };
# A release archive has the executables.
RELEASE_BIN = $(or $(patsubst %/coordinator,%,$(wildcard bin/coordinator)),$(shell swift build -c release $(SWIFT_FLAGS) --show-bin-path))

.PHONY: help
help: ## List all targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: setup
setup: ## Install what is missing: headers, Redis, PostgreSQL, Python environment.
	@deploy/setup.sh

.PHONY: build
build: setup ## Build everything in release mode.
	@echo "building in release mode; the first time takes about ten minutes"
	@swift build -c release $(SWIFT_FLAGS)

.PHONY: demo
demo: build ## Run a whole competition on real prices; DEMO_SECONDS=60 ends it by itself.
	@export RUN_DIR=$(RUN)/demo; exec $(SERVERS) -- $(RELEASE_BIN)/coordinator up --demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

.PHONY: up
up: build .local.env ## Run the node with the settings of .local.env, on a private Redis and PostgreSQL.
	@set -a && . ./.local.env && set +a && exec $(SERVERS) -- $(RELEASE_BIN)/coordinator up

.local.env:
	@cp .local.env.example .local.env
	@echo "made .local.env from .local.env.example"

.PHONY: down
down: ## Drain and stop what make up, make demo or make deploy started; data stays.
	@running=; \
	 if [ -e $(RUN)/up.json ]; then running=1; $(RELEASE_BIN)/coordinator down; fi; \
	 if $(DEPLOYED); then running=1; $(COMPOSED) --profile '*' down; fi; \
	 [ -n "$$running" ] || echo "nothing runs here"

.PHONY: logs
logs: ## Follow the logs of all workers, or of the containers of make deploy.
	@if [ -e $(RUN)/up.json ]; then exec tail -n 20 -F $(RUN)/logs/*.log; \
	 elif $(DEPLOYED); then exec $(COMPOSED) logs --tail 20 --follow; fi; \
	 echo "nothing runs here; logs of what ran by make up or make demo are in $(RUN)/logs" >&2; exit 1

.PHONY: status
status: ## Show stages, totals and leaderboard of what runs here.
	@$(SERVED) $(RELEASE_BIN)/coordinator status

.PHONY: streams
streams: ## Show the streams of what runs here: length, groups, pending, lag.
	@$(SERVED) $(RELEASE_BIN)/coordinator streams

.PHONY: test
test: ## Build and run all tests against a real Redis and PostgreSQL; FILTER names some.
	@swift build --build-tests $(SWIFT_FLAGS)
	@$(if $(FILTER),$(TESTED) --filter '$(FILTER)',$(TESTED) --skip '$(WHOLE_NODES)' && $(TESTED) --filter '$(WHOLE_NODES)')

# Tests of whole nodes come after all others: a node has a dozen processes, and its models a second to answer.
WHOLE_NODES := ^EndToEndTests
TESTED = $(SERVERS) --test -- env SWIFT_DETERMINISTIC_HASHING=1 stdbuf -oL swift test --skip-build $(SWIFT_FLAGS) \
  $(if $(TEST_WIDTH),--experimental-maximum-parallelization-width $(TEST_WIDTH))

.PHONY: test-vectors
test-vectors: ## Run the tests of golden vectors on another set of them, in VECTORS_DIR.
	@test -d "$(VECTORS_DIR)" || { echo "VECTORS_DIR must be a folder of vectors" >&2; exit 64; }
	@$(MAKE) test FILTER='ConformanceTests|VectorTests|AccessTests'

.PHONY: simulate
simulate: ## Run score and checkpoint workers under seeded schedules of faults; SIMULATION_SEED=n repeats one, with its trace.
	@swift build --build-tests $(SWIFT_FLAGS)
	@SIMULATION_SECONDS=$${SIMULATION_SECONDS:-60} SWIFT_DETERMINISTIC_HASHING=1 \
	  swift test --skip-build $(SWIFT_FLAGS) --filter 'SimulationTests.ScheduleTests/schedules'

.PHONY: faults
faults: ## Break things on purpose, a tenth as often as chaos, in about seven minutes; FILTER names some.
	@swift build --build-tests $(SWIFT_FLAGS)
	@FAULTS=1 $(SERVERS) --test -- stdbuf -oL swift test --skip-build $(SWIFT_FLAGS) --filter 'FaultsTests.*$(FILTER)'

.PHONY: chaos
chaos: ## All repetitions of all faults, and an hour of them at random; bounds in seconds are judged.
	@swift build --build-tests $(SWIFT_FLAGS)
	@CHAOS=1 $(SERVERS) --test -- stdbuf -oL swift test --skip-build $(SWIFT_FLAGS) --filter 'FaultsTests.*$(FILTER)'

.PHONY: check-api
check-api: ## Try the report API against its OpenAPI document with schemathesis; API_SECONDS bounds it.
	@swift build $(SWIFT_FLAGS) --product report-worker
	@swift build $(SWIFT_FLAGS) --product coordinator
	@python3 -m venv $(RUN)/api && $(RUN)/api/bin/pip install -q --disable-pip-version-check -r Tests/Conformance/API/requirements.txt
	@$(SERVERS) --test -- env BIN=$$(swift build $(SWIFT_FLAGS) --show-bin-path) $(RUN)/api/bin/python -B Tests/Conformance/API/check_api.py

.PHONY: check-dashboard
check-dashboard: ## Look at the dashboard in Chromium: every page, by keyboard, without a script; screenshots in .run/dashboard.
	@deploy/setup-browser.sh
	@swift build $(SWIFT_FLAGS) --product report-worker
	@swift build $(SWIFT_FLAGS) --product score-worker
	@swift build $(SWIFT_FLAGS) --product coordinator
	@python3 -m venv $(RUN)/browser && $(RUN)/browser/bin/pip install -q --disable-pip-version-check -r Tests/Dashboard/requirements.txt
	@$(RUN)/browser/bin/pip install -q --disable-pip-version-check --no-deps axe-playwright-python==0.1.8
	@$(SERVERS) --test -- env BIN=$$(swift build $(SWIFT_FLAGS) --show-bin-path) DASHBOARD_SHOTS=$(RUN)/dashboard \
	  AXE=$$(echo $(RUN)/browser/lib/python3*/site-packages/axe_playwright_python/axe.min.js) \
	  $(RUN)/browser/bin/python -B Tests/Dashboard/check_dashboard.py

.PHONY: lint
lint: ## Check the format of all sources.
	@swift format lint --strict --recursive Package.swift Shared Services Tests

.PHONY: format
format: ## Format all sources.
	@swift format --in-place --recursive Package.swift Shared Services Tests

.PHONY: bench
bench: bench-score bench-predict bench-feeds bench-report bench-verify bench-callables ## Run all benchmarks.

.PHONY: bench-score
bench-score: build ## Time score workers beside a reference in C; REPETITIONS, WORKERS, HISTORY, PARTS shorten it.
	@mkdir -p $(RUN)/bench
	@$(CC) -O2 -Wall -Wextra -o $(RUN)/bench/score_reference Tests/Benchmarks/reference/score_reference.c \
	  $$(pkg-config --cflags --libs hiredis libpq)
	@RUN_DIR=$(RUN)/bench $(SERVERS) -- env BIN=$(RELEASE_BIN) REFERENCE=$(RUN)/bench/score_reference \
	  python3 -B Tests/Benchmarks/bench_score.py

.PHONY: bench-predict
bench-predict: build ## Time the predict worker beside a bare gRPC client; MODELS and SAMPLES shorten it.
	@RUN_DIR=$(RUN)/bench $(SERVERS) -- env BIN=$(RELEASE_BIN) python3 -B Tests/Benchmarks/bench_predict.py

.PHONY: bench-feeds
bench-feeds: build ## Time the feed worker beside COPY, with 500 subjects a second, and look-ups on a long history; SUBJECTS, RECORDS, ROWS, REPETITIONS, PARTS shorten it.
	@RUN_DIR=$(RUN)/bench $(SERVERS) -- env BIN=$(RELEASE_BIN) python3 -B Tests/Benchmarks/bench_feeds.py

.PHONY: bench-report
bench-report: build ## Time the report API with wrk on 1,000,000 predictions, and a whole node under load; PREDICTIONS, REPETITIONS, PATHS, PARTS shorten it.
	@command -v wrk >/dev/null || { echo "wrk is missing; install it (Debian: apt-get install wrk)" >&2; exit 1; }
	@RUN_DIR=$(RUN)/bench $(SERVERS) -- env BIN=$(RELEASE_BIN) python3 -B Tests/Benchmarks/bench_report.py

.PHONY: bench-verify
bench-verify: build ## Time coordinator verify on 1,000,000 scores, and on them with one digit changed; TASKS, MODELS, INTERVALS shorten it.
	@mkdir -p $(RUN)/bench
	@RUN_DIR=$(RUN)/bench $(SERVERS) -- env BIN=$(RELEASE_BIN) python3 -B Tests/Benchmarks/bench_verify.py

.PHONY: bench-callables
bench-callables: build ## Time scoring functions: built-in, of a dynamic library, in Python; and 1,000 models compared with each other.
	@mkdir -p $(RUN)/bench
	@$(CC) -O2 -shared -fPIC -I Shared/CScoring -o $(RUN)/bench/directional.so Tests/Examples/plugins/directional.c
	@PYTHONPATH=Tests/Benchmarks PYTHONDONTWRITEBYTECODE=1 $(RELEASE_BIN)/CallableBench $(abspath $(RUN))/bench/directional.so directional:score

.PHONY: deploy
# A release archive has the executables; they go into the image as they are.
PREBUILT = $(if $(wildcard bin/coordinator),.prebuilt)
deploy images: export COORDINATOR_BINARIES ?= $(if $(PREBUILT),prebuilt,build)
deploy images: export NODE_IMAGE ?= coordinator-node$(if $(PYTHON),-python)
deploy images: export NODE_TARGET ?= $(if $(PYTHON),python,runtime)
deploy: deploy/node.env $(PREBUILT) ## Run the node in containers, with the settings of deploy/node.env; PROFILE=monitoring watches it, PYTHON=1 is for functions in Python, MANAGED=1 for PostgreSQL and Redis of others.
	@deploy/secrets.sh
	@running=$$($(COMPOSED) ps -aq score-worker 2>/dev/null | grep -c .); \
	 export SCORE_WORKERS=$${SCORE_WORKERS:-$$(( running > 0 ? running : 1 ))}; \
	 $(COMPOSED) $(if $(PROFILE),--profile $(PROFILE)) up -d --build --wait

.PHONY: images
images: deploy/node.env $(PREBUILT) ## Make the images that make deploy runs, and start nothing: for workspaces of coordinator init; PYTHON=1 as there.
	@$(COMPOSED) build

.prebuilt: $(wildcard bin/*)
	@rm -rf $@ && mkdir -p $@/lib && cp -R bin $@/

deploy/node.env:
	@cp deploy/node.env.example $@
	@echo "made $@ from deploy/node.env.example"

.PHONY: scale
scale: ## Run that many score workers in containers: make scale score=4.
	@$(COMPOSED) up -d --no-build --no-recreate --wait --scale score-worker=$(or $(score),$(error say how many: make scale score=4)) score-worker

.PHONY: dist
dist: ## Make the archives of a release in dist/, with checksums and a bill of materials; IMAGE=1 makes the images too.
	@deploy/dist.sh

.PHONY: check-roles
check-roles: ## Try the users of Redis and the roles of PostgreSQL on real servers.
	@python3 -B deploy/tests/servers_test.py

.PHONY: check-deploy
check-deploy: deploy/node.env $(PREBUILT) ## Check rules, dashboards, runbook, compose file and manifests, in seconds and without servers.
	@deploy/setup-checks.sh $(CHECKS)
	@PATH="$(abspath $(CHECKS))/bin:$$PATH" $(CHECKS)/bin/python -B deploy/tests/files_test.py

.PHONY: clean
clean: ## Remove data, logs and the Python environment; builds stay.
	@for path in $$(cat $(RUN)/postgres.path $(RUN)/demo/postgres.path $(RUN)/bench/postgres.path 2>/dev/null); do \
	  case "$$path" in */coordinator-postgres-*) rm -rf "$$path" ;; esac; done
	@rm -rf $(RUN)
