#!/usr/bin/env python3
"""Every header compiles alone: whoever includes it needs nothing before it.

An X-macro list (list.h) is no such header: it is included where its macro is defined.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-clang"


def flags():
    """The flags of any C file of the core, without its own input and output."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"].endswith(".c") and "hookswitch_core" in entry["output"]:
            words = shlex.split(entry["command"])
            return [word for word in words[1:] if word.startswith(("-I", "-isystem", "-D", "-W", "-std"))]
    sys.exit("build-clang is not configured")


def compile_alone(header, options):
    done = subprocess.run(
        ["clang", *options, "-Werror", "-Wno-unused-function", "-I", str(ROOT), "-fsyntax-only", "-x", "c", "-"],
        cwd=BUILD, input=f'#include "{ROOT / header}"\n', capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def main():
    listing = subprocess.run([ROOT / "tools/sources.sh", "headers"], check=True, capture_output=True, text=True)
    headers = [path for path in listing.stdout.split() if not path.endswith("/list.h")]
    options = flags()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(lambda header: compile_alone(header, options), headers)
                      if text]
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
