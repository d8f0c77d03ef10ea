#!/bin/sh
# A throw-away PostgreSQL for tests, far from the system's own:
#
#   tools/pg_cluster.sh start DIR    creates it at first, starts it, prints its URL
#   tools/pg_cluster.sh stop DIR     stops it; what it holds stays, and `start` finds it again
#   tools/pg_cluster.sh restart DIR  as an upgrade does: whoever is connected is thrown out
#   tools/pg_cluster.sh kill DIR     as a power cut: no checkpoint, no goodbye
#   tools/pg_cluster.sh pause DIR    stops all its processes where they are; `resume DIR` lets them go on
#   tools/pg_cluster.sh standby DIR OF   makes a hot standby of the server in OF, and prints its URL
#   tools/pg_cluster.sh promote DIR  makes a standby the primary of its own
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

own() {
    [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
    chmod 711 "$dir"
}

# Where it listens: what a copy does not share with its original.
place() {
    as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
port = $(free_port)
unix_socket_directories = '$dir'
CONF
}

create() {
    own
    as_postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
    as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = 64MB
CONF
    place
}

# The server outlives who starts it, so it must not keep that one's descriptors: a lock's, for example.
run() {
    if ! as_postgres "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start \
        >/dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; then
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
    url
}

url() {
    echo "postgres://hookswitch@127.0.0.1:$(port)/hookswitch"
}

standby() {
    own
    as_postgres "$bin/pg_basebackup" -h "$1" -p "$(dir=$1 port)" -U postgres -D "$dir/data" \
        --write-recovery-conf --checkpoint=fast --no-sync
    place
    run
    url
}

# The postmaster first, so that it makes no others meanwhile.
signal() {
    master=$(head -n 1 "$dir/data/postmaster.pid")
    kill "-$1" "$master"
    for child in $(pgrep -P "$master"); do
        kill "-$1" "$child" || true
    done
}

stop() {
    [ -e "$dir/data/postmaster.pid" ] || return 0
    signal CONT || true # one that was paused would not hear it
    as_postgres "$bin/pg_ctl" -D "$dir/data" -m "$1" -w -t 60 stop >/dev/null || true
}

dir=$(mkdir -p "$dir" && cd "$dir" && pwd)
case "$command" in
start) start ;;
stop) stop fast ;;
restart)
    stop fast
    run
    ;;
kill) stop immediate ;;
pause) signal STOP ;;
resume) signal CONT ;;
standby) standby "$(cd "$3" && pwd)" ;;
promote) as_postgres "$bin/pg_ctl" -D "$dir/data" -w promote >/dev/null ;;
remove)
    stop immediate
    rm -rf "$dir"
    ;;
*)
    echo "usage: $0 start|stop|restart|kill|pause|resume|promote|remove DIR, $0 standby DIR OF" >&2
    exit 2
    ;;
esac
