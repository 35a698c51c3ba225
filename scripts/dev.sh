#!/usr/bin/env bash
# Runs web and worker as two processes on the private servers of services.sh.
# Ctrl-C stops both; the servers stay up for the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

state=${SECKILL_SERVICES_DIR:-.services}
scripts/services.sh up
eval "$(scripts/services.sh env)"

random() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

# Made once, so that tokens stay good over a restart.
if [[ ! -s $state/dev.env ]]; then
  (
    umask 077
    cat >"$state/dev.env" <<SECRETS
export SECKILL_AUTH_HS256_SECRET='$(random)'
export SECKILL_ADMIN_TOKEN='$(random)'
export SECKILL_RPC_TOKEN='$(random)'
export SECKILL_PAYMENT_STANDARD_SECRET='whsec_$(random)'
SECRETS
  )
fi
# shellcheck source=/dev/null
. "$state/dev.env"

export SECKILL_MODE=external SECKILL_LOG_FORMAT=text
export SECKILL_AUTH_DEMO_LOGIN=true SECKILL_PAYMENT_MOCK=true

go build -o bin/seckill ./cmd/seckill
bin/seckill migrate

stop() {
  trap - EXIT INT TERM
  kill -TERM "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
}
pids=()
trap stop EXIT INT TERM
# The operations ports differ, since both run on one machine.
SECKILL_OPS_ADDR=127.0.0.1:9091 bin/seckill worker &
pids+=($!)
bin/seckill web &
pids+=($!)
echo "pages: http://127.0.0.1:8080   a sale to try: . $state/dev.env && bin/seckill preload configs/example-sale.yaml"
# Neither is of use without the other.
wait -n
