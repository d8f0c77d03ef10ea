#!/usr/bin/env python3
"""No mutable variables outside of functions' frames and objects: what the linker would put into
.data or .bss. All state hangs from what main.c makes; see tools/globals.allow for the exceptions.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARIES = ["build/libhookswitch_core.a", "build/libhookswitch_core_faults.a"]

SYMBOL = re.compile(r"^[0-9a-f]+ .{7} (\.[td]?(?:data|bss)\S*)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$")


def mutable(section, name):
    return not section.startswith(".data.rel.ro") and not name.startswith((".", "__odr", "DW."))


def main():
    lines = (ROOT / "tools/globals.allow").read_text().splitlines()
    allowed = {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
    found = set()
    for library in LIBRARIES:
        listing = subprocess.run(["objdump", "-t", ROOT / library], check=True, capture_output=True, text=True)
        source = ""
        for line in listing.stdout.splitlines():
            if line.endswith(("file format elf64-x86-64", "file format elf64-littleaarch64")):
                source = line.split(":")[0].rsplit("/", 1)[-1].removesuffix(".o")
            match = SYMBOL.match(line)
            if match and source.endswith(".c") and mutable(match.group(1), match.group(2)):
                name = re.sub(r"\.\d+$", "", match.group(2))
                found.add(f"{source.removeprefix('src_')}:{name}")
    for name in sorted(found - allowed):
        print(f"{name} is mutable and belongs to no object")
    for name in sorted(allowed - found):
        print(f"tools/globals.allow: {name} is gone; remove the line")
    sys.exit(1 if found != allowed else 0)


if __name__ == "__main__":
    main()
