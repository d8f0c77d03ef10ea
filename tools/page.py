"""Markdown as our documents use it, made a page that can be read in a browser without anything else.

Headings (with the anchors that links to them expect), paragraphs, lists, tables, code; in a line:
code, links and bold. A link to another document names it, as it is not packed along.
"""

import html
import posixpath
import re

STYLE = """
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.55 system-ui, sans-serif; }
:root { color-scheme: light dark; }
h3:target, h2:target { outline: 2px solid; outline-offset: .4rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid #8888; padding: .3rem .6rem; text-align: left; vertical-align: top; }
pre { padding: .8rem; border: 1px solid #8888; overflow-x: auto; }
"""


def anchor(title: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def linked(match: re.Match) -> str:
    text, target = match.group(1), match.group(2)
    if target.startswith(("#", "https://")):
        return f'<a href="{target}">{text}</a>'
    return f"{text} (<code>{posixpath.normpath('docs/' + target)}</code>)"


def inline(text: str) -> str:
    """Code is taken out first: nothing in it means anything."""
    codes: list[str] = []

    def keep(match: re.Match) -> str:
        codes.append(match.group(1))
        return f"\0{len(codes) - 1}\0"

    text = html.escape(re.sub(r"`([^`]+)`", keep, text))
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", linked, text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"<em>\1</em>", text)
    return re.sub(r"\0(\d+)\0", lambda m: f"<code>{html.escape(codes[int(m.group(1))])}</code>", text)


def heading(lines: list[str]) -> str:
    marks, title = lines.pop(0).split(" ", 1)
    return f'<h{len(marks)} id="{anchor(title)}">{inline(title)}</h{len(marks)}>'


def code(lines: list[str]) -> str:
    taken = []
    while lines and (lines[0].startswith("    ") or (not lines[0] and len(lines) > 1 and lines[1].startswith("    "))):
        taken.append(lines.pop(0)[4:])
    return f"<pre>{html.escape(chr(10).join(taken))}</pre>"


def table(lines: list[str]) -> str:
    rows = []
    while lines and lines[0].startswith("|"):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", lines.pop(0).strip("|"))]
        if set("".join(cells)) != {"-"}:
            kind = "td" if rows else "th"
            rows.append("<tr>" + "".join(f"<{kind}>{inline(cell)}</{kind}>" for cell in cells) + "</tr>")
    return "<table>" + "".join(rows) + "</table>"


ITEM = re.compile(r"(?:-|\d+\.) ")


def items(lines: list[str]) -> str:
    kind = "ul" if lines[0].startswith("-") else "ol"
    found: list[list[str]] = []
    while lines and (ITEM.match(lines[0]) or lines[0].startswith("  ") or (not lines[0] and len(lines) > 1 and lines[1].startswith("      "))):
        line = lines.pop(0)
        if ITEM.match(line):
            found.append([ITEM.sub("", line, count=1)])
        else:
            found[-1].append(re.sub(r"^ {2,3}", "", line))
    return f"<{kind}>" + "".join(f"<li>{blocks(item)}</li>" for item in found) + f"</{kind}>"


def paragraph(lines: list[str]) -> str:
    taken = [lines.pop(0)]
    while lines and lines[0] and not ITEM.match(lines[0]) and not lines[0].startswith(("#", "|", "    ")):
        taken.append(lines.pop(0))
    return f"<p>{inline(' '.join(taken))}</p>"


def block(lines: list[str]) -> str:
    first = lines[0]
    for looks, make in ((re.match(r"#+ ", first), heading), (first.startswith("|"), table),
                        (first.startswith("    "), code), (ITEM.match(first), items)):
        if looks:
            return make(lines)
    return paragraph(lines)


def blocks(lines: list[str]) -> str:
    made = []
    while lines:
        if lines[0].strip():
            made.append(block(lines))
        else:
            lines.pop(0)
    return "\n".join(made)


def page(markdown: str) -> bytes:
    """A whole page; its title is the first heading."""
    title = re.match(r"# (.+)", markdown)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title.group(1) if title else '')} · Hookswitch</title>\n"
        f"<style>{STYLE}</style>\n<main>\n{blocks(markdown.splitlines())}\n</main>\n</html>\n"
    ).encode()
