#!/usr/bin/env python3
"""Keeps what fuzzing has found:  tools/fuzz_minimise.py [TARGET]...

Merges what the runs of a target have left in build-fuzz/corpus/ with what is kept in tests/fuzz/<target>/
into the fewest inputs that reach the same code, and keeps these. Inputs with a name given by a person (seeds
and regressions) stay whatever they reach. TARGET is a name like http-request; without one, all of them.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "fuzz"
BUILD = ROOT / "build-fuzz"

FILES_MAX = 60
BYTES_MAX = 100 * 1024
ONE_MAX = 8 * 1024

FOUND_NAME = re.compile(r"[0-9a-f]{40}")  # what libFuzzer calls an input; people write words


def merged(program, sources):
    """The inputs that are needed to reach every edge, small ones first. How often an edge is taken, which
    libFuzzer counts too while it searches, is not looked at: it would keep ten times as many."""
    with tempfile.TemporaryDirectory(prefix="hookswitch-corpus-") as place:
        subprocess.run([program, "-merge=1", "-use_counters=0", "-use_value_profile=0", f"-max_len={ONE_MAX}",
                        "-timeout=10", place, *map(str, sources)],
                       check=True, capture_output=True, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        inputs = [path.read_bytes() for path in pathlib.Path(place).iterdir()]
        names = [path.name for path in pathlib.Path(place).iterdir()]
    return sorted(zip(names, inputs), key=lambda entry: (len(entry[1]), entry[0]))


def minimise(program):
    name = program.name.removesuffix("_fuzz")
    kept, found = KEPT / name, BUILD / "corpus" / program.name
    kept.mkdir(parents=True, exist_ok=True)
    named = [path for path in kept.iterdir() if not FOUND_NAME.fullmatch(path.name)]
    contents = {path.read_bytes() for path in named}
    new = [entry for entry in merged(program, [kept, *([found] if found.is_dir() else [])])
           if entry[1] not in contents]

    for path in kept.iterdir():
        if path not in named:
            path.unlink()
    n, size = len(named), sum(path.stat().st_size for path in named)
    for name_of_input, data in new:
        if n == FILES_MAX or size + len(data) > BYTES_MAX:
            break
        (kept / name_of_input).write_bytes(data)
        n, size = n + 1, size + len(data)
    print(f"{name}: {n} inputs, {size} bytes; {len(named)} of them have a name", flush=True)


def main():
    asked = sys.argv[1:]
    programs = sorted(path for path in BUILD.glob("*_fuzz") if path.is_file())
    names = {program.name.removesuffix("_fuzz") for program in programs}
    if not programs or not names.issuperset(asked):
        sys.exit(f"no such target; there are: {' '.join(sorted(names))}")
    for program in programs:
        if not asked or program.name.removesuffix("_fuzz") in asked:
            minimise(program)


if __name__ == "__main__":
    main()
