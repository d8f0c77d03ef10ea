#!/usr/bin/env python3
"""Holds docs/faults.md against the tests.

Every number of its tables must stand in the name or text of a test (F029, or f029_ in a C name), or among
the faults without a test in docs/proof.md, with the reason; every number that a test names must have a row.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (F\d{3}) \|(.*)$", re.MULTILINE)
TESTS = ["src/**/*_test.c", "src/test/*.[ch]", "sandbox/**/*_test.c", "sim/**/*.[ch]",
         "tests/system/*.ts", "tests/faults/*.ts", "tests/browser/*.ts", "web/src/**/*.test.ts*"]
UNTESTED = re.compile(r"^## Faults without a test\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"\b[Ff](\d{3})(?=[_: ,–-]|\b)")


def named_by_tests():
    found = {}
    for pattern in TESTS:
        for path in ROOT.glob(pattern):
            for number in NAMED.findall(path.read_text(errors="replace")):
                found.setdefault(f"F{number}", set()).add(str(path.relative_to(ROOT)))
    return found


def excused_in_proof():
    section = UNTESTED.search((ROOT / "docs/proof.md").read_text())
    return dict(ROW.findall(section.group(1))) if section else {}


def main():
    rows = dict(ROW.findall((ROOT / "docs/faults.md").read_text()))
    named, excused = named_by_tests(), excused_in_proof()
    wrong = [f"docs/faults.md: no test names {number}, and docs/proof.md does not say why"
             for number in rows if number not in named and number not in excused]
    wrong += [f"docs/proof.md: {number} is said to be without a test, but {', '.join(sorted(named[number]))} has one"
              for number in excused if number in named]
    wrong += [f"{', '.join(sorted(named[number]))}: {number} has no row in docs/faults.md"
              for number in sorted(named) if number not in rows]
    wrong += [f"docs/proof.md: {number} has no row in docs/faults.md" for number in sorted(excused) if number not in rows]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
