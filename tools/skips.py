"""What a run has skipped, as its tests told it in TAP, and whether that is a hole in the proof.

A test that one suite skips and another suite of the same run runs is proved: what is PostgreSQL's is not tried on
SQLite. Of the others those alone may be skipped that stand in tools/skips.allow with a reason.
"""

import pathlib
import re

ALLOWED = pathlib.Path(__file__).with_name("skips.allow")

SUBTEST = re.compile(r"( *)# Subtest: (.*)")
POINT = re.compile(r"( *)(?:not )?ok \d+(?: -)? *(.*)")
TOLD = re.compile(r"(.*?) *# (?:SKIP|TODO) *(.*)")  # cmocka has the name behind the word, and no reason
WITHIN = " > "
INDENT = 4


def nested(above, indent, name):
    """The names from the outermost test to this one."""
    return [*above[:len(indent) // INDENT], name]


def points(output):
    """(name, reason) of each test of a TAP stream, in its order; the reason is None when it was run."""
    above = []
    for line in output.splitlines():
        if subtest := SUBTEST.fullmatch(line):
            above = nested(above, *subtest.groups())
        elif point := POINT.fullmatch(line):
            indent, what = point.groups()
            told = TOLD.fullmatch(what)
            name, reason = told.groups() if told else (what, None)
            yield WITHIN.join(nested(above, indent, name or reason)), reason if name else ""


def allowed(path=ALLOWED):
    """{name: why}"""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(re.split(r" {3,}", line, maxsplit=1) for line in lines)


class Skips:
    def __init__(self):
        self.skipped = []  # (suite, name, reason)
        self.run = set()

    def look(self, suite, output):
        """Notes what a suite has run and skipped; returns what it skipped, one line for each."""
        mine = []
        for name, reason in points(output):
            if reason is None:
                self.run.add(name)
            else:
                mine.append((suite, name, reason))
        self.skipped += mine
        return [told(*skip) for skip in mine]

    def holes(self, may):
        """Those that no suite has run and that may not be skipped."""
        return [told(*skip) for skip in self.skipped if skip[1] not in self.run and skip[1] not in may]


def told(suite, name, reason):
    return f"{suite}: {name}{reason and f' ({reason})'}"
