#!/usr/bin/env bash
# Makes deploy/compose.env, the passwords and secrets of docker-compose.yml, once.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")/.."

file=${1:-deploy/compose.env}
if [[ -s $file ]]; then exit 0; fi

# Letters and digits only: the passwords stand in addresses.
password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

redis=$(password) rabbitmq=$(password) mysql=$(password)
cat >"$file.new" <<TEXT
# Made by scripts/compose-env.sh. Whoever reads this file can be anyone here.

# Of the servers.
RABBITMQ_DEFAULT_USER=seckill
RABBITMQ_DEFAULT_PASS=$rabbitmq
MYSQL_DATABASE=seckill
MYSQL_USER=seckill
MYSQL_PASSWORD=$mysql
MYSQL_RANDOM_ROOT_PASSWORD=yes

# Of seckill.
SECKILL_MODE=external
SECKILL_HTTP_ADDR=:8080
SECKILL_HTTP_PUBLIC_URL=http://127.0.0.1:8080
SECKILL_OPS_ADDR=:9090
SECKILL_REDIS_ADDRS=redis:6379
SECKILL_REDIS_PASSWORD=$redis
SECKILL_RABBITMQ_URL=amqp://seckill:$rabbitmq@rabbitmq:5672/
SECKILL_MYSQL_DSN=seckill:$mysql@tcp(mysql:3306)/seckill
SECKILL_AUTH_HS256_SECRET=$(key)
SECKILL_ADMIN_TOKEN=$(key)
SECKILL_PAYMENT_STANDARD_SECRET=whsec_$(key)

# For trying it out: everyone gets a buyer's token, and orders are paid without
# money. Take both out where goods are real.
SECKILL_AUTH_DEMO_LOGIN=true
SECKILL_PAYMENT_MOCK=true
TEXT
mv "$file.new" "$file"
echo "made $file; SECKILL_ADMIN_TOKEN in it is the operators' token"
