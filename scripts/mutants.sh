#!/usr/bin/env bash
# Plants each bug of internal/proof/mutants/ in a copy of the tree, and tells which
# test catches it. A bug that nothing catches is a hole in the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bugs=internal/proof/mutants

usage() {
  cat <<'TEXT'
usage: scripts/mutants.sh [-j N] [-q] [-w] [--since REV | PATCH...]

  -j N         plant N bugs at a time (default 1)
  -q           only the tests that each patch names, no later stage
  -w           write the table into internal/proof/mutants/README.md; for a run of all patches
  --since REV  only the bugs that a change concerns: what differs from REV, committed or
               not, is in a folder that the bug changes or whose tests catch it

PATCH is a file of internal/proof/mutants/, or its number; without one, all are planted.
Exit codes: 0 all caught, 1 one was not caught or could not be planted, 2 usage.
TEXT
}

# What the later stages run. It is fixed, so that a run is like the one before.
model=(-rapid.seed=1 -rapid.checks=20)
chaos=(-seed=1 -runs=3)

# field NAME PATCH: the lines of a patch's header with this name.
field() { sed -n "/^diff /q; s/^# $1: //p" "$2"; }

# required PATCH: makes a test that finds no server fail, where the patch needs one.
required() { echo "SECKILL_TEST_REQUIRE_SERVICES=$([[ $(field needs "$1") ]] && echo 1)"; }

copy() {
  mkdir "$1"
  git ls-files -z | tar --null --files-from - -cf - | tar -xf - -C "$1"
}

# tell PATCH VERDICT STAGE TEST: the outcome of one patch.
tell() { printf '%s|%s|%s|%s\n' "$2" "$3" "$SECONDS" "$4" >"$work/results/$(basename "$1" .patch)"; }

# stage NAME COMMAND...: runs tests in this folder; it succeeds when one fails,
# and so caught the bug. patch and log are its caller's.
stage() {
  local name=$1 out=$log.$1 test
  shift
  echo "== $name: $*" >>"$log"
  if "$@" >"$out" 2>&1; then
    cat "$out" >>"$log"
    return 1
  fi
  cat "$out" >>"$log"
  if grep -qE '\[(build|setup) failed\]' "$out"; then
    tell "$patch" error "$name" "does not build with its tests"
    return
  fi
  # A test that fails says so; one that never ends is in the list of a time-out.
  test=$(sed -nE 's/^ *--- FAIL: ([^ ]+).*/\1/p; /^\trunning tests:/{n; s/^\t+([^ ]+).*/\1/p;}' "$out" | head -n 1)
  tell "$patch" caught "$name" "${test:-$(sed -nE 's/^FAIL[ \t]+([^ \t]+).*/\1/p' "$out" | head -n 1)}"
}

# plant PATCH: in a process of its own.
plant() {
  local patch=$PWD/$1 log dir line packages
  log=$work/logs/$(basename "$1" .patch) dir=$work/$(basename "$1" .patch)
  SECONDS=0
  # The patch that is planted does not apply a second time.
  copy "$dir" && rm -rf "$dir/$bugs" && cd "$dir" || return
  if ! git apply "$patch" >>"$log" 2>&1; then
    tell "$patch" error apply "does not apply any more"
    return
  fi
  packages=$(sed -nE 's,^\+\+\+ b/(.*)/[^/]*\.go$,./\1,p' "$patch" | sort -u)
  # All that the program is made of compiles where the command does; that it is
  # not linked saves the most time.
  # shellcheck disable=SC2086 # names of packages have no spaces
  if [[ $packages ]] && ! go vet ./cmd/seckill $packages >>"$log" 2>&1; then
    tell "$patch" error build "does not compile"
    return
  fi
  while read -r line; do
    # shellcheck disable=SC2086 # it is split into words on purpose
    if stage named env "$(required "$patch")" $line -timeout 10m; then return; fi
  done < <(field 'caught by' "$patch")
  if [[ ! $quick ]]; then
    if stage quick go test -short -timeout 20m ./...; then return; fi
    if stage model go test -timeout 20m ./worker -run TestTheServiceAgreesWithItsModel -args "${model[@]}"; then return; fi
    if stage chaos env SECKILL_TEST_REQUIRE_SERVICES=1 go test -timeout 30m ./internal/proof/chaos -run 'TestChaos$' -args "${chaos[@]}"; then return; fi
  fi
  tell "$patch" SURVIVED - '-'
}

