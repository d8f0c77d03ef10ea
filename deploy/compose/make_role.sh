#!/bin/sh
# Once, when the database is made: a role of its own for Hookswitch, which is no superuser, so that
# row-level security holds it.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    -v password="$(cat /run/secrets/database_password)" <<'SQL'
CREATE ROLE hookswitch LOGIN PASSWORD :'password';
CREATE DATABASE hookswitch OWNER hookswitch;
SQL
