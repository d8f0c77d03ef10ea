#!/usr/bin/env python3
"""What the tests have run, by file, and whether what must not be guessed is run whole:  tools/coverage.py

Reads the profiles that an instrumented build (make build-coverage) left in build-coverage/profiles/ and
writes build-coverage/coverage.txt: lines and branches of every source, room by room. A summary goes to
stdout, with the outcomes that nothing has seen in the parts that have a floor. The exit status says whether
every floor holds.

A branch has two outcomes; each is counted, but for those that cannot be by the rules of the house:

- what stands inside of assert(): its other outcome is a bug, and ends the process;
- that `… || err_trace(e)`, err_set() or err_fix() is true: they always say false, as do refuse(),
  expected() and what a file has of its own to set them (refusals_of()); that rows_end() is false:
  both engines fetch all rows before db_query() returns;
- that a switch over an enum finds no case (there is no default, so that the compiler finds the missing one),
  and the case …_COUNT, which is there for the compiler alone.

What handles a failure is counted (fault points make it fail), and so is what nobody could tell is impossible.
Beside the unit tests the kept inputs of the fuzzers are run, which have assertions of their own. Of programs
that are killed nothing is known: the figures are a lower bound.
"""

import collections
import fnmatch
import json
import pathlib
import re
import subprocess
import sys

from c_source import ROOT

BUILD = ROOT / "build-coverage"
PROFILES = BUILD / "profiles"

# Per cent of the outcomes, over the files of each part together.
FLOOR = 95
PARTS = {
    "parsers": [
        "src/base/base64.c", "src/base/form.c", "src/base/json_*.c", "src/base/str.c", "src/base/time.c",
        "src/http/chunked.c", "src/http/cidr.c", "src/http/forwarded.c", "src/http/head.c", "src/http/query.c",
        "src/http/route.c", "src/http/static.c", "src/sse/sse.c", "src/inbox/record.c",
        "src/providers/twilio/doors.c", "src/providers/twilio/normalise.c", "src/providers/twilio/twiml.c",
        "src/calls/*_json.c", "src/calls/phone.c", "src/ops/config.c", "src/ops/roles.c",
        "src/store/postgres/wire.c", "src/feed/frame.c", "src/ws/frame.c", "src/ws/handshake.c",
        "src/ws/reader.c", "src/api/credentials.c", "src/providers/twilio/calls.c", "src/tenancy/access_token.c",
        "src/tenancy/stream_token.c", "src/wake/hint.c", "src/http/language.c", "src/calls/place.c",
        "src/reconcile/cursor.c", "src/feed/request.c", "src/ops/captured_request.c", "src/inbox/budget.c",
        "src/trace/otlp.c", "src/api/body.c", "src/ops/verify_acks.c",
        "src/providers/address.c", "src/ops/accounts_copy.c", "src/providers/twilio/check.c", "src/inbox/spool.c",
        "src/tenancy/vault.c", "src/tenancy/flags.c",
    ],
    "signature": ["src/providers/twilio/signature.c", "src/providers/twilio/url.c", "src/base/crypto.c"],
    "state machine": [f"src/calls/{name}.c" for name in ("apply", "fold", "change", "derive")],
    "queue": ["src/queue/*.c"],
    "feed": ["src/feed/*.c"],
}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported():
    """Everything that llvm-cov knows, over all test programs at once."""
    raw = sorted(str(path) for path in PROFILES.glob("*.profraw"))
    if not raw:
        sys.exit("tools/coverage.py: no profiles; `make coverage` makes them")
    (BUILD / "profiles.list").write_text("\n".join(raw))
    merged = BUILD / "coverage.profdata"
    run("llvm-profdata", "merge", "--sparse", f"--input-files={BUILD / 'profiles.list'}", "-o", merged)
    programs = [BUILD / "hookswitch", *sorted(BUILD.glob("*_test")), *sorted(BUILD.glob("*_fuzz"))]
    objects = [option for program in programs[1:] for option in ("--object", program)]
    told = run("llvm-cov", "export", f"--instr-profile={merged}", programs[0], *objects)
    return json.loads(told.replace(f"{BUILD}/../", f"{ROOT}/"))["data"][0]  # as the compiler was told


