#!/bin/sh
# `make run`: the product on this machine, on SQLite, with demo traffic from the simulator.
# tools/run.sh [DIR]: where .env and data/ are, if not here; `make demo` has a place of its own.
#
# The configuration is the caller's environment and .env; what neither says is set here, so that the
# simulator and the server agree. The demo's account has a token and an API key of its own, made once
# and kept in data/demo.env. Who configures a real account (TWILIO_AUTH_TOKEN) gets the server alone;
# DEMO=yes or DEMO=no decides otherwise.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-$root}"
cd "${1:-$root}"

configured() { # the value of a variable in the environment or .env, or nothing
    value=$(printenv "$1" || true)
    if [ -z "$value" ] && [ -f .env ]; then
        value=$(sed -n "s/^$1=//p" .env | tail -n 1 | sed "s/^\([\"']\)\(.*\)\1\$/\2/")
    fi
    printf '%s\n' "$value"
}

default() { # default NAME VALUE: exports what is configured, or else the value
    now=$(configured "$1")
    export "$1=${now:-$2}"
}

free_port() { # the first free one from a number on
    python3 -c '
import socket, sys
for port in range(int(sys.argv[1]), 65536):
    with socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("", port))
        except OSError:
            continue
        print(port)
        break' "$1"
}

secret() { # 32 random hex digits
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

make_demo_env() {
    [ -f data/demo.env ] || (
        umask 077
        printf 'DEMO_AUTH_TOKEN=%s\nDEMO_API_KEY=%s\n' "$(secret)" "$(secret)" >data/demo.env
    )
    # shellcheck disable=SC1091  # written above
    . data/demo.env
}

is_healthy() {
    python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' \
        "http://127.0.0.1:$PORT/health" 2>/dev/null
}

if [ -n "$(configured TWILIO_AUTH_TOKEN)$(configured TWILIO_AUTH_TOKEN_FILE)" ]; then
    demo=${DEMO:-no}
else
    demo=${DEMO:-yes}
fi

mkdir -p data
default DATABASE_URL sqlite:data/hookswitch.db
default PORT "$(free_port 3000)"
if [ "$demo" = no ]; then
    exec "$root/build/hookswitch" serve
fi

make_demo_env
sandbox_port=$(free_port "$((PORT + 1))")
default TWILIO_ACCOUNT_SID AC00000000000000000000000000000000
default TWILIO_AUTH_TOKEN "$DEMO_AUTH_TOKEN"
default TWILIO_BASE_URL "http://127.0.0.1:$sandbox_port"
default DEMO_CALLS true
default OWNED_PHONE_NUMBERS +15085140320
default BOOTSTRAP_API_KEY "$DEMO_API_KEY"
default WEBHOOK_BASE_URL "http://localhost:$PORT"

children=''
stop() {
    trap - EXIT INT TERM
    # shellcheck disable=SC2086  # a list of process ids, meant to be split
    [ -z "$children" ] || kill $children 2>/dev/null || true
    wait
}
trap stop EXIT
trap 'exit 0' INT TERM

"$root/build/hookswitch" serve &
server=$!
children=$server
until is_healthy; do
    kill -0 "$server" 2>/dev/null || exit 1 # it has said why
    sleep 0.2
done

# A seed of its own for every run: the same calls twice would be taken for duplicates.
"$root/build/sandbox" twilio --demo --quiet --seed "$(date +%s)" --port "$sandbox_port" \
    --to "$WEBHOOK_BASE_URL" --account "$TWILIO_ACCOUNT_SID" --token "$TWILIO_AUTH_TOKEN" \
    --number "$OWNED_PHONE_NUMBERS" >/dev/null &
children="$children $!"
echo "  Demo calls are arriving from the simulator; Ctrl-C ends both. The API key is in $PWD/data/demo.env."
echo
wait "$server"
