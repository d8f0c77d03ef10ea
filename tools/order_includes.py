#!/usr/bin/env python3
"""Puts the first block of includes of each source in the house's order: own, <system>, ours."""

import pathlib
import re
import sys

INCLUDE = re.compile(r'#include ([<"])([^>"]+)[>"].*')


def own_header(path):
    return re.sub(r"\.(c|cc)$", ".h", path).removeprefix("src/")


def ordered(path, lines):
    own, system, ours = [], [], []
    for line in lines:
        bracket, header = INCLUDE.fullmatch(line).groups()
        if header == own_header(path) or (not own and line == lines[0] and bracket == '"'):
            own.append(line)
        else:
            (system if bracket == "<" else ours).append(line)
    own.sort(key=lambda line: INCLUDE.fullmatch(line).group(2) != own_header(path))
    groups = [own[:1], system, own[1:] + ours]
    return "\n\n".join("\n".join(group) for group in groups if group)


def mend(path):
    text = pathlib.Path(path).read_text()
    block = re.search(r'^#include [<"].*(?:\n+#include [<"].*)*', text, re.MULTILINE)
    if not block:
        return
    lines = [line for line in block.group(0).split("\n") if line]
    if all(INCLUDE.fullmatch(line) for line in lines):
        mended = text[:block.start()] + ordered(path, lines) + text[block.end():]
        if mended != text:
            pathlib.Path(path).write_text(mended)


if __name__ == "__main__":
    for source in sys.argv[1:]:
        mend(source)
