# From a fresh clone: `make demo` and `make test` do all the set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := webhook certs tests examples benchmarks

.DEFAULT_GOAL := help
.PHONY: help install demo example example-box test soak test-cluster test-cgroup-v2 cluster cluster-down toolkit manifests bench bench-inpod corpus check format lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

install: $(VENV)/installed  ## .venv with the command richpod
$(VENV)/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

demo: install  ## starts the webhook over TLS, sends it a legacy application, shows what becomes of it
	$(BIN)/python examples/demo.py

example: install toolkit  ## on the test cluster, step by step: an application of a virtual machine becomes rich; root
	$(BIN)/python -m examples.tour shop

example-box: install toolkit  ## the same: a virtual machine with systemd, cron and sshd in a pod keeps what apt installs; root
	$(BIN)/python -m examples.tour box

# Programs of pods are tested by real clocks: many may wait side by side.
test: install  ## everything but the cluster tests; no root, about 5 minutes
	$(BIN)/pytest -n auto --ignore=tests/cluster --ignore=tests/inpod
	$(BIN)/pytest -n 8 --dist worksteal tests/inpod

soak: install toolkit  ## the long evidence: property tests at random for half an hour, rollouts of 200 pods; root
	$(BIN)/pytest -n auto --hypothesis-profile soak tests/admission tests/cli tests/images tests/inpod tests/certs tests/policy
	RICHPOD_ROLLOUT_PODS=200 $(BIN)/pytest -s tests/cluster/test_rollouts.py
	RICHPOD_HOOKS_ROLLOUTS=20 RICHPOD_HOOKS_KILLS=100 RICHPOD_HOOKS_PODS=100 $(BIN)/pytest -s tests/cluster/test_hooks_online.py
	RICHPOD_GATEWAY_SPARE=1.2 $(BIN)/pytest -s tests/cluster/test_gateway_rollout.py
	RICHPOD_GATEWAY_KILLS=100 RICHPOD_GATEWAY_PAUSES=20 $(BIN)/pytest -s tests/cluster/test_gateway_killed.py
	RICHPOD_GATEWAY_EDITS=100 RICHPOD_GATEWAY_AWAY=60 $(BIN)/pytest -s tests/cluster/test_gateway_troubled.py
	RICHPOD_GATEWAY_REQUESTS=10000 $(BIN)/pytest -s tests/cluster/test_gateway_hostile.py tests/cluster/test_gateway_openapi.py
	RICHPOD_LIVES=1000 $(BIN)/pytest -n auto tests/gateway/test_agreement.py
	RICHPOD_AUTHORIZE_PODS=100 RICHPOD_AUTHORIZE_ROLLED_PODS=150 RICHPOD_AUTHORIZE_KILLS=20 $(BIN)/pytest -s tests/cluster/test_authorize_many.py
	RICHPOD_AUTHORIZE_REPLACED=200 $(BIN)/pytest -s tests/cluster/test_authorize_fixed_ip.py
	RICHPOD_FILL_KILLS=100 $(BIN)/pytest -s tests/inpod/test_fill.py
	RICHPOD_MACHINE_PAIRS=10 $(BIN)/pytest -s tests/cluster/test_machines_apart.py
	RICHPOD_PERSIST_RESTARTS=10 RICHPOD_PERSIST_KILLS=10 $(BIN)/pytest -s tests/cluster/test_pods_persist.py

test-cluster: install toolkit  ## on a real API server, kubelet, containerd, runc, gVisor and lxcfs; root
	$(BIN)/python -m tests.cluster build
	$(BIN)/pytest -n 2 --dist loadfile --durations=30 tests/cluster

test-cgroup-v2: install toolkit  ## by hand: machines in pods on a node with cgroup v2, which QEMU emulates; root
	$(BIN)/python -m tests.cluster build
	$(BIN)/pytest -s -v tests/cluster/guest/cgroup_v2.py

cluster: install toolkit  ## starts the test cluster and says how to use it
	$(BIN)/python -m tests.cluster up

cluster-down: install  ## stops it, and those of tests; nothing stays behind
	$(BIN)/python -m tests.cluster down

toolkit: install  ## the static binaries that pods get, in build/toolkit
	@$(MAKE) --no-print-directory -f webhook/inpod/toolkit.mk PYTHON=$(BIN)/python

manifests: install  ## manifests/ of the built-in policy
	$(BIN)/richpod manifests --output-dir manifests

bench: install  ## ratios in one run; writes build/bench.json
	$(BIN)/python -m benchmarks

bench-inpod: install toolkit  ## what runs inside pods; with KUBECONFIG of the test cluster also how long pods take to start
	$(BIN)/python -m benchmarks --inpod
	[ -z "$$KUBECONFIG" ] || RICHPOD_START_ROUNDS=9 $(BIN)/pytest -q -s tests/cluster/test_start_overhead.py tests/cluster/test_switch_overhead.py

corpus: install  ## what becomes of the corpus of real manifests; writes docs/corpus.md
	$(BIN)/python -m tests.corpus

check: install  ## format, lint, types
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

format: install  ## formats the code
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lock: install  ## newest versions that pyproject.toml allows, into requirements.lock
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --extra test --upgrade --no-annotate --custom-compile-command 'make lock' pyproject.toml -o requirements.lock

clean:  ## removes what make made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
