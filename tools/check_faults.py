#!/usr/bin/env python3
"""Holds docs/faults.md against the tests.

Every number of its tables must stand in the name of a test, or among the faults without a test in
docs/proof.md, with the reason; every number that stands anywhere in a test must have a row. What counts as a name:
of a C test f029_… among the tests that its main() runs; in TypeScript a text that begins with "F029", as titles
and the tables that they are made of do; in the simulator the text of a trouble of sim/fate.h. Comments do not.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (F\d{3}) \|(.*)$", re.MULTILINE)
TESTS = ["src/**/*_test.c", "src/test/*.[ch]", "sandbox/**/*_test.c", "sim/**/*.[ch]",
         "tests/system/*.ts", "tests/faults/*.ts", "tests/browser/*.ts", "web/src/**/*.test.ts*"]
C_TEST = re.compile(r"^static void (f\d{3}_\w*)\(void \*\*", re.MULTILINE)
TS_COMMENT = re.compile(r"^\s*(?://|/?\*).*$", re.MULTILINE)
TS_TITLE = re.compile(r"""["'`]F\d{3}(?:,? F\d{3})*(?=["'`: ])""")
FATE = re.compile(r'^ +X\(\w+, (?:true|false), "(F\d{3}: )', re.MULTILINE)
UNTESTED = re.compile(r"^## Faults without a test\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"\b[Ff](\d{3})(?=[_: ,–-]|\b)")


def names_in(name, text):
    """The names in a file that can stand for a test of a fault."""
    if name == "sim/fate.h":
        return FATE.findall(text)
    if name.endswith("_test.c"):
        return [test for test in C_TEST.findall(text) if re.search(rf"\(\s*{test}\s*[,)]", text)]
    return TS_TITLE.findall(TS_COMMENT.sub("", text)) if re.search(r"\.tsx?$", name) else []


def numbers_by_file():
    """Of names of tests, and of whatever else the tests say: number -> files."""
    named, told = {}, {}
    for path in (path for pattern in TESTS for path in ROOT.glob(pattern)):
        name, text = str(path.relative_to(ROOT)), path.read_text(errors="replace")
        for found, texts in ((named, names_in(name, text)), (told, [text])):
            for number in (number for each in texts for number in NAMED.findall(each.replace("_f", "_ f"))):
                found.setdefault(f"F{number}", set()).add(name)
    return named, told


def excused_in_proof():
    section = UNTESTED.search((ROOT / "docs/proof.md").read_text())
    return dict(ROW.findall(section.group(1))) if section else {}


def main():
    rows = dict(ROW.findall((ROOT / "docs/faults.md").read_text()))
    (named, told), excused = numbers_by_file(), excused_in_proof()
    wrong = [f"docs/faults.md: no test names {number}, and docs/proof.md does not say why"
             for number in rows if number not in named and number not in excused]
    wrong += [f"docs/proof.md: {number} is said to be without a test, but {', '.join(sorted(named[number]))} has one"
              for number in excused if number in named]
    wrong += [f"{', '.join(sorted(told[number]))}: {number} has no row in docs/faults.md"
              for number in sorted(told) if number not in rows]
    wrong += [f"docs/proof.md: {number} has no row in docs/faults.md" for number in sorted(excused) if number not in rows]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
