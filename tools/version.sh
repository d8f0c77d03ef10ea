#!/bin/sh
# Prints the version of this tree: the nearest tag when git knows one, else the last release's number.
cd "$(dirname "$0")/.." || exit 1
git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null | sed 's/^v//' | grep . || echo 0.1.0
