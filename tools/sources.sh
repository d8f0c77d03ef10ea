#!/bin/sh
# Lists source files by the role their name and place give them:  tools/sources.sh ROLE
#
# This is the one place where the build learns what exists; Meson calls it while configuring, and
# tools/configure.sh compares `tools/sources.sh all` with the last run to see whether it must.
set -eu
cd "$(dirname "$0")/.."

in_dirs() { # in_dirs DIR... -- FIND-EXPRESSION
    dirs=''
    while [ "$1" != -- ]; do
        [ ! -d "$1" ] || dirs="$dirs $1"
        shift
    done
    shift
    # shellcheck disable=SC2086  # a list of directories, meant to be split
    [ -z "$dirs" ] || find $dirs -type f "$@" | LC_ALL=C sort
}

part_of_library() { # every C and C++ source that is neither a test, a fuzzer nor a main
    in_dirs "$1" -- \( -name '*.c' -o -name '*.cc' \) ! -name '*_test.c' ! -name '*_fuzz.c' \
        ! -path "$1/main.c" ! -path 'src/test/*'
}

case "$1" in
core) part_of_library src ;;
sandbox) part_of_library sandbox ;;
harness) in_dirs src/test -- -name '*.c' ! -name '*_test.c' ;;
tests) in_dirs src sandbox -- -name '*_test.c' ;;
fuzzers) in_dirs src sandbox -- -name '*_fuzz.c' ;;
mains) in_dirs src sandbox -- -path '*/main.c' ;;
sim) in_dirs sim -- -name '*.c' ;;
bench) in_dirs bench -- -name '*.c' -path 'bench/*.c' ! -path 'bench/*/*' ;;
headers) in_dirs src sandbox sim -- -name '*.h' ;;
sql) in_dirs src/store/queries src/store/migrations -- -name '*.sql' ;;
format) in_dirs src sandbox sim bench tests -- ! -path '*/node_modules/*' \( -name '*.[ch]' -o -name '*.cc' \) ;;
all)
    for role in core sandbox harness tests fuzzers mains sim bench sql; do
        echo "$role:"
        "$0" "$role"
    done
    in_dirs tools -- -name 'embed_*.py'
    ;;
*)
    echo "$0: no such role: $1" >&2
    exit 2
    ;;
esac
