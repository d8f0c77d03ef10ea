#!/usr/bin/env python3
"""The arrows between rooms point one way.

A room includes itself and the rooms printed before it in ORDER; nobody includes another room's
internal.h; one provider knows nothing of the next. main.c wires and may include every room. Tests,
fuzzers and the harness may look anywhere. A source includes its own header first, then <system>,
then ours, by path from src/ (the sandbox, the simulator and the tests: from the root).
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

ORDER = """
    base loop http trace sse ws store wake queue inbox calls feed reconcile media analysis tenancy numbers agents
    knowledge tools messages campaigns crm billing providers jobs api ops
""".split()

# The sandbox plays the other side: it may know protocols, not what we make of them.
SANDBOX_MAY_USE = ["base", "loop", "http", "sse", "ws"]

GENERATED = {"version.h": None, "store_queries.h": "store"}  # header: the room that it belongs to

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def looks_anywhere(path):
    return path.startswith(("src/test/", "tests/", "sim/")) or re.search(r"_(test|fuzz|kit)\.[ch]$", path)


def room_of(path):
    parts = path.split("/")
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else "main"
    return parts[0]


def resolve(header):
    """The room of an included header of ours, and whether the file exists."""
    if header in GENERATED:
        return GENERATED[header], True
    if header.startswith(("sandbox/", "sim/", "tests/")):
        return header.split("/")[0], (ROOT / header).exists()
    return header.split("/")[0], (ROOT / "src" / header).exists()


def may_include(room, other):
    if other is None or room == other or room == "main":
        return other not in ("sandbox", "sim") or room == other
    if room == "sandbox":
        return other in SANDBOX_MAY_USE
    return other in ORDER and ORDER.index(other) < ORDER.index(room)


def provider(path):
    match = re.search(r"(?:^|/)providers/([^/]+)/", path)
    return match.group(1) if match else None


def arrow_faults(path, includes):
    room = room_of(path)
    if room not in ORDER and room not in ("main", "sandbox", "sim", "test", "tests"):
        yield 1, f"room {room} is not in the order of rooms (tools/check_includes.py)"
        return
    for line, quote, header in includes:
        if quote == "<":
            continue
        other, exists = resolve(header)
        if not exists:
            yield line, f'"{header}" is not a path from src/'
        elif looks_anywhere(path):
            continue
        elif other == "test":
            yield line, f'"{header}" belongs to the tests'
        elif not may_include(room, other):
            yield line, f'{room} may not include "{header}": {other} is not printed before it'
        elif other != room and header.endswith("/internal.h"):
            yield line, f'"{header}" is internal to {other}'
        elif provider(header) and provider(path) != provider(header) and room == "providers":
            yield line, f'"{header}" is another provider\'s'


def order_faults(path, includes):
    """In sources: own header (or the room's internal.h, which includes it), then <system>, then ours."""
    own = re.sub(r"(_test|_fuzz)?\.(c|cc)$", ".h", path).removeprefix("src/")
    if resolve(own)[1] and not looks_anywhere(path) and includes \
            and includes[0][2] not in (own, f"{room_of(path)}/internal.h"):
        yield includes[0][0], f'"{own}" comes first'
    seen_ours = False
    for line, quote, header in includes[1:]:
        if quote == '"':
            seen_ours = True
        elif seen_ours:
            yield line, f"<{header}> stands after our own headers"


def in_condition(text, line):
    above = "\n".join(text.splitlines()[:line - 1])
    opened = re.findall(r"^[ \t]*#[ \t]*(if|endif)", above, re.MULTILINE)
    return opened.count("if") > opened.count("endif")


def faults(path):
    text = (ROOT / path).read_text()
    includes = [(text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2))
                for match in INCLUDE.finditer(text)]
    yield from arrow_faults(path, includes)
    if not path.endswith(".h"):
        yield from order_faults(path, [include for include in includes
                                       if not in_condition(text, include[0])])


def main():
    listing = subprocess.run([ROOT / "tools/sources.sh", "format"], check=True, capture_output=True, text=True)
    found = [f"{path}:{line}: {text}" for path in listing.stdout.split() if not path.startswith("bench/")
             for line, text in faults(path)]
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
