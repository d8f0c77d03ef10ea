#!/usr/bin/env python3
"""Runs everything that can fail and counts it:  tools/test.py [PHASE]...

Without arguments all phases run, in the order of PHASES, but for those ON_REQUEST. A phase prints one
line per suite; what failed is printed in full, and named again at the end, behind the seconds that each
phase took; with CI=true what was skipped is named, and fails the run unless another suite has run it or
tools/skips.allow says why not. The last line is always `N passed, N failed`, and the exit status says
whether the second number is zero. A phase that dies or finds nothing where it should is a failure.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import skips

ROOT = pathlib.Path(__file__).resolve().parent.parent
JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 2)
WAITERS = 2 * JOBS  # unit tests wait for disks and databases more than they work
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS") or 5)
CONCURRENT_ROOMS = ["loop", "http", "sse", "queue", "inbox", "feed", "store", "wake", "jobs"]

MAKE = ["make", "--silent", "--no-print-directory", "QUIET=--quiet"]

MINUTES = 60
DEADLINE = 30 * MINUTES  # of any one command: what takes longer hangs

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1:strict_string_checks=1",
    "LSAN_OPTIONS": f"suppressions={ROOT}/tools/lsan.supp:print_suppressions=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": f"halt_on_error=1:suppressions={ROOT}/tools/tsan.supp",
}


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


total = Count()
failed = []  # the suites with failures, each with what is known of their names
reporting = threading.Lock()


def verdict(status):
    return Count(passed=1) if status == 0 else Count(failed=1)


FAILURE = re.compile(r"^\s*not ok \d+ .*|^.*(?:Assertion|AssertionError|Error:|error:).*", re.MULTILINE)


def report(suite, count, started, output=""):
    """Prints a suite's line, and what it said when something failed; adds to the total."""
    global total
    with reporting:
        total += count
        if count.failed:
            failed.append((suite, [line.strip()[:160] for line in FAILURE.findall(output)[:8]]))
        print(f"  {suite}: {count} ({time.monotonic() - started:.1f} s)", flush=True)
        if count.failed and output:
            print("    | " + output.rstrip().replace("\n", "\n    | "), flush=True)


FIGURE = re.compile(r"^\s*# (measured: .*)$", re.MULTILINE)


def tell_figures(output):
    """What a test measured and does not assert."""
    for figure in FIGURE.findall(output):
        print(f"    # {figure}", flush=True)


ALONE = os.environ.get("CI") == "true"  # nobody sits before the screen
skipped = skips.Skips()


def tell_skips(suite, output):
    """What was not tried, and why."""
    for line in skipped.look(suite, output):
        if ALONE:
            print(f"    skipped: {line}", flush=True)


def judge_skips():
    """What nothing has tried proves nothing; who runs the tests by hand may lack the rights for some."""
    holes = skipped.holes(skips.allowed()) if ALONE else []
    if holes:
        report("skipped, and run by no other suite", Count(failed=len(holes)), time.monotonic(), "\n".join(holes))


def run(command, seconds=DEADLINE, **env):
    """Runs a command without input; returns its status and output. Overtime ends its whole group."""
    child = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = child.communicate(timeout=seconds)
        status = child.returncode
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        output, _ = child.communicate()
        output += f"\nkilled after {seconds} s\n".encode()
        status = -signal.SIGKILL
    return status, output.decode(errors="replace")


def one(suite, command, **env):
    """A command that is one test: it passes when its status is zero."""
    started = time.monotonic()
    status, output = run(command, **env)
    report(suite, verdict(status), started, output)
    return status == 0


def ready(target):
    """Builds a directory through make; a build that fails is one failed test."""
    started = time.monotonic()
    status, output = run(MAKE + [target])
    if status != 0:
        report(target, Count(failed=1), started, output)
    return status == 0


def sources(role):
    return run(["tools/sources.sh", role])[1].split()


# --- phases -----------------------------------------------------------------------------------


def build():
    one("release", MAKE + ["build"])


def check():
    checks = [path.stem for path in sorted((ROOT / "tools").glob("check_*.py"))]
    one("clang-format (make format mends it)", MAKE + ["check-format"])
    one("gcc warnings", MAKE + ["build"])
    one("clang warnings", MAKE + ["build-clang"])
    for name in checks:
        one(name.removeprefix("check_").replace("_", " "), [f"tools/{name}.py"])
    for place, script in (("web", "lint"), ("web", "typecheck"), ("tests", "typecheck")):
        if npm_ready(place):
            one(f"{place} {script}", ["npm", "run", "--silent", "--prefix", place, script])


