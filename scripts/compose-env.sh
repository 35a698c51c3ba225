#!/usr/bin/env bash
# Makes the passwords and secrets of docker-compose.yml, once: a file for each
# container, so that each has its own and no others.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:-deploy/compose}
if [[ -d $folder ]]; then exit 0; fi

# Letters and digits only: the passwords stand in addresses.
password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

redis=$(password) rabbitmq=$(password) mysql=$(password)
dsn="SECKILL_MYSQL_DSN=seckill:$mysql@tcp(mysql:3306)/seckill"
payment="SECKILL_PAYMENT_STANDARD_SECRET=whsec_$(key)"
stores="SECKILL_REDIS_ADDRS=redis:6379
SECKILL_REDIS_PASSWORD=$redis
SECKILL_RABBITMQ_URL=amqp://seckill:$rabbitmq@rabbitmq:5672/
$dsn"

made=$(mktemp -d "$folder.XXXXXX")
write() {
  { echo "# Made by scripts/compose-env.sh. Whoever reads this file can do what $1 can."; cat; } >"$made/$1.env"
}

write redis <<TEXT
SECKILL_REDIS_PASSWORD=$redis
TEXT

write rabbitmq <<TEXT
RABBITMQ_DEFAULT_USER=seckill
RABBITMQ_DEFAULT_PASS=$rabbitmq
TEXT

write mysql <<TEXT
MYSQL_DATABASE=seckill
MYSQL_USER=seckill
MYSQL_PASSWORD=$mysql
MYSQL_RANDOM_ROOT_PASSWORD=yes
TEXT

write migrate <<TEXT
SECKILL_MODE=external
$dsn
TEXT

write worker <<TEXT
SECKILL_MODE=external
$stores
$payment
TEXT

write web <<TEXT
SECKILL_MODE=external
SECKILL_HTTP_PUBLIC_URL=http://127.0.0.1:8080
$stores
$payment
SECKILL_AUTH_HS256_SECRET=$(key)
SECKILL_ADMIN_TOKEN=$(key)

# For trying it out: everyone gets a buyer's token, and orders are paid without
# money. Take both out where goods are real.
SECKILL_AUTH_DEMO_LOGIN=true
SECKILL_PAYMENT_MOCK=true
TEXT

mv "$made" "$folder"
echo "made $folder; SECKILL_ADMIN_TOKEN in $folder/web.env is the operators' token"
