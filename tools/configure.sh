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

if [ ! -f "$dir/build.ninja" ]; then
    rm -rf "$dir"
    meson setup "$dir" "$@"
elif [ "$options" != "$(cat "$dir/.options" 2>/dev/null)" ]; then
    rm -rf "$dir"
    meson setup "$dir" "$@"
elif [ "$sources" != "$(cat "$dir/.sources" 2>/dev/null)" ]; then
    meson setup --reconfigure "$dir" >/dev/null
else
    exit 0
fi
printf '%s\n' "$options" >"$dir/.options"
printf '%s\n' "$sources" >"$dir/.sources"