# row PATCH: its outcome on one line.
row() {
  local verdict stage test seconds
  IFS='|' read -r verdict stage seconds test <"$work/results/$(basename "$1" .patch)"
  printf '%-36s %-8s %-6s %4s s  %s\n' "$(basename "$1" .patch)" "$verdict" "$stage" "$seconds" "$test"
}

# sound: the tests that the patches name must pass without them. One run for each
# package.
sound() {
  local patch line package pattern result=0
  declare -A patterns needs
  for patch in "${patches[@]}"; do
    while read -r line; do
      if ! [[ $line =~ ^go\ test\ (\./[^ ]+)\ -run\ ([^ ]+)$ ]]; then
        echo "$patch: not of the form \"go test ./PACKAGE -run PATTERN\": $line"
        return 1
      fi
      package=${BASH_REMATCH[1]} pattern=${BASH_REMATCH[2]}
      [[ ${needs[$package]:-} == *=1 ]] || needs[$package]=$(required "$patch")
      case "|${patterns[$package]:-}|" in
        *"|$pattern|"*) ;;
        *) patterns[$package]=${patterns[$package]:+${patterns[$package]}|}$pattern ;;
      esac
    done < <(field 'caught by' "$patch")
  done
  copy "$work/unchanged" && cd "$work/unchanged" || return
  for package in "${!patterns[@]}"; do
    echo "go test $package -run '${patterns[$package]}'"
    env "${needs[$package]}" go test -timeout 20m "$package" -run "${patterns[$package]}" || result=1
  done
  cd - >/dev/null
  rm -rf "$work/unchanged"
  return $result
}

