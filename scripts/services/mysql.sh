# MariaDB, or MySQL where that is what the machine has. Sourced by services.sh.

mysql_package() { echo mariadb-server; }

mysql_binary() {
  local name
  for name in mariadbd mysqld; do
    # Debian keeps servers in /usr/sbin, which is not in every user's PATH.
    PATH=$PATH:/usr/sbin:/usr/libexec command -v $name && return
  done
  true
}

mysql_is_mariadb() { "$(mysql_binary)" --no-defaults --version 2>/dev/null | grep -qi mariadb; }

# A socket's path may be 107 bytes long, which a test's folder can exceed.
mysql_socket() { echo "/tmp/seckill-mysql-$(port mysql).sock"; }

mysql_prepare() {
  local dir=$set_dir/mysql user
  user=$(mysql_user)
  # Runs before the first connection is taken, at every start.
  cat >"$dir/init.sql" <<SQL
CREATE USER IF NOT EXISTS '$user'@'%' IDENTIFIED BY '$(password mysql)';
GRANT ALL PRIVILEGES ON *.* TO '$user'@'%' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS seckill CHARACTER SET utf8mb4;
SQL
  cat >"$dir/my.cnf" <<CONF
[mysqld]
user = $(id -un)
datadir = $dir/data
pid-file = $dir/server.pid
tmpdir = $dir/tmp
socket = $(mysql_socket)
bind-address = 127.0.0.1
port = $(port mysql)
skip-name-resolve
init-file = $dir/init.sql
character-set-server = utf8mb4
max_connections = 1000
innodb_flush_log_at_trx_commit = 1
innodb_buffer_pool_size = 256M
performance_schema = OFF
CONF
  mkdir -p "$dir/tmp"
  if [[ ! -e $dir/initialized ]]; then
    # What an interrupted attempt left behind would stop the next one.
    rm -rf "$dir/data"
    mkdir -p "$dir/data"
    mysql_initialize >>"$dir/log" 2>&1 || return 1
    touch "$dir/initialized"
  fi
}

mysql_initialize() {
  local dir=$set_dir/mysql
  # At its start a server deletes what it takes for its own in the temporary
  # folder; in a shared one that is another server's.
  local -x TMPDIR=$dir/tmp
  if mysql_is_mariadb; then
    # root logs in through the socket alone, so it needs no password.
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$dir/data" --skip-test-db \
      --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)"
  else
    # root gets a random password that nobody reads: init.sql makes our user.
    "$(mysql_binary)" --no-defaults --initialize --user="$(id -un)" --datadir="$dir/data"
  fi
}

mysql_run() { exec setsid "$(mysql_binary)" --defaults-file="$set_dir/mysql/my.cnf"; }

# The greeting is a packet whose fifth byte is the protocol's version, 10; an
# error would have 255 there.
mysql_answers() {
  local port
  port=$(port mysql)
  (
    exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
    greeting=$(timeout 5 head -c 5 <&3 | od -An -tu1)
    [[ $greeting =~ [[:space:]]10$ ]]
  ) 2>/dev/null
}

mysql_after_stop() { rm -f "$(mysql_socket)"*; }

# The image's own script can make a user with rights on one database only.
mysql_user() { if [[ $(how mysql) == docker ]]; then echo root; else echo seckill; fi; }

mysql_env() {
  local login
  login="$(mysql_user):$(password mysql)@tcp($(address mysql))"
  cat <<TEXT
export SECKILL_TEST_MYSQL_DSN='$login/'
export SECKILL_MYSQL_DSN='$login/seckill'
TEXT
}