TAP_LINE = re.compile(r"^(not )?ok \d+.*", re.MULTILINE)


def count_tap(output):
    count = Count()
    for line in TAP_LINE.finditer(output):
        if "# SKIP" in line.group(0):
            count.skipped += 1
        elif line.group(1):
            count.failed += 1
        else:
            count.passed += 1
    return count


def count_cmocka(test):
    """cmocka speaks TAP; a test executable that dies says nothing about the test it died in."""
    count = count_tap(test.get("stdout", ""))
    if test["result"] not in ("OK", "EXPECTEDFAIL") and not count.failed:
        count.failed += 1
    if not count.passed and not count.failed and not count.skipped:
        count.failed += 1
    return count


def meson_tests(directory, rooms=(), without=()):
    if not ready(directory):
        return
    log = ROOT / directory / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    suites = [f"--suite={room}" for room in rooms] + [f"--no-suite={suite}" for suite in without]
    only = os.environ.get("TESTS", "").split()
    started = time.monotonic()
    _, output = run(["meson", "test", "-C", directory, "--no-rebuild", f"--num-processes={WAITERS}",
                     *suites, *only], **SANITIZERS)
    if not log.exists():
        if not (only and "No suitable tests" in output):
            report(directory, Count(failed=1), started, output)
        return

    count = Count()
    failures = []
    tests = [json.loads(line) for line in log.read_text().splitlines()]
    for test in tests:
        mine = count_cmocka(test)
        count += mine
        if mine.failed:
            failures.append(f"{test['name']} ({test['result']}):\n"
                            f"{test.get('stdout', '')}\n{test.get('stderr', '')}")
    report(directory, count, started, "\n".join(failures))
    tell_skips(directory, "\n".join(test.get("stdout", "") for test in tests))


def tools_tests():
    """The tools that generate code have tests of their own (unittest, one line per test)."""
    started = time.monotonic()
    status, output = run([sys.executable, "-m", "unittest", "discover", "-v", "-s", "tools", "-p", "*_test.py"])
    count = Count(len(re.findall(r" \.\.\. ok$", output, re.MULTILINE)),
                  len(re.findall(r" \.\.\. (?:FAIL|ERROR)$", output, re.MULTILINE)))
    if status != 0 and not count.failed:
        count.failed = 1
    report("tools", count, started, output)


def unit():
    tools_tests()
    meson_tests("build")


def unit_asan():
    meson_tests("build-asan")


def unit_tsan():
    meson_tests("build-tsan", CONCURRENT_ROOMS, ["alone"])


def npm_ready(place):
    """npm ci when the lock file changed since the last time."""
    stamp = ROOT / place / "node_modules" / ".installed"
    inputs = [ROOT / place / "package.json", ROOT / place / "package-lock.json"]
    if stamp.exists() and all(path.stat().st_mtime <= stamp.stat().st_mtime for path in inputs):
        return True
    if not one(f"{place} packages", ["npm", "ci", "--prefix", place, "--no-audit", "--no-fund"]):
        return False
    stamp.touch()
    return True


def node_tests(suite, place, pattern, jobs=JOBS, **env):
    """node:test over TypeScript; its summary at the end of the TAP stream is what counts."""
    files = sorted(str(path.relative_to(ROOT / place)) for path in (ROOT / place).glob(pattern))
    started = time.monotonic()
    if not files:
        report(suite, Count(failed=1), started, f"no test in {place}/{pattern}")
    if not files or not npm_ready(place):
        return
    status, output = run(["sh", "-c", 'cd "$0" && exec "$@"', place, "node", "--import", "tsx", "--test",
                          f"--test-concurrency={jobs}", "--test-force-exit", "--test-reporter=tap", *files], **env)
    told = {key: int(n) for key, n in re.findall(
        r"^# (pass|fail|cancelled|skipped|todo) (\d+)$", output, re.MULTILINE)}
    count = Count(told.get("pass", 0), told.get("fail", 0) + told.get("cancelled", 0),
                  told.get("skipped", 0) + told.get("todo", 0))
    if (status != 0 or not count.passed) and not count.failed:
        count.failed = 1
    report(suite, count, started, failures_of_tap(output))
    tell_figures(output)
    tell_skips(suite, output)


