#!/bin/sh
# Runs a command with a throw-away PostgreSQL of its own: its URL stands in TEST_POSTGRES_URL meanwhile.
#
#   tools/with_postgres.sh COMMAND [ARGUMENTS]
set -eu

tools=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
chmod 755 "$dir" # PostgreSQL does not run as root
trap '"$tools/pg_cluster.sh" remove "$dir/pg"; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
TEST_POSTGRES_URL=$("$tools/pg_cluster.sh" start "$dir/pg")
export TEST_POSTGRES_URL
"$@"
