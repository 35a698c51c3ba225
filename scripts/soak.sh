#!/usr/bin/env bash
# The long tests, for a release: what scripts/test.sh runs a share of, whole and under
# the race detector throughout; then random faults, and fuzzing. It wants a machine
# that does nothing else, for some hours of two processors.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each of them runs, whatever became of those before it.
failed=()
run() {
  printf '\n=== %s\n' "$*"
  "$@" || failed+=("$*")
}

SECKILL_TEST_SOAK=1 run scripts/test.sh
run make chaos RUNS=30
run make chaos RUNS=15 ON=cluster
run scripts/fuzz.sh 60s

if ((${#failed[@]} > 0)); then
  printf '\nfailed: %s\n' "${failed[@]}" >&2
  exit 1
fi
printf '\nall clean in %d min, at %s\n' $((SECONDS / 60)) "$(git rev-parse --short HEAD)"
