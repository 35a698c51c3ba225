#!/usr/bin/env bash
# Installs what the tests need beside Go and the servers of services.sh, where it
# is missing: a browser, a C compiler (for the race detector), curl, jq and protoc.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() {
  echo "tools.sh: $*" >&2
  exit 1
}
# shellcheck source=scripts/services/install.sh
. "$scripts/services/install.sh"

have() {
  local name
  for name in "$@"; do
    if command -v "$name" >/dev/null; then return 0; fi
  done
  return 1
}

missing=()
# Debian's chromium brings no font, and a page without one is blank.
have chromium chromium-browser google-chrome google-chrome-stable || missing+=(chromium fonts-liberation)
have gcc cc clang || missing+=(gcc libc6-dev)
have curl || missing+=(curl ca-certificates)
have jq || missing+=(jq)
have protoc || missing+=(protobuf-compiler)

if ((${#missing[@]} == 0)); then exit 0; fi
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  apt_install "${missing[@]}"
else
  fail "install ${missing[*]} (Debian's names)"
fi
