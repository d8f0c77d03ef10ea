#!/usr/bin/env python3
"""Calls that have no good use here, each with what to write instead."""

import re
import subprocess
import sys

from c_source import ROOT, code_of

INSTEAD = {
    "strcpy": "struct str, or memcpy with a length",
    "strncpy": "memcpy with a length",
    "strcat": "struct buf",
    "strncat": "struct buf",
    "sprintf": "struct buf, or snprintf",
    "vsprintf": "struct buf, or vsnprintf",
    "gets": "struct buf",
    "atoi": "str_to_i64()",
    "atol": "str_to_i64()",
    "atoll": "str_to_i64()",
    "atof": "a checked parser",
    "strtok": "cut_until()",
    "strtok_r": "cut_until()",
    "alloca": "an arena",
    "rand": "struct rng",
    "srand": "struct rng",
    "random": "struct rng",
    "gmtime": "base/time.h",
    "localtime": "base/time.h",
    "ctime": "base/time.h",
    "asctime": "base/time.h",
    "system": "posix_spawn with an argument vector",
    "popen": "posix_spawn with an argument vector",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "usleep": "a timer, or a wait with a deadline",
    "sleep": "a timer, or a wait with a deadline",
}

CALL = re.compile(r"(?<![\w.>])(" + "|".join(INSTEAD) + r")\s*\(")


def main():
    listing = subprocess.run([ROOT / "tools/sources.sh", "format"], check=True, capture_output=True, text=True)
    found = []
    for path in listing.stdout.split():
        code = code_of(ROOT / path)
        for match in CALL.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {match.group(1)}(): use {INSTEAD[match.group(1)]}")
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
