#!/usr/bin/env bash
# Makes the Go code of the .proto files in web/rpc/proto. A test compares it with what
# is there.
#
#   scripts/proto.sh [FOLDER]    into FOLDER instead of the repository
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=$(realpath "${1:-.}")
module=github.com/seckill-go/seckill
command -v protoc >/dev/null || {
  echo "proto.sh: needs protoc: run scripts/tools.sh" >&2
  exit 1
}
plugins=$(mktemp -d)
trap 'rm -rf "$plugins"' EXIT
go build -o "$plugins" google.golang.org/protobuf/cmd/protoc-gen-go connectrpc.com/connect/cmd/protoc-gen-connect-go
cd web/rpc/proto
find . -name '*.proto' | sort | PATH=$plugins:$PATH xargs protoc -I . \
  --go_out="$out" --go_opt=module="$module" --connect-go_out="$out" --connect-go_opt=module="$module"
