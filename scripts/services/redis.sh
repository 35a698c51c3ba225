# Redis with an append-only file. Sourced by services.sh.

redis_package() { echo redis-server; }

redis_binary() { command -v redis-server || true; }

redis_prepare() {
  local dir=$set_dir/redis
  # The title keeps the path of this file in the process list: own_pid looks
  # for it.
  cat >"$dir/redis.conf" <<CONF
bind 127.0.0.1
port $(port redis)
requirepass $(password redis)
dir $dir/data
daemonize no
supervised no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
set-proc-title yes
proc-title-template "{title} {listen-addr} {config-file}"
CONF
}

redis_run() { exec setsid "$(redis_binary)" "$set_dir/redis/redis.conf"; }

redis_answers() {
  local port password
  port=$(port redis) password=$(password redis)
  (
    exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
    printf 'AUTH %s\r\nPING\r\n' "$password" >&3
    read -r -t 5 line <&3 && [[ $line == +OK* ]] || exit 1
    read -r -t 5 line <&3 && [[ $line == +PONG* ]]
  ) 2>/dev/null
}

redis_env() {
  local address password
  address=$(address redis) password=$(password redis)
  cat <<TEXT
export SECKILL_TEST_REDIS_ADDR='$address'
export SECKILL_TEST_REDIS_PASSWORD='$password'
export SECKILL_REDIS_ADDRS='$address'
export SECKILL_REDIS_PASSWORD='$password'
TEXT
}
