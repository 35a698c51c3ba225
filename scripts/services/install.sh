# Where a server program is missing: Debian's package as root, else Docker, else
# one line that says what to install. Sourced by services.sh.

install_missing() {
  local name packages=() lacking=()
  for name in "$@"; do
    if [[ -n $("${name}_binary") ]] || is_up "$name"; then continue; fi
    lacking+=("$name")
    packages+=("$("${name}_package")")
  done
  if ((${#lacking[@]} == 0)); then return; fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing ${packages[*]}"
    apt_install "${packages[@]}"
  elif ! docker_answers; then
    fail "no program for ${lacking[*]} is here: install ${packages[*]} (Debian's names), or start a Docker engine with the compose plugin"
  fi
}

# apt_install installs Debian's packages without letting their own services
# start: the servers that we want are private ones.
apt_install() {
  local policy=/usr/sbin/policy-rc.d ours=0 result=0 log
  log=$(mktemp)
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=1
  fi
  {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q update &&
      DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q install -y --no-install-recommends "$@"
  } >"$log" 2>&1 9>&- </dev/null || result=1
  if ((ours)); then rm -f "$policy"; fi
  if ((result)); then tail -n 20 "$log" >&2; fi
  rm -f "$log"
  if ((result)); then fail "apt-get could not install $*"; fi
}