def failures_of_tap(output):
    """The failed points of a TAP stream with their diagnostics; all of it when there are none."""
    kept = []
    keeping = False
    for line in output.splitlines():
        if re.match(r"\s*(not )?ok \d+", line):
            keeping = line.lstrip().startswith("not ok")
        elif re.match(r"\s*# Subtest:", line):
            keeping = False
        if keeping:
            kept.append(line)
    return "\n".join(kept) if kept else output[-4000:]


def sim_hashes():
    status, output = run([str(ROOT / "build" / "sim"), "--hashes", "--seeds", "20"])
    return status, "\n".join(sorted(output.splitlines()))


def sim():
    """The simulator: SEEDS worlds (500), and that the same seed is the same world."""
    if not ready("build"):
        return
    started = time.monotonic()
    seeds = int(os.environ.get("SEEDS", "500"))
    status, output = run([str(ROOT / "build" / "sim"), "--seeds", str(seeds)], max(DEADLINE, seeds))
    count = count_tap(output)
    if status != 0 and not count.failed:
        count.failed = 1
    report("worlds", count, started, output)
    print("".join(f"    {line}\n" for line in output.splitlines() if line.startswith("#")), end="", flush=True)

    started = time.monotonic()
    once, again = sim_hashes(), sim_hashes()
    report("the same seed is the same world", verdict(0 if once[1] == again[1] and once[1] else 1),
           started, f"{once[1]}\n{again[1]}")


def web():
    """The units of the interface; vitest is asked for TAP, one line per test."""
    if not npm_ready("web"):
        return
    started = time.monotonic()
    status, output = run(["npm", "test", "--silent", "--prefix", "web", "--", "--reporter=tap-flat"])
    count = count_tap(output)
    if (status != 0 or not count.passed) and not count.failed:
        count.failed = 1
    report("web", count, started, failures_of_tap(output))
    tell_skips("web", output)


def system():
    """Each store once: SQLite with the server that watches its own memory, where a finding fails its test's end,
    PostgreSQL with the one that ships."""
    if not ready("build") or not ready("build-asan"):
        return
    node_tests("on sqlite, sanitized", "tests", "system/**/*.test.ts", STORE="sqlite",
               HOOKSWITCH_BINARY=str(ROOT / "build-asan" / "hookswitch"), **SANITIZERS)
    node_tests("on postgres", "tests", "system/**/*.test.ts", STORE="postgres")
    # Row-level security alone must hold what the filters of the queries hold otherwise.
    node_tests("on postgres, without filters", "tests", "system/tenancy.test.ts", STORE="postgres",
               HOOKSWITCH_BINARY=str(ROOT / "build" / "hookswitch-unfiltered"))


TAKE_ALL = ["http-crowd.test.ts", "http-stream.test.ts"]  # a crowd of clients wants the whole machine


def faults():
    """Crashes, failing disks, failing databases and hostile peers. Each file chooses its own store. They wait more
    than they work, so two run at a time."""
    if not ready("build") or not npm_ready("tests"):
        return
    files = sorted(path.name for path in (ROOT / "tests" / "faults").glob("*.test.ts"))

    def fault(name):
        node_tests(name.removesuffix(".test.ts"), "tests", f"faults/{name}", jobs=1)

    with concurrent.futures.ThreadPoolExecutor(min(JOBS, 2)) as pool:
        list(pool.map(fault, [name for name in files if name not in TAKE_ALL]))
    for name in TAKE_ALL:
        fault(name)


def browser():
    if ready("build"):
        node_tests("chromium", "tests", "browser/**/*.test.ts", STORE="sqlite")


def fuzz_one(target):
    """What is kept in tests/fuzz/<target>/ and what earlier runs found, with the words of <target>.dict."""
    seeds = ROOT / "tests" / "fuzz" / target.name.removesuffix("_fuzz")
    words = seeds.with_name(seeds.name + ".dict")
    corpus = ROOT / "build-fuzz" / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    status, output = run(
        [str(target), f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=1024",
         *([f"-dict={words}"] if words.exists() else []),
         "-print_final_stats=1", f"-artifact_prefix={corpus.parent}/{target.name}-", str(corpus),
         *([str(seeds)] if seeds.is_dir() else [])],
        seconds=FUZZ_SECONDS + 5 * MINUTES, **SANITIZERS)
    return target.name, status, output, started


