#!/usr/bin/env python3
"""Holds the Russian sentences of src/base/err_words.c against what can be said to people over the API.

Every text of err_set(), err_fix() and say() in the rooms below has a translation with the same conversions in the
same order, unless it is for the operator; the table is in the order of strcmp, and nothing in it is unused.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ["api", "jobs", "tenancy", "http", "calls", "inbox", "feed", "reconcile", "providers", "ws"]
# What only the operator is told, at the start, by a command or in the log; and what is wrong with us.
OPERATORS = {"tenancy/vault.c", "tenancy/audit.c", "inbox/spool.c", "inbox/writer.c", "inbox/roster.c",
             "inbox/explain.c",
             "http/server.c", "http/fetch.c", "http/cidr.c", "feed/feed.c", "feed/publish.c", "reconcile/cursor.c",
             "calls/batch_save.c", "calls/batch_columns.c", "calls/batch.c", "calls/rows.c", "calls/refold.c",
             "calls/change_json.c", "providers/twilio/normalise.c", "jobs/inbox_apply.c"}
OURS = re.compile(r"INTERNAL|call_sid: ")
CALL = re.compile(r"\b(?:err_(?:set|fix)|say)\(")
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|(STR_FMT)|(PRI\w+)')
SPEC = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j)?[a-zA-Z%]")
STR_FMT = "%.*s"


def call_text(source, at):
    """The arguments of the call whose parenthesis opened before `at`."""
    depth, i = 1, at
    while depth:
        if source[i] == '"':
            i = PIECE.match(source, i).end()
            continue
        depth += (source[i] == "(") - (source[i] == ")")
        i += 1
    return source[at:i - 1]


def sentence(arguments):
    """The format: the first literals that stand side by side. None when it comes from elsewhere."""
    first = PIECE.search(arguments)
    if not first:
        return None
    text, at = "", first.start()
    while True:
        piece = PIECE.match(arguments, at)
        if not piece:
            return text
        text += STR_FMT if piece[2] else piece[1] or ""
        at = piece.end()
        at += len(arguments[at:]) - len(arguments[at:].lstrip())


def said():
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / "src" / room).rglob("*.c")):
            name = str(path.relative_to(ROOT / "src"))
            if name.endswith(("_test.c", "_fuzz.c")) or name in OPERATORS:
                continue
            source = path.read_text()
            for match in CALL.finditer(source):
                arguments = call_text(source, match.end())
                text = sentence(arguments)
                if text and text != "%s" and not OURS.search(arguments):
                    found.setdefault(text, name)
    return found


def catalogue():
    source = (ROOT / "src/base/err_words.c").read_text()
    table = source[source.index("} sentences[] = {"):]
    table = table[:table.index("\n};")]
    rows = re.findall(r"\{((?:\s*%s)+),((?:\s*%s)+)\}" % ((r'"(?:[^"\\]|\\.)*"',) * 2), table)
    return [tuple("".join(p[0] for p in PIECE.findall(side)) for side in row) for row in rows]


def main():
    rows, texts = catalogue(), said()
    english = [row[0] for row in rows]
    everything = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.c") if path.name != "err_words.c")
    flat = re.sub(r'"\s*\n?\s*"', "", everything.replace('" STR_FMT "', STR_FMT)
                  .replace('STR_FMT "', '"' + STR_FMT).replace('" STR_FMT', STR_FMT + '"'))
    wrong = [f"src/{place}: no Russian for \"{text}\"" for text, place in texts.items() if text not in english]
    wrong += [f"err_words.c: \"{b}\" stands behind \"{a}\"" for a, b in zip(english, english[1:])
              if a.replace('\\"', '"').encode() >= b.replace('\\"', '"').encode()]
    wrong += [f"err_words.c: \"{e}\": the conversions differ" for e, r in rows if SPEC.findall(e) != SPEC.findall(r)]
    wrong += [f"err_words.c: nobody says \"{e}\"" for e in english if e not in texts and f'"{e}"' not in flat]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
