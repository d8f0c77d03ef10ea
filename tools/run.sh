#!/bin/sh
# `make run`: the product on this machine, on SQLite, with demo traffic from the simulator.
#
# The configuration is the caller's environment and .env; what neither says is set here, so that the
# simulator and the server agree. DEMO=no starts the server alone, for real traffic.
set -eu
cd "$(dirname "$0")/.."

from_dotenv() { # the value of a variable in .env, or nothing
    [ ! -f .env ] || sed -n "s/^$1=//p" .env | tail -n 1
}

default() { # default NAME VALUE: sets what neither the environment nor .env sets
    eval "now=\${$1:-}"
    [ -n "$now" ] || now=$(from_dotenv "$1")
    [ -n "$now" ] || now=$2
    export "$1=$now"
}

default PORT 3000
default DATABASE_URL sqlite:data/hookswitch.db

if [ "${DEMO:-yes}" = no ] || [ ! -x build/sandbox ]; then
    exec build/hookswitch serve
fi

default TWILIO_ACCOUNT_SID AC00000000000000000000000000000000
default TWILIO_AUTH_TOKEN demo-token-of-the-simulator-00000
default OWNED_PHONE_NUMBERS +15085140320
default WEBHOOK_BASE_URL "http://127.0.0.1:$PORT"
default SANDBOX_PORT 3001
default TWILIO_BASE_URL "http://127.0.0.1:$SANDBOX_PORT"

children=''
stop() {
    trap - EXIT INT TERM
    # shellcheck disable=SC2086  # a list of process ids, meant to be split
    [ -z "$children" ] || kill $children 2>/dev/null || true
    wait
}
trap stop EXIT
trap 'exit 0' INT TERM

build/hookswitch serve &
server=$!
children=$server
build/sandbox twilio --port "$SANDBOX_PORT" --to "$WEBHOOK_BASE_URL" --number "$OWNED_PHONE_NUMBERS" \
    --demo &
children="$children $!"
wait "$server"
