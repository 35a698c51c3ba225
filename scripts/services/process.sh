# Processes, ports and passwords of one set. Sourced by services.sh.

fail() {
  echo "services.sh: $*" >&2
  exit 1
}

how() { cat "$set_dir/$1/how" 2>/dev/null || echo process; }

address() { echo "127.0.0.1:$(port "$1")"; }

# remembered prints the content of a file of the set, made by the rest of the
# arguments the first time.
remembered() {
  local file=$set_dir/$1
  shift
  if [[ ! -s $file ]]; then
    mkdir -p "$(dirname "$file")"
    "$@" >"$file.new" && mv "$file.new" "$file"
  fi
  cat "$file"
}

password() { remembered "$1/password" random_password; }

random_password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

# port prints a service's port; a second argument names another port of it.
port() { remembered "$1/${2:-port}" free_port; }

# free_port picks a port below the range that outgoing connections take theirs
# from, so that it stays free while its server is down, and reserves it against
# the other sets of this user.
free_port() {
  local reserved=${TMPDIR:-/tmp}/seckill-ports-$(id -u) port
  mkdir -p "$reserved"
  for _ in {1..1000}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if [[ -e $reserved/$port && ! -d $(cat "$reserved/$port") ]]; then rm -f "$reserved/$port"; fi
    if ! (set -o noclobber && echo "$set_dir" >"$reserved/$port") 2>/dev/null; then continue; fi
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
    rm -f "$reserved/$port"
  done
  fail "found no free port"
}

free_reserved_ports() {
  local file
  for file in "${TMPDIR:-/tmp}/seckill-ports-$(id -u)"/*; do
    if [[ -f $file && $(cat "$file") == "$set_dir" ]]; then rm -f "$file"; fi
  done
}

# own_pid prints the pid in a file if it is still a process of this set. A pid
# that was given to another program since then is not: each server's command
# line carries its folder.
own_pid() {
  local pid line
  pid=$(cat "$1" 2>/dev/null) && [[ $pid =~ ^[0-9]+$ ]] || return 1
  # The command line is empty for a moment while a process turns into another
  # program, and blank while it writes a title, as servers do at their start.
  for _ in {1..100}; do
    line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 1
    if [[ -n ${line// /} ]] || ! runs "$pid"; then break; fi
    sleep 0.02
  done
  [[ $line == *"$set_dir/"* ]] || return 1
  echo "$pid"
}

# runs tells whether a process has not ended. A zombie has; its parent just has
# not looked yet.
runs() { grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status"; }

is_up() {
  if [[ $(how "$1") == docker ]]; then docker_is_up "$1"; else own_pid "$set_dir/$1/pid" >/dev/null; fi
}

start_by_process() {
  local name=$1
  # It runs, but did not answer a moment ago: let it go on.
  if is_up "$name"; then return; fi
  "${name}_prepare" || return 1
  spawn "$name/pid" "$set_dir/$name/log" "${name}_run"
}

# spawn starts a program that outlives this script and notes its pid. Each one
# runs under setsid, so that neither Ctrl-C nor a closed terminal ends it.
spawn() {
  local pid_file=$set_dir/$1 log=$2
  shift 2
  (exec </dev/null >>"$log" 2>&1 9>&- && cd "$set_dir" && "$@") &
  echo $! >"$pid_file"
  # The pid is the server's own only after exec; until then own_pid says no.
  for _ in {1..200}; do
    if own_pid "$pid_file" >/dev/null || ! kill -0 "$(cat "$pid_file")" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
}

stop_by_process() {
  if declare -F "${1}_before_stop" >/dev/null; then "${1}_before_stop"; fi
  end_pid "$set_dir/$1/pid" || return 1
  if declare -F "${1}_after_stop" >/dev/null; then "${1}_after_stop"; fi
}

kill_by_process() {
  local pid
  pid=$(own_pid "$set_dir/$1/pid") || return 0
  kill -KILL "$pid" 2>/dev/null || true
  gone "$pid" 10
}

# end_pid asks a process of this set to stop, and insists after a while.
end_pid() {
  local pid
  if pid=$(own_pid "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! gone "$pid" $down_within; then
      kill -KILL "$pid" 2>/dev/null || true
      gone "$pid" 10 || { echo "process $pid of $1 does not end" >&2; return 1; }
    fi
  fi
  rm -f "$1"
}

gone() {
  local deadline=$((SECONDS + $2))
  while ((SECONDS < deadline)); do
    # Threads that still end hold the port until then.
    if ! runs "$1" && ! has_threads "$1"; then return 0; fi
    sleep 0.05
  done
  return 1
}

has_threads() {
  local tasks=(/proc/"$1"/task/*)
  ((${#tasks[@]} > 1))
}

last_lines() {
  if [[ $(how "$1") == docker ]]; then docker_compose logs --tail 40 "$1"; else tail -n 40 "$set_dir/$1/log" 2>/dev/null || true; fi
}

# remove_set deletes what the set made, by name, so that a wrong folder in
# SECKILL_SERVICES_DIR costs nobody a file.
remove_set() {
  local name
  docker_remove
  free_reserved_ports
  for name in "${all[@]}"; do rm -rf "${set_dir:?}/$name"; done
  rm -f "$set_dir/lock"
  rmdir "$set_dir" 2>/dev/null || true
}
