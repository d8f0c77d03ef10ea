#!/usr/bin/env python3
"""Holds docs/faults.md against the tests.

Every number of its tables must stand in the name or text of a test (F029, or f029_ in a C name), or its
row says `not tested:` and why; every number that a test names must have a row.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (F\d{3}) \|(.*)$", re.MULTILINE)
TESTS = ["src/**/*_test.c", "src/test/*.[ch]", "sandbox/**/*_test.c", "sim/**/*.[ch]",
         "tests/system/*.ts", "tests/faults/*.ts", "tests/browser/*.ts", "web/src/**/*.test.ts*"]
NAMED = re.compile(r"\b[Ff](\d{3})(?=[_: ,–-]|\b)")


def named_by_tests():
    found = {}
    for pattern in TESTS:
        for path in ROOT.glob(pattern):
            for number in NAMED.findall(path.read_text(errors="replace")):
                found.setdefault(f"F{number}", set()).add(str(path.relative_to(ROOT)))
    return found


def main():
    rows = dict(ROW.findall((ROOT / "docs/faults.md").read_text()))
    named = named_by_tests()
    wrong = [f"docs/faults.md: no test names {number}, and its row does not say `not tested:`"
             for number, text in rows.items() if number not in named and "not tested:" not in text]
    wrong += [f"{', '.join(sorted(named[number]))}: {number} has no row in docs/faults.md"
              for number in sorted(named) if number not in rows]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
