#!/usr/bin/env python3
"""Whether a parser's work grows faster than what it reads:  tools/growth.py PROGRAM

Runs tests/growth under callgrind, which counts instructions: no clock is looked at, and two runs agree. The
input is four times as long each time. Four times the work is linear; five, with the logarithm of a sort;
sixteen is quadratic, and a peer could make it hurt. From FACTOR_MAX on it is refused.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

FACTOR_MAX = 6


def measured(program):
    """{name: [(bytes, instructions), …]}, in the order of their sizes; the first is for warming up."""
    found = collections.defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="hookswitch-growth-") as place:
        subprocess.run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={place}/out", program],
                       check=True, timeout=600)
        dumps = sorted(pathlib.Path(place).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        for dump in dumps:
            text = dump.read_text(errors="replace")
            label = re.search(r"^desc: Trigger: Client Request: (.*)\t(\d+)$", text, re.MULTILINE)
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            if label and total:
                found[label.group(1)].append((int(label.group(2)), int(total.group(1))))
    return {name: runs[1:] for name, runs in found.items()}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    too_fast = 0
    results = measured(sys.argv[1])
    for name, runs in results.items():
        factors = [after[1] / before[1] for before, after in zip(runs, runs[1:])]
        refused = max(factors) >= FACTOR_MAX
        too_fast += refused
        told = "  ".join(f"{size:6} B {work:10}" for size, work in runs)
        print(f"{name:40} {told}   x{' x'.join(f'{f:.1f}' for f in factors)}{'   TOO FAST' if refused else ''}")
    print(f"{len(results)} inputs, {too_fast} whose work grows {FACTOR_MAX} times or more when they grow four times")
    sys.exit(1 if too_fast or not results else 0)


if __name__ == "__main__":
    main()
