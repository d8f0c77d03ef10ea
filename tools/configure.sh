#!/bin/sh
# Makes a build directory ready for ninja:  tools/configure.sh DIR [MESON-OPTION]...
#
# Does nothing when DIR is configured with the same options and no source file came or went since;
# reconfigures when the list of files changed; starts anew when the options did.
set -eu
cd "$(dirname "$0")/.."

dir=$1
shift
options="CC=${CC:-} CXX=${CXX:-} $*"
sources=$(tools/sources.sh all)

meson_quietly() {
    meson "$@" >"$dir.log" 2>&1 || { cat "$dir.log" >&2; exit 1; }
    mv "$dir.log" "$dir/configure.log"
}

if [ ! -f "$dir/build.ninja" ] || [ "$options" != "$(cat "$dir/.options" 2>/dev/null)" ]; then
    rm -rf "$dir"
    meson_quietly setup "$dir" "$@"
elif [ "$sources" != "$(cat "$dir/.sources" 2>/dev/null)" ]; then
    meson_quietly setup --reconfigure "$dir"
else
    exit 0
fi
printf '%s\n' "$options" >"$dir/.options"
printf '%s\n' "$sources" >"$dir/.sources"
