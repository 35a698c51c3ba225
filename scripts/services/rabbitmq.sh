# RabbitMQ with an Erlang port mapper (epmd) of its own, so that it never meets
# another Erlang node of the machine. Sourced by services.sh.

rabbitmq_package() { echo rabbitmq-server; }

# The script in the PATH is Debian's wrapper, which insists on changing the
# user; the real one lies in a folder beside it.
rabbitmq_binary() {
  local file
  for file in /usr/lib/rabbitmq/bin/rabbitmq-server /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server \
    /opt/rabbitmq/sbin/rabbitmq-server; do
    if [[ -x $file ]] && command -v epmd >/dev/null; then
      echo "$file"
      return
    fi
  done
}

rabbitmq_prepare() {
  local dir=$set_dir/rabbitmq
  mkdir -p "$dir/home" "$dir/data"
  cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$(port rabbitmq)
default_user = seckill
default_pass = $(password rabbitmq)
loopback_users = none
disk_free_limit.absolute = 50MB
log.console = false
log.dir = $dir
log.file = log
CONF
  echo '[].' >"$dir/enabled_plugins"
  if ! own_pid "$dir/epmd.pid" >/dev/null; then spawn rabbitmq/epmd.pid "$dir/epmd.log" rabbitmq_run_epmd; fi
}

rabbitmq_run_epmd() {
  # The first argument is what the process list shows: own_pid looks for it.
  exec setsid bash -c 'exec -a "epmd $1/" epmd -address 127.0.0.1 -port "$2"' - "$set_dir/rabbitmq" "$(port rabbitmq epmd-port)"
}

rabbitmq_run() {
  local dir=$set_dir/rabbitmq variable
  # What the caller has set for another RabbitMQ must not reach this one.
  for variable in "${!RABBITMQ_@}" "${!ERL_@}"; do unset "$variable"; done
  export HOME=$dir/home
  export RABBITMQ_NODENAME=seckill-$(port rabbitmq)@localhost
  export RABBITMQ_DIST_PORT=$(port rabbitmq dist-port)
  export RABBITMQ_MNESIA_BASE=$dir/data RABBITMQ_LOG_BASE=$dir
  export RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf RABBITMQ_CONF_ENV_FILE=/dev/null
  export RABBITMQ_ADVANCED_CONFIG_FILE=$dir/none RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins
  export RABBITMQ_PID_FILE=$dir/erlang.pid
  export ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$(port rabbitmq epmd-port)
  export ERL_CRASH_DUMP=/dev/null
  # Idle schedulers must not spin: the tests need the machine's few cores. The
  # last flag means nothing to Erlang, it marks the process as this set's.
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false -kernel inet_dist_use_interface {127,0,0,1} -seckill_set $dir/"
  # The script then becomes the server, instead of waiting for it as a child.
  export RUNNING_UNDER_SYSTEMD=true
  exec setsid "$(rabbitmq_binary)"
}

# The AMQP header is answered with the method frame Connection.Start, whose
# first byte is 1. The listener opens last, when all else is started.
rabbitmq_answers() {
  local port
  port=$(port rabbitmq)
  (
    exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
    printf 'AMQP\x00\x00\x09\x01' >&3
    IFS= read -r -n 1 -t 5 byte <&3 && [[ $byte == $'\x01' ]]
  ) 2>/dev/null
}

rabbitmq_after_stop() { end_pid "$set_dir/rabbitmq/epmd.pid"; }

rabbitmq_env() {
  local url
  url="amqp://seckill:$(password rabbitmq)@$(address rabbitmq)/"
  cat <<TEXT
export SECKILL_TEST_RABBITMQ_URL='$url'
export SECKILL_RABBITMQ_URL='$url'
TEXT
}
