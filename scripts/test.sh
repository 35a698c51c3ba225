#!/usr/bin/env bash
# Everything that must hold before a change goes in: formatting, vet, static
# analysis, the model, and all tests under the race detector with real servers and
# a real browser. Stops at the first step that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '== %s\n' "$*"; }

step "tools and services"
scripts/tools.sh
scripts/services.sh up

step "gofmt"
unformatted=$(gofmt -l cmd configs internal seckill web worker)
if [[ -n $unformatted ]]; then
  printf 'not formatted, run make fmt:\n%s\n' "$unformatted" >&2
  exit 1
fi

step "go vet"
go vet ./...

step "staticcheck"
go tool staticcheck ./...

# The model does nothing but compute, and the tests often wait. It takes what they
# leave of the processors: its priority is the lowest, so that timers are met.
step "go test -race, and the model beside it"
model_says=$(mktemp)
set -m # in a process group of its own, which can be ended as a whole
nice -n 19 scripts/model.sh >"$model_says" 2>&1 &
model=$!
set +m
trap 'kill -- "-$model" 2>/dev/null || true; rm -f "$model_says"' EXIT

# A test that finds no server fails instead of being skipped. Two packages at a
# time: each of them keeps several cores busy, and timers must still be met. They
# begin in this order: the one that takes as long as all others together is the
# first, so that it is not alone at the end. Vet has seen all of them.
tests=0
SECKILL_TEST_REQUIRE_SERVICES=1 go test -race -vet=off -timeout 40m -p 2 "$@" \
  ./internal/proof/e2e ./... || tests=$?

step "model"
agrees=0
wait "$model" || agrees=$?
cat "$model_says"
((tests == 0 && agrees == 0))
