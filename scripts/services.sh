#!/usr/bin/env bash
# Private Redis, RabbitMQ and MySQL (or MariaDB) servers for tests and
# development: on loopback, on free ports, with their data in one folder.
#
# A set of servers lives in $SECKILL_SERVICES_DIR, by default .services in the
# repository. Sets are independent of each other, so a test that stops a server
# uses a set of its own. Ports and passwords are chosen once and kept in the
# folder: a server that comes back has the same address and its data.
#
# Only processes that a set started itself are ever signalled.
set -euo pipefail
umask 077

usage() {
  cat <<'TEXT'
usage: scripts/services.sh VERB [redis|rabbitmq|mysql ...]

  up [NAME...]      start what is not running, wait until it answers
  down [NAME...]    stop, keep the data
  kill NAME...      SIGKILL at once, keep the data (for tests of outages)
  status [NAME...]  one line each; exit 1 if one is down
  env               shell lines with the addresses of what is up, for eval
  logs NAME         the last lines of a server's log
  clean             down, then delete the set's data

SECKILL_SERVICES_DIR chooses the set's folder (default: .services here).
TEXT
}

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
set_dir=${SECKILL_SERVICES_DIR:-$(dirname "$scripts")/.services}
all=(redis rabbitmq mysql)
# How long a server may take to answer or to stop, in seconds. Generous: the
# machine may be busy with tests.
up_within=180
down_within=60

for part in process install docker redis rabbitmq mysql; do
  # shellcheck source=/dev/null
  . "$scripts/services/$part.sh"
done

names() {
  local name
  if (($# == 0)); then set -- "${all[@]}"; fi
  for name in "$@"; do
    case " ${all[*]} " in
      *" $name "*) echo "$name" ;;
      *) fail "no service is called $name; there are ${all[*]}" ;;
    esac
  done
}

# for_each runs a function once per service, all at the same time, and tells
# whether all went well.
for_each() {
  local run=$1 pids=() pid result=0
  shift
  for name in "$@"; do
    # The lock must not outlive this script in a server that it started.
    "$run" "$name" 9>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || result=1; done
  return $result
}

up_one() {
  local name=$1 how=process
  mkdir -p "$set_dir/$name/data"
  if is_up "$name" && "${name}_answers"; then
    echo "$name: up already, $(address "$name")"
    return
  fi
  [[ -n $("${name}_binary") ]] || how=docker
  echo $how >"$set_dir/$name/how"
  "start_by_$how" "$name" || { last_lines "$name" >&2; return 1; }
  if ! answers_in_time "$name"; then
    echo "$name: did not answer on $(address "$name"); its log ends:" >&2
    last_lines "$name" >&2
    "kill_by_$how" "$name"
    return 1
  fi
  echo "$name: up, $(address "$name")"
}

down_one() {
  local how
  how=$(how "$1")
  [[ -d $set_dir/$1 ]] || return 0
  "stop_by_$how" "$1" || return 1
  echo "$1: down"
}

kill_one() { "kill_by_$(how "$1")" "$1" && echo "$1: killed"; }

answers_in_time() {
  local name=$1 deadline=$((SECONDS + up_within))
  while ((SECONDS < deadline)); do
    if "${name}_answers"; then return 0; fi
    is_up "$name" || return 1
    sleep 0.1
  done
  return 1
}

status_one() {
  if is_up "$1" && "${1}_answers"; then
    echo "$1: up, $(address "$1")"
  else
    echo "$1: down"
    return 1
  fi
}

env_all() {
  local name found=1
  for name in "${all[@]}"; do
    if is_up "$name" && "${name}_answers"; then
      "${name}_env"
      found=0
    fi
  done
  if ((found)); then echo "no service of $set_dir is up; run scripts/services.sh up" >&2; fi
  return $found
}

# locked makes two callers that change the same set wait for each other.
locked() {
  exec 9>"$set_dir/lock"
  flock 9
  "$@"
}

main() {
  local verb=${1:-} chosen
  if [[ -z $verb || $verb == -h || $verb == --help || $verb == help ]]; then
    usage
    return
  fi
  shift
  command -v flock >/dev/null || fail "flock is missing: install util-linux"
  mkdir -p "$set_dir"
  set_dir=$(cd "$set_dir" && pwd)
  chosen=$(names "$@")
  # shellcheck disable=SC2086 # service names are single words
  case $verb in
    up)
      locked install_missing $chosen
      for_each up_one $chosen
      ;;
    down) locked for_each down_one $chosen ;;
    kill)
      (($# > 0)) || fail "kill needs the name of a service"
      locked for_each kill_one $chosen
      ;;
    status) for_each status_one $chosen ;;
    env) env_all ;;
    logs)
      (($# == 1)) || fail "logs needs the name of one service"
      last_lines "$chosen"
      ;;
    clean)
      locked for_each down_one "${all[@]}"
      remove_set
      ;;
    *)
      usage >&2
      return 2
      ;;
  esac
}

main "$@"
