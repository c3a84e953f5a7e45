# Every command of the project, and the only list of them: `make help`.
# The first use of a target sets up what it needs (.venv, from constraints.txt); after that it starts at once.

PYTHON ?= python3
BIN := .venv/bin
MEMBERS := contracts shared $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
MANIFESTS := $(addsuffix /pyproject.toml,$(MEMBERS))
EDITABLE := $(patsubst %,-e ./%,$(subst shared,shared[s3],$(MEMBERS)))
UV := $(BIN)/uv --quiet
INSTALL := $(UV) pip install --python $(BIN)/python --constraints constraints.txt --build-constraints constraints.txt
PYTEST := $(BIN)/pytest
FAST := not deep and not rabbit and not postgres
CORPUS := ../shared/corpora/email
FUZZ_SECONDS ?= 180

# A company's own certificate authority is known to the system, not to uv.
export UV_SYSTEM_CERTS := $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),1,0)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile

# --- run it -----------------------------------------------------------------------------------------------------------

.PHONY: run demo
run: .venv/.run ## Start every service in one process: HTTP on 127.0.0.1:8080, SMTP on 127.0.0.1:2525, data in ./var
	@exec $(BIN)/threadline up

demo: .venv/.run ## Send one input through every door there is, and show the tickets that came out
	@exec $(BIN)/threadline demo

# --- change it --------------------------------------------------------------------------------------------------------

.PHONY: check fmt test test-fast test-deep fuzz bench bench-grouping schema corpus corpus-adapter lock
check: .venv/.dev ## Lint, types, import rules, schemas and the example settings: everything but the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy contracts shared services tests
	$(BIN)/lint-imports
	$(BIN)/python contracts/generate.py --check

fmt: .venv/.dev ## Format the code, and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test-fast: .venv/.dev ## The fast half of the tests: pure code and one-process conformance
	$(PYTEST) -n 2 -m '$(FAST)' tests/unit tests/conformance

test: test-fast ## The whole suite, real servers included: at most 15 minutes on 2 cores
	$(PYTEST) -m 'not deep' tests/browser
	$(PYTEST) -m 'not deep and (rabbit or postgres)' tests/conformance
	$(PYTEST) -m 'not deep' tests/integration tests/corpus tests/e2e

test-deep: .venv/.dev ## Long campaigns, clusters and million-row runs
	$(PYTEST) -m deep tests

fuzz: .venv/.fuzz ## Let a coverage-guided fuzzer look for mails that escape the parser (FUZZ_SECONDS=180)
	@mkdir -p .cache/fuzz/mail
	PYTHONPATH=tests $(BIN)/python tests/fuzz/fuzz_mail.py -max_total_time=$(FUZZ_SECONDS) -dict=tests/fuzz/mail.dict \
	  -max_len=65536 -timeout=20 -rss_limit_mb=2048 -artifact_prefix=.cache/fuzz/ .cache/fuzz/mail tests/corpus/email

bench: .venv/.dev ## Rate, CPU a message, latency and memory against limits measured in the same run
	PYTHONPATH=tests $(BIN)/python -m benchmarks

bench-grouping: .venv/.dev ## Group labelled, simulated customers with our rules and with those of four help desks
	PYTHONPATH=tests $(BIN)/python -m benchmarks.grouping --chart docs/images/grouping.svg

schema: .venv/.dev ## Generate the JSON Schemas, AsyncAPI, OpenAPI and examples from the code
	$(BIN)/python contracts/generate.py

corpus: .venv/.dev ## Score the mail normaliser on the peers' fixtures (in ../shared/corpora/email)
	$(BIN)/python $(CORPUS)/score.py --set dev --cmd "$$($(MAKE) --silent corpus-adapter)"

corpus-adapter: .venv/.dev ## Print the command that the corpus scorer calls
	@echo $(CURDIR)/$(BIN)/python $(CURDIR)/tests/corpus/adapter.py

lock: .venv/.dev ## Renew constraints.txt: every dependency of every member, pinned and hashed
	$(UV) pip compile pyproject.toml --group dev --group fuzz $(MANIFESTS) --all-extras --universal --python-version 3.11 \
	  --generate-hashes --upgrade --no-annotate --no-emit-index-url \
	  $(addprefix --no-emit-package threadline-,$(notdir $(MEMBERS))) \
	  --custom-compile-command "make lock" --output-file constraints.txt

# --- containers -------------------------------------------------------------------------------------------------------

.PHONY: images up down
images: .env ## Build one container image for each service
	docker compose build

up: .env ## Start everything on one host with Docker: RabbitMQ, PostgreSQL and one container for each service
	docker compose up --detach --build --wait

down: .env ## Stop the containers; their volumes stay
	docker compose down

# The secrets of this host, drawn once; the console asks for THREADLINE_API_TOKEN.
.env:
	@umask 077; secret() { echo "$$1$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"; }; \
	{ secret BUS_PASSWORD=; secret DATABASE_PASSWORD=; \
	  secret THREADLINE_API_TOKEN=; secret THREADLINE_TOKEN_KEYS=k1:; } >$@

# --- set-up -----------------------------------------------------------------------------------------------------------
# Stamps: `.run` has what the gateway needs, `.dev` the tools and tests as well. A changed manifest or pin renews both.

.venv/.uv: constraints.txt
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer with venv is needed (found: $$($(PYTHON) --version 2>/dev/null || echo none)):" \
	    "sudo apt-get install -y python3 python3-venv" >&2; exit 1; }
	@echo "Setting up .venv (once) ..." >&2
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv  # never one Python's over another's
	@sed -n '/^uv==/,/[^\\]$$/p' constraints.txt >.venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt
	@touch $@

.venv/.run: .venv/.uv $(MANIFESTS)
	@$(INSTALL) $(EDITABLE)
	@touch $@

.venv/.dev: .venv/.run pyproject.toml
	@$(INSTALL) --group dev $(EDITABLE)
	@touch $@

.venv/.fuzz: .venv/.dev
	@$(INSTALL) --group fuzz
	@touch $@
