#!/bin/sh
# Builds the user interface into web/dist when something it is made of changed.
set -eu
cd "$(dirname "$0")/.."

[ "${WEB:-yes}" != no ] || exit 0

newer() { # newer STAMP PATH...: is anything in PATH newer than STAMP, or STAMP not there?
    stamp=$1
    shift
    [ ! -e "$stamp" ] || [ -n "$(find "$@" -newer "$stamp" -print -quit 2>/dev/null)" ]
}

node=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
if [ "${node:-0}" -lt 20 ] || ! command -v npm >/dev/null; then
    echo "Node 20 or later with npm builds the user interface; found: ${node:-none}." >&2
    echo "Install it, or build the server without its pages: make WEB=no" >&2
    exit 1
fi

if newer web/node_modules/.installed web/package.json web/package-lock.json; then
    (cd web && npm ci --no-audit --no-fund)
    touch web/node_modules/.installed
fi

inputs=$(find web docs/openapi.yaml -path web/node_modules -prune -o -path web/dist -prune -o \
    -type f ! -name '*.test.ts*' ! -name '*.tsbuildinfo' -print 2>/dev/null || true)
# shellcheck disable=SC2086  # a list of paths, meant to be split
if newer web/dist/.built $inputs web/node_modules/.installed; then
    (cd web && npm run build)
    touch web/dist/.built
fi
