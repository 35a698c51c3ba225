#!/usr/bin/env bash
# Everything that a change can break: formatting, vet, static analysis, all tests
# with real servers and a real browser, and the model. Where there are more cases
# than ten minutes have room for, it runs a share of them, which the commit chooses;
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

# The race detector is where goroutines meet: in the tests that call the program's
# code. Those that start processes and are their clients have it in a soak alone;
# the processes that are there for it are built with it anyway.
clients=(./internal/proof/e2e ./internal/proof/chaos ./web/ui ./internal/proof/...)
mapfile -t callers < <(go list ./... | grep -vE '/internal/proof(/|$)|/web/ui$')
race_of_clients=()
operations=20000
if [[ $SECKILL_TEST_SOAK == 1 ]]; then race_of_clients=(-race) operations=200000; fi

step() { printf '== %s (after %d s)\n' "$*" "$SECONDS"; }

said=$(mktemp -d)
declare -A beside=()
set -m # what runs beside has a process group of its own, which can be ended as a whole
tidy() {
  local pid
  for pid in "${beside[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
  rm -rf "$said"
}
trap tidy EXIT

# start NAME COMMAND...: runs it beside the others.
start() {
  local name=$1
  shift
  "$@" >"$said/$name" 2>&1 &
  beside[$name]=$!
}

# finish NAME: tells what it said, once it is done, and whether it went well.
finish() {
  local result=0
  wait "${beside[$1]}" || result=$?
  unset "beside[$1]"
  step "$1"
  cat "$said/$1"
  return $result
}

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

# Static analysis and the model only compute, and tests often wait. They take what
# the tests leave of the processors, so that timers are met. Vet has seen all code.
step "tests, seed $SECKILL_TEST_SEED; beside them the end-to-end tests, the model, staticcheck"
start model nice -n 19 scripts/model.sh $operations
start staticcheck nice -n 19 go tool staticcheck ./...
start end-to-end go test "${race_of_clients[@]}" -vet=off -timeout 60m -p 2 "$@" "${clients[@]}"

failed=0
go test -race -vet=off -timeout 40m -p 2 "$@" "${callers[@]}" || failed=1
for name in end-to-end staticcheck model; do finish $name || failed=1; done
step "done"
exit $failed
