#!/usr/bin/env bash
# Everything that must hold before a change goes in: formatting, vet, static
# analysis, and all tests under the race detector with real servers and a real
# browser. Stops at the first step that fails.
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

step "model"
scripts/model.sh

step "go test -race"
# A test that finds no server fails instead of being skipped. Two packages at a
# time: each of them keeps several cores busy, and timers must still be met.
SECKILL_TEST_REQUIRE_SERVICES=1 go test -race -timeout 40m -p 2 "$@" ./...
