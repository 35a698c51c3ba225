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

# Debian has what files of .proto import in a package of its own.
protoc_knows_timestamps() {
  have protoc && printf 'syntax = "proto3"; import "google/protobuf/timestamp.proto";' | protoc -o /dev/null --proto_path=/dev stdin >/dev/null 2>&1
}

missing=()
# Debian's chromium brings no font, and a page without one is blank.
have chromium chromium-browser google-chrome google-chrome-stable || missing+=(chromium fonts-liberation)
have gcc cc clang || missing+=(gcc libc6-dev)
have curl || missing+=(curl ca-certificates)
have jq || missing+=(jq)
protoc_knows_timestamps || missing+=(protobuf-compiler libprotobuf-dev)

if ((${#missing[@]} == 0)); then exit 0; fi
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  apt_install "${missing[@]}"
else
  fail "install ${missing[*]} (Debian's names)"
fi
