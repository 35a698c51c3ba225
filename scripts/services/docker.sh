# The same servers in containers, for a machine without the programs whose user
# may not install them. Sourced by services.sh.
#
# Not run by the authors: the machines that this was written on have no Docker
# engine. The commands are those of Docker Compose 2.

docker_answers() {
  command -v docker >/dev/null && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1
}

# The project's name carries the set's folder, so that two sets are two projects.
docker_project() { echo "seckill-$(printf %s "$set_dir" | cksum | cut -d' ' -f1)"; }

docker_compose() {
  REDIS_PORT=$(port redis) REDIS_PASSWORD=$(password redis) \
    RABBITMQ_PORT=$(port rabbitmq) RABBITMQ_PASSWORD=$(password rabbitmq) \
    MYSQL_PORT=$(port mysql) MYSQL_PASSWORD=$(password mysql) \
    docker compose --project-name "$(docker_project)" --file "$scripts/services/docker.yml" "$@"
}

docker_is_up() { [[ -n $(docker_compose ps --quiet --status running "$1" 2>/dev/null) ]]; }

start_by_docker() { docker_compose up --detach "$1"; }

stop_by_docker() { docker_compose stop --timeout $down_within "$1"; }

kill_by_docker() { docker_compose kill "$1"; }

# docker_remove deletes the set's containers and volumes, if it had any.
docker_remove() {
  if grep -qs docker "$set_dir"/*/how; then docker_compose down --volumes; fi
}
