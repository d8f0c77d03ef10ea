#!/bin/sh
# A throw-away PostgreSQL for tests, far from the system's own:
#
#   tools/pg_cluster.sh start DIR    creates it at first, starts it, prints its URL
#   tools/pg_cluster.sh stop DIR     stops it; what it holds stays, and `start` finds it again
#   tools/pg_cluster.sh kill DIR     as a power cut: no checkpoint, no goodbye
#   tools/pg_cluster.sh remove DIR   stops it and removes DIR
#
# It listens on a free port of 127.0.0.1, kept over restarts, and trusts whoever connects. fsync is
# on: durability is what we test. PostgreSQL refuses to run as root; then the user postgres does.
set -eu

command=$1
dir=$2
bin=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed: make deps-test" >&2; exit 1; }
bin=$(dirname "$bin")

as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

create() {
    mkdir -p "$dir"
    [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
    chmod 711 "$dir"
    as_postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
    as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $(free_port)
unix_socket_directories = '$dir'
max_connections = 300
shared_buffers = 64MB
CONF
}

run() {
    if ! as_postgres "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null; then
        tail -n 20 "$dir/log" >&2
        exit 1
    fi
}

port() {
    sed -n 's/^port = //p' "$dir/data/postgresql.conf" | tail -n 1
}

start() {
    if [ ! -d "$dir/data" ]; then
        create
        run
        as_postgres "$bin/psql" -q -h "$dir" -p "$(port)" -d postgres \
            -c 'CREATE ROLE hookswitch LOGIN CREATEDB' -c 'CREATE DATABASE hookswitch OWNER hookswitch'
    elif ! as_postgres "$bin/pg_ctl" -D "$dir/data" status >/dev/null; then
        run
    fi
    echo "postgres://hookswitch@127.0.0.1:$(port)/hookswitch"
}

stop() {
    [ ! -e "$dir/data/postmaster.pid" ] ||
        as_postgres "$bin/pg_ctl" -D "$dir/data" -m "$1" -w -t 60 stop >/dev/null || true
}

dir=$(mkdir -p "$dir" && cd "$dir" && pwd)
case "$command" in
start) start ;;
stop) stop fast ;;
kill) stop immediate ;;
remove)
    stop immediate
    rm -rf "$dir"
    ;;
*)
    echo "usage: $0 start|stop|kill|remove DIR" >&2
    exit 2
    ;;
esac