def spans_of_asserts(path):
    """(line, column) from and to, of the arguments of each assert()."""
    code = code_of_columns(path)
    spans = []
    for match in re.finditer(r"(?<![\w.>])assert\s*\(", code):
        depth, at = 1, match.end()
        while depth and at < len(code):
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            at += 1
        spans.append((place(code, match.start()), place(code, at)))
    return spans


def code_of_columns(path):
    """The text with comments and literals blanked out byte by byte, so that columns stay true."""
    noise = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    text = path.read_bytes().decode("latin-1")
    return noise.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def place(code, at):
    return code.count("\n", 0, at) + 1, at - code.rfind("\n", 0, at)


ALWAYS_FALSE = re.compile(r"(?:err_(?:trace|set|fix)|refuse|expected|!rows_end)\(")
LOCAL = re.compile(r"^static bool (\w+)\([^{;]*\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
RETURN = re.compile(r"\breturn\b ([^;]*;)")
REFUSAL = re.compile(r"err_(?:set|fix|trace)\((?![^;]*(?:\|\||&&))|false;")
ALWAYS_TRUE = re.compile(r"rows_end\(")
FOR_THE_COMPILER = re.compile(r"case \w+_COUNT:")
SWITCH = re.compile(r"switch \($")


def refusals_of(text):
    """The file's own functions that say what is wrong and nothing else: whatever way they end, it is with false."""
    return {name for name, body in LOCAL.findall(text)
            if "err_" in body and all(REFUSAL.match(value) for value in RETURN.findall(body))}


class Sources:
    """Ours, by path; with what is not counted in them."""

    def __init__(self):
        self.asserts = {}
        self.lines = {}
        self.refusals = {}

    def around(self, filename, line, column):
        """The line's text before and from this place on."""
        if filename not in self.lines:
            self.lines[filename] = pathlib.Path(filename).read_bytes().decode("latin-1").split("\n")
        text = self.lines[filename][line - 1]
        return text[:column - 1], text[column - 1:]

    def is_refusal(self, filename, text):
        """Whether what begins here can only be false."""
        if filename not in self.refusals:
            self.refusals[filename] = refusals_of(pathlib.Path(filename).read_bytes().decode("latin-1"))
        call = re.match(r"(\w+)\(", text)
        return bool(ALWAYS_FALSE.match(text)) or (call is not None and call[1] in self.refusals[filename])

    @staticmethod
    def name(filename):
        path = pathlib.Path(filename)
        if not path.is_relative_to(ROOT):
            return None
        name = str(path.relative_to(ROOT))
        counted = name.startswith(("src/", "sandbox/")) and not name.startswith("src/test/")
        return name if counted and not re.search(r"_(test|fuzz|kit)\.[ch]$", name) else None

    def in_assert(self, filename, where):
        if not pathlib.Path(filename).is_relative_to(ROOT):
            return False
        if filename not in self.asserts:
            self.asserts[filename] = spans_of_asserts(pathlib.Path(filename))
        return any(start <= where < end for start, end in self.asserts[filename])


def way_to(function, file_id):
    """Where the text of a branch was written, from the outermost macro call inwards."""
    calls = {region[6]: region for region in function["regions"] if region[7] == 1}  # expansions
    way = []
    while file_id in calls:
        call = calls[file_id]
        file_id = call[5]
        way.insert(0, (function["filenames"][file_id], call[0], call[1]))
    return way


def branches_of(data, sources):
    """{file: {place: (yes, no)}}; a place is where it stands, through the macros that lead there."""
    found = collections.defaultdict(dict)
    for function in data["functions"]:
        for line, column, _, _, yes, no, file_id, *_ in function["branches"]:
            filename = function["filenames"][file_id]
            way = [*way_to(function, file_id), (filename, line, column)]
            name = sources.name(way[0][0])
            if name is None or any(sources.in_assert(f, (l, c)) for f, l, c in way):
                continue
            above, text = sources.around(*way[0])
            if FOR_THE_COMPILER.match(text) or SWITCH.search(above):
                continue
            before = found[name].get(tuple(way), (0, 0))
            found[name][tuple(way)] = (None if sources.is_refusal(way[0][0], text) else before[0] + yes,
                                       None if ALWAYS_TRUE.match(text) else before[1] + no)
    return found


class Tally:
    def __init__(self):
        self.lines = self.lines_run = self.outcomes = self.outcomes_seen = 0

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def line(self, name):
        return f"{name:44} {rate(self.lines_run, self.lines)} {rate(self.outcomes_seen, self.outcomes)}"


def rate(part, whole):
    return f"{part:6} of {whole:6} {percent(part, whole):6.1f} %"


def percent(part, whole):
    return 100 * part / whole if whole else 100.0


def tallies(data, branches, sources):
    found = {}
    for file in data["files"]:
        name = sources.name(file["filename"])
        if name is None:
            continue
        tally = found[name] = Tally()
        tally.lines = file["summary"]["lines"]["count"]
        tally.lines_run = file["summary"]["lines"]["covered"]
        counted = [count for outcomes in branches[name].values() for count in outcomes if count is not None]
        tally.outcomes = len(counted)
        tally.outcomes_seen = sum(count > 0 for count in counted)
    return found


def sum_of(tallies_of_files):
    total = Tally()
    for tally in tallies_of_files:
        total.add(tally)
    return total


def unseen(name, branches):
    """The outcomes of a file that no test has seen, as places to go to."""
    for way, (yes, no) in sorted(branches[name].items()):
        for seen, outcome in ((yes, "never true"), (no, "never false")):
            if seen == 0:
                yield f"{name}:{way[0][1]}:{way[0][2]}: {outcome}"


def room_of(name):
    return name.rsplit("/", 1)[0]


def write_table(files, branches):
    rooms = collections.defaultdict(list)
    for name in sorted(files):
        rooms[room_of(name)].append(name)
    head = f"{'':44} {'lines':>25} {'branches':>25}"
    table, summary = [head], [head]
    for room, names in sorted(rooms.items()):
        line = sum_of(files[name] for name in names).line(room)
        table += ["", line, *(files[name].line("  " + name) for name in names)]
        summary.append(line)
    total = sum_of(files.values()).line("all")
    table += ["", total, "", "outcomes that no test has seen", ""]
    table += [place for name in sorted(files) for place in unseen(name, branches)]
    (BUILD / "coverage.txt").write_text("\n".join(table) + "\n")
    print("\n".join([*summary, total, ""]))


def floors_hold(files, branches):
    hold = True
    for part, patterns in PARTS.items():
        names = [name for name in sorted(files) if any(fnmatch.fnmatch(name, p) for p in patterns)]
        tally = sum_of(files[name] for name in names)
        share = percent(tally.outcomes_seen, tally.outcomes)
        enough = bool(names) and share >= FLOOR
        hold = hold and enough
        print(f"{part}: {share:.1f} % of {tally.outcomes} outcomes, "
              f"{'at least' if enough else 'BELOW'} {FLOOR} %")
        if not enough:
            print("\n".join("  " + place for name in names for place in unseen(name, branches)))
    return hold


def main():
    sources = Sources()
    data = exported()
    branches = branches_of(data, sources)
    files = tallies(data, branches, sources)
    write_table(files, branches)
    sys.exit(0 if floors_hold(files, branches) else 1)


if __name__ == "__main__":
    main()
