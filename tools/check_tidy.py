#!/usr/bin/env python3
"""clang-tidy (see .clang-tidy) over every source of the rooms and the sandbox, in parallel.

A verdict is kept in build-clang/tidy under a hash of everything that it depends on: the file, our
headers that it includes, its flags, the configuration and the tool. What did not change is not read
again. Tests are left to the compilers and the sanitizers, which see more in them.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-clang"
CACHE = BUILD / "tidy"


def commands():
    """One compile command for each source that is ours and no test."""
    wanted = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = (BUILD / entry["file"]).resolve()
        inside = any(path.is_relative_to(ROOT / place) for place in ("src", "sandbox"))
        if inside and not path.is_relative_to(ROOT / "src/test") and not re.search(r"_(test|fuzz)\.c$", path.name):
            wanted[path] = entry["command"]
    return wanted


def our_inputs(command):
    """The file itself and the headers under ROOT that it includes, as the preprocessor finds them."""
    words = [word for word in shlex.split(command) if word not in ("-MD", "-c")]
    for option in ("-MQ", "-MF", "-o"):
        at = words.index(option)
        del words[at:at + 2]
    rule = subprocess.run([*words, "-MM"], cwd=BUILD, capture_output=True, text=True, check=True).stdout
    paths = rule.replace("\\\n", " ").split(":", 1)[1].split()
    return sorted({(BUILD / path).resolve() for path in paths})


def fingerprint(command, tool):
    digest = hashlib.sha256((tool + command).encode())
    digest.update((ROOT / ".clang-tidy").read_bytes())
    for path in our_inputs(command):
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def examine(path, command, tool):
    """What clang-tidy says of a file; nothing when it is content."""
    verdict = CACHE / fingerprint(command, tool)
    if verdict.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(BUILD), str(path)],
                          cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0 and "warning:" not in done.stdout:
        verdict.touch()
        return ""
    return done.stdout or done.stderr


def main():
    CACHE.mkdir(parents=True, exist_ok=True)
    tool = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS") or os.cpu_count())) as pool:
        verdicts = pool.map(lambda item: examine(*item, tool), sorted(commands().items()))
        complaints = [text for text in verdicts if text]
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