# find_patches NAME...: those that are meant, or all.
find_patches() {
  local name file found
  if (($# == 0)); then patches=("$bugs"/*.patch); fi
  for name in "$@"; do
    found=
    for file in "$bugs"/*.patch; do
      case $(basename "$file") in
        "$(basename "$name" .patch).patch" | "$name"-* | "0$name"-*) patches+=("$file") found=1 ;;
      esac
    done
    [[ $found ]] || { echo "mutants.sh: there is no patch $name" >&2; exit 2; }
  done
}

# find_concerned REV: the patches that a change since then has to do with.
find_concerned() {
  local patch path
  declare -A changed # files, and the folders that they are in
  while read -r path; do changed[$path]=1 changed[$(dirname "$path")]=1; done < <(
    { git diff --name-only "$1" && git ls-files --others --exclude-standard; } | sed 's,^,./,')
  for patch in "$bugs"/*.patch; do
    while read -r path; do
      if [[ ${changed[$path]:-} ]]; then
        patches+=("$patch")
        break
      fi
    done < <(
      echo "./$patch"
      sed -nE 's,^\+\+\+ b/(.*)/[^/]*$,./\1,p' "$patch"
      field 'caught by' "$patch" | sed -nE 's,^go test (\./[^ ]+).*,\1,p'
    )
  done
}

# start_servers: some bugs only a real server shows. One that the caller has is used.
start_servers() {
  local name need=()
  for name in $(for patch in "${patches[@]}"; do field needs "$patch"; done | sort -u); do
    case $name in
      redis) [[ ${SECKILL_TEST_REDIS_ADDR:-} ]] || need+=(redis) ;;
      rabbitmq) [[ ${SECKILL_TEST_RABBITMQ_URL:-} ]] || need+=(rabbitmq) ;;
      mysql) [[ ${SECKILL_TEST_MYSQL_DSN:-} ]] || need+=(mysql) ;;
      *) echo "mutants.sh: no server is called $name" >&2 && exit 2 ;;
    esac
  done
  if ((${#need[@]} == 0)); then return; fi
  scripts/services.sh up "${need[@]}"
  eval "$(scripts/services.sh env)"
}

tidy() {
  local pid
  trap - EXIT INT TERM
  # Each job is a process group, with all that its tests have started.
  for pid in $(jobs -p); do kill -TERM -- "-$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [[ -d $work/servers ]]; then scripts/services.sh clean >/dev/null || true; fi
  rm -rf "$work"
}

# plant_all: some at a time, each line as it comes.
plant_all() {
  local running=0 patch
  for patch in "${patches[@]}"; do
    if ((running == jobs)); then
      wait -n || true
      ((running -= 1)) || true
    fi
    { plant "$patch" && row "$patch" && rm -rf "$work/$(basename "$patch" .patch)"; } &
    ((running += 1))
  done
  wait
}

# sum_up: what was not caught, with the end of its log; fails if there is any.
sum_up() {
  local patch name caught=0
  echo
  for patch in "${patches[@]}"; do
    name=$(basename "$patch" .patch)
    [[ -s $work/results/$name ]] || tell "$patch" error - "was broken off"
    if [[ $(<"$work/results/$name") == caught* ]]; then
      ((caught += 1))
    else
      row "$patch"
      tail -n 15 "$work/logs/$name" | sed 's/^/    /'
    fi
  done
  echo "$caught of ${#patches[@]} planted bugs were caught"
  ((caught == ${#patches[@]}))
}

write_table() {
  local patch stage test name
  {
    sed '/^<!-- table -->$/q' "$bugs/README.md"
    printf '\n| patch | what is wrong | caught by |\n| --- | --- | --- |\n'
    for patch in "${patches[@]}"; do
      name=$(basename "$patch" .patch)
      IFS='|' read -r _ stage _ test <"$work/results/$name"
      printf '| `%s` | %s | %s`%s` |\n' "$name" "$(field wrong "$patch")" "$([[ $stage == named ]] || echo "$stage: ")" "$test"
    done
  } >"$work/README.md"
  cp "$work/README.md" "$bugs/README.md"
}

main() {
  local started ports since=''
  jobs=1 quick='' write='' patches=()
  while (($# > 0)); do
    case $1 in
      -j) jobs=${2:-} && shift ;;
      -q) quick=1 ;;
      -w) write=1 ;;
      --since) since=${2:-?} && shift ;;
      -h | --help) usage && exit 0 ;;
      -*) usage >&2 && exit 2 ;;
      *) break ;;
    esac
    shift || { usage >&2 && exit 2; }
  done
  if ! [[ $jobs =~ ^[1-9][0-9]*$ ]] || [[ $write$since && $# -gt 0 ]] || [[ $write && $since ]]; then usage >&2 && exit 2; fi
  if [[ $since ]]; then
    git rev-parse --quiet --verify "$since^{commit}" >/dev/null || { echo "mutants.sh: there is no commit $since" >&2 && exit 2; }
    find_concerned "$since"
    if ((${#patches[@]} == 0)); then
      echo "no planted bug has to do with what has changed since $since"
      exit 0
    fi
    printf '%d of the planted bugs have to do with what has changed since %s\n' "${#patches[@]}" "$since"
  else
    find_patches "$@"
  fi

  # Whatever a test leaves behind lies in here, and goes with it.
  work=$(mktemp -d "${TMPDIR:-/tmp}/mutants.XXXXXX")
  trap tidy EXIT
  trap 'exit 130' INT TERM
  mkdir "$work/tmp" "$work/results" "$work/logs"
  # Ports are reserved among all tests of the machine, so that folder is no other.
  ports=seckill-ports-$(id -u)
  mkdir -p -m 700 "${TMPDIR:-/tmp}/$ports"
  ln -s "$(realpath "${TMPDIR:-/tmp}")/$ports" "$work/tmp/$ports"
  export TMPDIR=$work/tmp SECKILL_SERVICES_DIR=$work/servers
  # git apply, in a folder of no repository, is not to find one above.
  export GIT_CEILING_DIRECTORIES=$work
  # With -trimpath all copies share the build cache. A result from the cache would
  # tell of the time before.
  export GOFLAGS="${GOFLAGS:-} -trimpath -count=1"
  set -m
  start_servers

  started=$SECONDS
  sound >"$work/logs/sound" 2>&1 &
  if ! wait $!; then
    echo "the tests that the patches name do not pass on the unchanged tree, so they would catch nothing:" >&2
    cat "$work/logs/sound" >&2
    exit 1
  fi
  echo "the tests that the patches name pass on the unchanged tree ($((SECONDS - started)) s)"
  plant_all
  sum_up || exit 1
  if [[ $write ]]; then write_table; fi
}

# Read as a whole before it runs, so that it may be edited meanwhile.
main "$@"
exit
