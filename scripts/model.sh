#!/usr/bin/env bash
# Runs the service against its model, without the race detector: one operation at a
# time has no races, and many times more of them run in the same time. Each process
# runs so many sequences from one seed: the fixed ones are the same each time, the
# last one is new and printed. Fails when a sequence does, or when fewer operations
# ran than were asked for.
#
#   scripts/model.sh                  200,000 operations
#   scripts/model.sh 1000000 7 8 9    as many with these seeds instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

operations=${1:-200000}
shift || true
seeds=("$@")
if ((${#seeds[@]} == 0)); then
  seeds=(1 2 3 "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')")
fi

test=TestTheServiceAgreesWithItsModel
per_sequence=300 # operations on average, cautiously
checks=$((operations / per_sequence / ${#seeds[@]} + 1))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go test -c -o "$work/worker.test" ./worker

# run_seed SEED: one process; where the packages under test expect to be. Its
# time limit is far: rapid leaves out, without a word, what would come near it.
run_seed() {
  cd worker
  if "$work/worker.test" -test.v -test.timeout 60m -test.run "^$test\$" \
    -rapid.seed="$1" -rapid.checks="$checks" >"$work/$1.log" 2>&1; then
    return
  fi
  cat "$work/$1.log"
  printf 'run exactly that again: go test ./worker -count=1 -run %s -rapid.seed=%s -rapid.checks=%s\n' "$test" "$1" "$checks"
  return 1
}

# As many processes as there are processors: each uses little more than one.
failed=0
running=0
for seed in "${seeds[@]}"; do
  if ((running >= $(nproc))); then
    wait -n || failed=1
    running=$((running - 1))
  fi
  run_seed "$seed" &
  running=$((running + 1))
done
while ((running > 0)); do
  wait -n || failed=1
  running=$((running - 1))
done
((failed == 0)) || exit 1

total=0
for seed in "${seeds[@]}"; do
  line=$(grep -ho '[0-9]* operations in .*' "$work/$seed.log")
  printf 'seed %s: %s\n' "$seed" "$line"
  total=$((total + ${line%% *}))
done
printf '%d operations agree with the model\n' "$total"
if ((total < operations)); then
  printf 'fewer than the %d that were asked for\n' "$operations" >&2
  exit 1
fi
