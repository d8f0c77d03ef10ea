#!/usr/bin/env python3
"""Every fault point of the sources is named by a test, which arms it, or stands in tools/fault_points.allow
with what reaches it instead.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
POINT = re.compile(r'\b(?:FAULT|FAILS)\("([a-z_.]+)"')
TESTS = ["src/**/*_test.c", "src/**/*_kit.h", "sandbox/**/*_test.c", "sim/*.c", "tests/system/*.ts", "tests/faults/*.ts"]


def main():
    points = {name: str(path.relative_to(ROOT)) for path in sorted((ROOT / "src").glob("**/*.c"))
              if not path.name.endswith("_test.c") for name in POINT.findall(path.read_text())}
    lines = (ROOT / "tools/fault_points.allow").read_text().splitlines()
    allowed = {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
    tests = "\n".join(path.read_text() for pattern in TESTS for path in ROOT.glob(pattern))
    named = {name for name in points if re.search(rf'["`]{re.escape(name)}["`:]', tests)}

    wrong = [f"{points[name]}: no test names the fault point {name}" for name in sorted(set(points) - named - allowed)]
    wrong += [f"tools/fault_points.allow: {name} is named by a test, or gone; remove the line"
              for name in sorted(allowed - (set(points) - named))]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
