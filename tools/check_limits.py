#!/usr/bin/env python3
"""How long and how deep things may get; prints where we stand, fails on what is over the stop.

    measure      stop   counts
    lines         100   of a function, from its name to its closing brace
    parameters      5   an arena (`struct arena *`) and an error (`struct err *`) are not counted
    nesting         3   control statements inside of one another; `else if` stays on its level
    branches       20   if, for, while, do, case and ?:
    file         1000   lines of a source; a header 300, a TypeScript file 400

What must be over a stop stands in tools/limits.allow with its number and a reason. The number may
only fall: when the code gets better, the check asks for the entry to follow.
"""

import collections
import pathlib
import re
import statistics
import subprocess
import sys

from c_source import ROOT, tokens_of

STOP = {"lines": 100, "parameters": 5, "nesting": 3, "branches": 20}
FILE_STOP = {".c": 1000, ".cc": 1000, ".h": 300, ".ts": 400, ".tsx": 400}

NOT_A_FUNCTION = {"if", "for", "while", "switch", "return", "sizeof", "__attribute__", "static_assert"}
LOOPS = re.compile(r"for|while|switch|FOR_EACH\w*|\w+_FOR_EACH\w*")
LABEL = re.compile(r"[A-Za-z_]\w*")

Function = collections.namedtuple("Function", "name line lines parameters nesting branches")


class Body:
    """Walks the statements of a function, which begins at the token `at`, an opening brace."""

    def __init__(self, tokens, at):
        self.tokens, self.at = tokens, at
        self.deepest = self.branches = 0
        self.statement(0)

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at][0] if at < len(self.tokens) else ""

    def skip_pair(self):
        """Past a parenthesis, bracket or brace and everything up to its partner."""
        depth = 0
        while self.at < len(self.tokens):
            token = self.peek()
            depth += (token in "([{") - (token in ")]}")
            self.branches += token == "?"
            self.at += 1
            if depth == 0:
                return

    def statement(self, level):
        token = self.peek()
        if token == "{":
            self.at += 1
            while self.peek() not in ("}", ""):
                self.statement(level)
            self.at += 1
        elif token == "if":
            self.conditional(level)
        elif token == "do":
            self.at += 1
            self.inside(level)
            self.expression()
        elif LOOPS.fullmatch(token) and self.peek(1) == "(":
            self.branches += token != "switch"
            self.at += 1
            self.skip_pair()
            self.inside(level, 0)
        elif token in ("case", "default"):
            self.branches += token == "case"
            while self.peek() not in (":", ""):
                self.at += 1
            self.at += 1
        elif LABEL.fullmatch(token) and self.peek(1) == ":" and token != "default":
            self.at += 2
        else:
            self.expression()

    def inside(self, level, branches=1):
        self.branches += branches
        self.deepest = max(self.deepest, level + 1)
        self.statement(level + 1)

    def conditional(self, level):
        self.at += 1
        self.skip_pair()
        self.inside(level)
        if self.peek() == "else":
            self.at += 1
            if self.peek() == "if":
                self.conditional(level)
            else:
                self.inside(level, 0)

    def expression(self):
        while self.peek() not in (";", "}", ""):
            if self.peek() in "([{":
                self.skip_pair()
            else:
                self.branches += self.peek() == "?"
                self.at += 1
        if self.peek() == ";":
            self.at += 1


def count_parameters(tokens):
    """Of the tokens between the parentheses of a definition."""
    parameters = [[]]
    depth = 0
    for token, _ in tokens:
        depth += (token in "([{<") - (token in ")]}>")
        if token == "," and depth == 0:
            parameters.append([])
        else:
            parameters[-1].append(token)
    texts = [" ".join(parameter) for parameter in parameters if parameter and parameter != ["void"]]
    return sum(not re.match(r"(const )?struct (arena|err) \*|\. \. \.", text) for text in texts)


def pair_backwards(tokens, at):
    depth = 0
    while at >= 0:
        depth += (tokens[at][0] == ")") - (tokens[at][0] == "(")
        if depth == 0:
            return at
        at -= 1
    return at


def function_at(tokens, brace):
    """The function whose body opens at this brace, or None when it opens something else."""
    close = brace - 1
    while close >= 0 and tokens[close][0] in ("const", "noexcept", "override"):
        close -= 1
    if close < 0 or tokens[close][0] != ")":
        return None
    opening = pair_backwards(tokens, close)
    name, line = tokens[opening - 1]
    if not LABEL.fullmatch(name) or name in NOT_A_FUNCTION:
        return None
    body = Body(tokens, brace)
    return body.at, Function(name, line, tokens[body.at - 1][1] - line + 1,
                             count_parameters(tokens[opening + 1:close]), body.deepest, body.branches)


def functions_of(path):
    """Every definition of a file; namespaces and extern "C" are looked into, initialisers are not."""
    tokens = tokens_of(path)
    at = 0
    while at < len(tokens):
        if tokens[at][0] == "{":
            found = function_at(tokens, at)
            if found:
                at, function = found
                yield function
                continue
            before = [token for token, _ in tokens[max(0, at - 3):at]]
            if "namespace" not in before and before[-1:] != ['"']:
                initialiser = Body.__new__(Body)
                initialiser.tokens, initialiser.at, initialiser.branches = tokens, at, 0
                initialiser.skip_pair()
                at = initialiser.at
                continue
        at += 1


def measures(paths):
    """(path, subject, measure, value, stop, line) of everything that has a limit."""
    for path in paths:
        suffix = pathlib.PurePath(path).suffix
        yield path, "-", "file", (ROOT / path).read_text().count("\n"), FILE_STOP[suffix], 1
        if suffix in (".c", ".cc", ".h"):
            for function in functions_of(ROOT / path):
                for measure, stop in STOP.items():
                    yield path, function.name, measure, getattr(function, measure), stop, function.line


def allowed():
    entries = {}
    for line in (ROOT / "tools/limits.allow").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, subject, measure, value, *reason = line.split(None, 4)
            if not reason:
                sys.exit(f"tools/limits.allow: {path} {subject}: a reason is missing")
            entries[path, subject, measure] = int(value)
    return entries


def judge(values):
    exceptions = allowed()
    for path, subject, measure, value, stop, line in values:
        limit = exceptions.pop((path, subject, measure), None)
        if limit is not None and (value < limit or value <= stop):
            yield f"tools/limits.allow: {path} {subject} {measure} fell to {value}: let the entry follow"
        elif value > (limit or stop):
            yield f"{path}:{line}: {subject}: {measure} is {value}, the limit is {limit or stop}"
    for path, subject, measure in exceptions:
        yield f"tools/limits.allow: {path} {subject} {measure} is gone: remove the entry"


def main():
    listing = subprocess.run([ROOT / "tools/sources.sh", "format"], check=True, capture_output=True, text=True)
    paths = listing.stdout.split()
    paths += [str(path.relative_to(ROOT)) for path in sorted((ROOT / "web/src").rglob("*.ts*"))
              if ".gen." not in path.name]
    values = list(measures(paths))

    lengths = sorted(value for _, _, measure, value, _, _ in values if measure == "lines")
    if lengths:
        print(f"{len(lengths)} functions: median {statistics.median(lengths):.0f} lines, "
              f"95 % up to {lengths[len(lengths) * 95 // 100]}, longest {lengths[-1]}")
    found = list(judge(values))
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
