#!/bin/sh
# Makes the secrets that are missing, in secrets/; what is there stays. They are read by the containers
# and by nobody else: keep copies where your other keys are.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets

random() { # 64 hex digits
    od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# The directory keeps others out; the users inside of the containers have to read the files.
keep() { # keep NAME: standard input, unless it is there
    [ -e "secrets/$1" ] || (cat >"secrets/.$1" && chmod 644 "secrets/.$1" && mv "secrets/.$1" "secrets/$1")
}

ask() { # ask NAME QUESTION: a line of whoever sits there, unless it is there
    [ -e "secrets/$1" ] && return
    printf '%s: ' "$2" >&2
    IFS= read -r answer
    printf %s "$answer" | keep "$1"
}

random | keep database_password
random | keep master_key
random | keep metrics_token
printf 'postgres://hookswitch:%s@postgres/hookswitch' "$(cat secrets/database_password)" | keep database_url
ask twilio_auth_token 'Auth token of the Twilio account'
ask alert_webhook_url 'Address to which alerts are posted (https://…)'
