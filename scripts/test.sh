#!/usr/bin/env bash
# Everything that a change can break: formatting, vet, static analysis, all tests
# with real servers and a real browser, and the model. Where there are more cases
# than there is time for, it runs a share of them, which the commit chooses;
# with SECKILL_TEST_SOAK=1, as scripts/soak.sh has it, all.
#
#   scripts/test.sh [FLAG...]    flags of go test, for all packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

commit=$(git rev-parse HEAD 2>/dev/null || echo 0)
export SECKILL_TEST_SEED=${SECKILL_TEST_SEED:-$((16#${commit:0:7}))}
export SECKILL_TEST_SOAK=${SECKILL_TEST_SOAK:-0}
# A test that finds no server fails instead of being skipped.
export SECKILL_TEST_REQUIRE_SERVICES=1
# The same code in another folder is not compiled again.
export GOFLAGS="${GOFLAGS:-} -trimpath"

# SQLite is C that was translated to Go, and Lua an interpreter in Go: under the race
# detector they take most of the time, and there is nothing of ours in them to find.
race=(-race -gcflags=modernc.org/...=-race=false -gcflags=github.com/yuin/gopher-lua/...=-race=false)

# The race detector is where goroutines meet: in the tests that call the program's
# code, and in some of the processes that others start. Those others are clients, and
# have it in a soak alone. Some of them assert times then, so nothing runs beside them.
clients=(./internal/proof/e2e ./internal/proof/chaos ./web/ui ./internal/proof/...)
clients_run=()
mapfile -t callers < <(go list ./... | grep -vE '/internal/proof(/|$)|/web/ui$')
operations=(20000 "$SECKILL_TEST_SEED") # of the model
if [[ $SECKILL_TEST_SOAK == 1 ]]; then clients_run=("${race[@]}") operations=(200000); fi

step() { printf '== %s (after %d s)\n' "$*" "$SECONDS"; }

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

# Built once for all tests that start it, and where the last run had it.
step "go build"
export SECKILL_TEST_BINARY=$PWD/bin/test/seckill SECKILL_TEST_BINARY_RACE=$PWD/bin/test/seckill-race
go build -o "$SECKILL_TEST_BINARY" ./cmd/seckill
go build "${race[@]}" -o "$SECKILL_TEST_BINARY_RACE" ./cmd/seckill

step "tests, drawn by SECKILL_TEST_SEED=$SECKILL_TEST_SEED"
# The clients run beside the callers, in a process group of their own, which is ended as
# a whole; they tell what they have to say at the end.
said=$(mktemp)
set -m
go test -vet=off -timeout 120m -p 1 "${clients_run[@]}" "$@" "${clients[@]}" >"$said" 2>&1 &
clients_pid=$!
set +m
trap 'kill -- "-$clients_pid" 2>/dev/null || true; rm -f "$said"' EXIT

finish_clients() {
  local result=0
  wait "$clients_pid" || result=$?
  step "end-to-end tests"
  cat "$said"
  return $result
}

failed=0
if [[ $SECKILL_TEST_SOAK == 1 ]]; then finish_clients || failed=1; fi
go test "${race[@]}" -vet=off -timeout 40m -p 2 "$@" "${callers[@]}" || failed=1
step "staticcheck"
go tool staticcheck ./... || failed=1
step "model"
scripts/model.sh "${operations[@]}" || failed=1
if [[ $SECKILL_TEST_SOAK != 1 ]]; then finish_clients || failed=1; fi
step "done"
exit $failed
