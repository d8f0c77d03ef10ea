"""Reading C just well enough for the checks: code without comments, and its tokens by line."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

_NOISE = re.compile(
    r"//[^\n]*|/\*.*?\*/"                 # comments
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',  # literals
    re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE | re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|->|::|&&|\|\||[^\s\w]")


def _blank(match):
    """Keeps the lines where they are; a literal stays one, but says nothing."""
    text = match.group(0)
    lines = "\n" * text.count("\n")
    return '""' if text[0] == '"' else "0" if text[0] == "'" else " " + lines


def code_of(path):
    """The text of a file without comments, and with empty literals; lines keep their numbers."""
    return _NOISE.sub(_blank, pathlib.Path(path).read_text())


def tokens_of(path):
    """(token, line) of everything but comments and preprocessor directives."""
    code = _DIRECTIVE.sub(lambda match: "\n" * match.group(0).count("\n"), code_of(path))
    line = 1
    at = 0
    tokens = []
    for match in _TOKEN.finditer(code):
        line += code.count("\n", at, match.start())
        at = match.start()
        tokens.append((match.group(0), line))
    return tokens
