#!/usr/bin/env python3
"""Makes the mistakes of sabotage.toml, one at a time, and demands that a test notices each.

    tools/sabotage.py [WORD]...     all, or those whose name contains a word

It works on a copy of the sources in build-sabotage/, with a build directory of its own, so that each
mistake costs the compilation of a file. First every test that is named must pass on the copy as it is: a
test that fails anyway catches nothing. TEST_POSTGRES_URL is used when it is set, else the tests that want
PostgreSQL do without, as they always do.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "sabotage.toml"
COPY = ROOT / "build-sabotage" / "tree"
BUILD = COPY / "build"
TEST_SECONDS = 240  # a test that hangs has noticed, too


class Stale(Exception):
    """The table no longer fits the sources."""


@dataclass
class Mutation:
    name: str
    tests: list
    edits: list


def read_table(path=TABLE):
    return [Mutation(m["name"], m["tests"], m["edit"]) for m in tomllib.loads(path.read_text())["mutation"]]


def mutated(text, edit):
    """The source with the mistake in it."""
    n = text.count(edit["old"])
    if n != 1:
        raise Stale(f"{edit['file']}: what is to be replaced stands there {n} times:\n{edit['old']}")
    return text.replace(edit["old"], edit["new"])


# --- the copy -------------------------------------------------------------------------------------


def sources():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def write_if_other(path, content):
    """Leaves the time of a file alone that has the content, so that nothing is built again."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def refresh_copy():
    wanted = sources()
    if COPY.exists():
        for path in COPY.rglob("*"):
            name = str(path.relative_to(COPY))
            if path.is_file() and name.startswith(("src/", "sandbox/")) and name not in wanted:
                path.unlink()
    for name in wanted:
        write_if_other(COPY / name, (ROOT / name).read_bytes())
        shutil.copymode(ROOT / name, COPY / name)
    if not (COPY / ".git").exists():  # the version comes from git; here there is none
        subprocess.run(["git", "init", "--quiet", str(COPY)], check=True)


# --- building and testing -------------------------------------------------------------------------


def run(command, seconds=TEST_SECONDS, **env):
    """Exit status and output; it ends in time, with all that it started."""
    process = subprocess.Popen(command, cwd=COPY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", env={**os.environ, **env}, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        return 1, f"{output}\nit did not end within {seconds} s"
    finally:
        if process.poll() is None:  # we are told to end: nothing of ours may go on building
            os.killpg(process.pid, 9)


def target_of(test):
    kind, name = test.split(":", 1)
    return {"unit": name, "sim": "sim"}.get(kind, "hookswitch")


def build(targets):
    return run(["ninja", "-C", "build", "--quiet", *sorted(targets)], seconds=1800)


def fails(test):
    """Whether a test fails, and its words."""
    kind, name = test.split(":", 1)
    if kind == "unit":
        status, output = run([str(BUILD / name)], CMOCKA_MESSAGE_OUTPUT="TAP")
        return status != 0, output
    if kind == "sim":
        status, output = run([str(BUILD / "sim"), "--until-wrong", "--seeds", name])
        return status != 0, output
    command = ["node", "--import", "tsx", "--test", "--test-reporter=tap", name]
    status, output = run(["sh", "-c", f'cd "{ROOT}/tests" && exec "$@"', "sh", *command], STORE=kind,
                         HOOKSWITCH_BINARY=str(BUILD / "hookswitch"))
    return status != 0, output


def first_failure(output):
    found = re.search(r"^(?:\s*not ok \d+ -? ?|(?=seed ))(.*)$", output, re.MULTILINE)
    return found.group(1).strip() if found else "the test did not come to its end"


# --- the play -------------------------------------------------------------------------------------


def configure(mutations):
    status, output = run(["tools/configure.sh", "build", "-Dwerror=false", "-Dshipping=false",
                          "-Doptimization=1"], seconds=600)
    if status == 0:
        status, output = build({target_of(test) for m in mutations for test in m.tests})
    if status != 0:
        sys.exit(f"the copy cannot be built:\n{output[-4000:]}")


def sound(mutations):
    """Every named test passes as long as nothing is wrong."""
    ok = True
    for test in sorted({test for m in mutations for test in m.tests}):
        failed, output = fails(test)
        if failed:
            print(f"{test} fails without any mistake:\n{output[-3000:]}", flush=True)
            ok = False
    return ok


def caught_by(mutation):
    """What notices the mistake: a sentence, or None when it survives."""
    for test in mutation.tests:
        failed, output = fails(test)
        if failed:
            return f"{test}: {first_failure(output)}"
    return None


def attempt(mutation):
    originals = {edit["file"]: (COPY / edit["file"]).read_text() for edit in mutation.edits}
    try:
        for edit in mutation.edits:
            path = COPY / edit["file"]
            path.write_text(mutated(path.read_text(), edit))
        status, output = build({target_of(test) for test in mutation.tests})
        if status != 0:
            raise Stale(f"{mutation.name}: it does not compile:\n{output[-2000:]}")
        return caught_by(mutation)
    finally:
        for name, text in originals.items():
            (COPY / name).write_text(text)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("interrupted"))  # and take the mistake back
    words = sys.argv[1:]
    mutations = [m for m in read_table() if not words or any(word in m.name for word in words)]
    if not mutations:
        sys.exit("no mutation has such a name")
    refresh_copy()
    configure(mutations)
    if not sound(mutations):
        sys.exit(1)
    survived = 0
    print("| mistake | caught by | s |\n|---|---|---|", flush=True)
    for mutation in mutations:
        started = time.monotonic()
        try:
            verdict = caught = attempt(mutation)
        except Stale as stale:
            verdict, caught = f"**cannot be made**: {stale}", None
        survived += caught is None
        print(f"| {mutation.name} | {verdict or '**nobody**'} | {time.monotonic() - started:.0f} |", flush=True)
    print(f"{len(mutations) - survived} caught, {survived} survived")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
