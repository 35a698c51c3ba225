#!/usr/bin/env bash
# Fuzzes every target of the project, one after the other. What a target fails on is
# written to its package's testdata/fuzz, where every later test runs it: mend the
# cause, and add the input to the target's seeds.
#
#   scripts/fuzz.sh [TIME]    each target for so long (default 30s)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

each=${1:-30s}
failed=0
while read -r package; do
  for target in $(go test -list '^Fuzz' "./$package" | grep '^Fuzz'); do
    printf '== %s %s\n' "$package" "$target"
    go test "./$package" -run '^$' -fuzz "^$target\$" -fuzztime "$each" || failed=1
  done
done < <(git grep -l '^func Fuzz' -- '*_test.go' | xargs -n 1 dirname | sort -u)
exit $failed
