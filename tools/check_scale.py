#!/usr/bin/env python3
"""Holds the style sheets of web/src against the scales of web/README.md, and components against styling by hand.

Type has five sizes and three weights. Space goes in eighths of a rem up to one, and in quarters from there; nothing in pixels. A size
that is relative to the text around it (em, %) is not looked at.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TYPE = {0.8125, 0.875, 0.9375, 1, 1.1875}
WEIGHTS = {"400", "550", "620", "inherit"}
DECLARATION = re.compile(r"(?<![-\w])(font-size|font-weight|(?:margin|padding|gap|row-gap|column-gap)(?:-[a-z]+)*)\s*:\s*([^;}]+)")
LENGTH = re.compile(r"(-?\d*\.?\d+)(rem|px)\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
BY_HAND = re.compile(r"\b(?:fontSize|fontWeight|gap|margin\w*|padding\w*):\s*[\"'\d]")
# What Mantine's components take as properties.
PROPERTY = re.compile(r"(?<=\s)(?:fw|fz|lh|gap|[mp][trblxys]?)=(?:\"[^\"]*\"|\{[^}]*\})")
STYLED = re.compile(r"style=\{\{(.*?)\}\}", re.DOTALL)


def is_of_space(rem):
    step = 0.125 if abs(rem) <= 1 else 0.25
    return rem % step == 0


def is_of_scale(prop, number, unit):
    if unit == "px":
        return number == 0
    return number in TYPE if prop == "font-size" else is_of_space(number)


def is_declared_well(prop, value):
    if prop == "font-weight":
        return value.strip() in WEIGHTS
    return all(is_of_scale(prop, float(number), unit) for number, unit in LENGTH.findall(value))


def findings_of_css(text):
    """The declarations that are off the scale, as (line, words)."""
    text = COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment.group()), text)
    for found in DECLARATION.finditer(text):
        prop, value = found.groups()
        if not is_declared_well(prop, value):
            yield text.count("\n", 0, found.start()) + 1, f"{prop}: {value.strip()}"


def findings_of_tsx(text):
    """Space and type that a component sets by itself."""
    for found in STYLED.finditer(text):
        if BY_HAND.search(found.group(1)):
            yield text.count("\n", 0, found.start()) + 1, found.group().replace("\n", " ")
    for found in PROPERTY.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found.group()


def main():
    n = 0
    for pattern, findings in (("*.css", findings_of_css), ("*.tsx", findings_of_tsx)):
        for path in sorted((ROOT / "web" / "src").rglob(pattern)):
            for line, words in findings(path.read_text()):
                print(f"{path.relative_to(ROOT)}:{line}: {words}: not of the scale (web/README.md)")
                n += 1
    return 1 if n else 0


if __name__ == "__main__":
    sys.exit(main())