def fuzz_targets():
    return [path.removeprefix("src/").replace("/", "-").removesuffix(".c") for path in sources("fuzzers")]


def fuzz():
    if not ready("build-fuzz"):
        return
    with concurrent.futures.ThreadPoolExecutor(min(JOBS, 2)) as pool:
        targets = [ROOT / "build-fuzz" / name for name in fuzz_targets()]
        for name, status, output, started in pool.map(fuzz_one, targets):
            report(name, verdict(status), started, output[-6000:])


def growth():
    """Instructions, not time: quadratic work is found on any machine, however busy."""
    if ready("build"):
        one("work of the parsers", ["tools/growth.py", "build/growth"])


def coverage():
    """The unit tests, instrumented; then the table and its floors (tools/coverage.py)."""
    profiles = ROOT / "build-coverage" / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    os.environ["LLVM_PROFILE_FILE"] = f"{profiles}/%m-%p.profraw"
    meson_tests("build-coverage")
    for name in fuzz_targets():
        seeds = ROOT / "tests" / "fuzz" / name.removesuffix("_fuzz")
        one(f"kept inputs of {name}", [str(ROOT / "build-coverage" / name), "-runs=0",
                                       f"-artifact_prefix={ROOT}/build-coverage/", str(seeds)])
    started = time.monotonic()
    status, output = run(["tools/coverage.py"])
    print(output, flush=True)
    report("floors", verdict(status), started)


PHASES = collections.OrderedDict([
    ("build", build), ("check", check), ("unit", unit), ("unit-asan", unit_asan),
    ("unit-tsan", unit_tsan), ("sim", sim), ("web", web), ("system", system),
    ("faults", faults), ("browser", browser), ("growth", growth), ("fuzz", fuzz),
    ("coverage", coverage),
])
ON_REQUEST = {"coverage"}
AHEAD = {"faults": ("fuzz", "build-fuzz")}  # in a phase that waits more than it works: for which one, and what
NEED_POSTGRES = {"unit", "coverage", "unit-asan", "unit-tsan", "system", "faults", "browser"}


class Postgres:
    """One throw-away server for the whole run; its URL is in TEST_POSTGRES_URL."""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="hookswitch-pg-")
        status, output = run(["tools/pg_cluster.sh", "start", self.dir])
        if status == 0:
            os.environ["TEST_POSTGRES_URL"] = output.strip().splitlines()[-1]
        else:
            report("PostgreSQL", Count(failed=1), time.monotonic(), output)

    def __exit__(self, *_):
        run(["tools/pg_cluster.sh", "remove", self.dir])
        shutil.rmtree(self.dir, ignore_errors=True)


def begin_ahead(name, later):
    """Begins to build what a later phase needs while this one waits; ready() judges it."""
    phase, target = AHEAD.get(name, (None, None))
    if phase not in later:
        return None
    return subprocess.Popen(["nice", "-n", "19", *MAKE, target], cwd=ROOT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_phases(names):
    times = []
    for i, name in enumerate(names):
        print(f"{name}", flush=True)
        started = time.monotonic()
        ahead = begin_ahead(name, names[i:])
        try:
            PHASES[name]()
        except Exception as error:  # a phase that breaks is a failure, not the end of the count
            report(name, Count(failed=1), time.monotonic(), repr(error))
        if ahead:
            ahead.wait()
        times.append(f"{name} {time.monotonic() - started:.0f}")
    print(f"seconds: {', '.join(times)}")


def main():
    names = sys.argv[1:] or [name for name in PHASES if name not in ON_REQUEST]
    unknown = [name for name in names if name not in PHASES]
    if unknown:
        sys.exit(f"no such phase: {' '.join(unknown)}; there are: {' '.join(PHASES)}")

    if NEED_POSTGRES.intersection(names) and "TEST_POSTGRES_URL" not in os.environ:
        with Postgres():
            run_phases(names)
    else:
        run_phases(names)
    judge_skips()
    for suite, lines in failed:
        print("\n    ".join([f"FAILED {suite}", *lines]))
    print(f"{total.passed} passed, {total.failed} failed")
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
