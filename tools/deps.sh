#!/bin/sh
# Installs Debian packages by name:  tools/deps.sh LIST...
#
# Every LIST is a file of package names. Nothing is asked of apt when all of them are installed
# already, so a second run is quick. Works as root or through sudo.
set -eu

wanted=$(sed 's/#.*//' "$@" | tr -s ' \t\n' '\n' | sort -u)

missing=''
for package in $wanted; do
    case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" in
    installed) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=''
elif command -v sudo >/dev/null; then
    as_root='sudo'
else
    echo "These Debian packages are missing:$missing" >&2
    echo "Install them as root, or install sudo, and run this again." >&2
    exit 1
fi

echo "Installing:$missing"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
# shellcheck disable=SC2086  # a list of names, meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
