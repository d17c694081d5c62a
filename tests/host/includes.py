#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks which folder includes headers of which other.

Usage: includes.py [FOLDER]
Checks the tree in FOLDER, by default this one. ALLOWED lists the folders whose headers a
folder may include, without circles; PUBLIC lists the headers that are for other folders,
any other header is private. Tests may include any header.
"""
import os
import re
import subprocess
import sys

PURE = {"include/abi", "lib"}
COMMON = PURE | {"include"}
ALLOWED = {
    "include": {"include/abi"},
    "include/abi": set(),
    "include/sidecar": {"include/abi"},
    "lib": set(),
    "xen/guest": COMMON,
    "sidecar": COMMON | {"xen/guest"},
    "sidecar/driver": {"include", "include/abi", "include/sidecar"},
    "sidecar/kernel": {"include", "include/abi"},
    "pvh/read": PURE | {"sidecar"},
    "pvh/decide": PURE | {"sidecar", "pvh/read"},
    "pvh/write": PURE | {"sidecar", "pvh/read"},
    "pvh": COMMON | {"xen/guest", "sidecar", "pvh/read", "pvh/decide",
                     "pvh/write"},
    "sidecar/jobs": {"include/abi", "include/sidecar", "sidecar/jobs/stencil"},
    "sidecar/jobs/libjob": {"include/abi", "include/sidecar"},
    "sidecar/jobs/stencil": set(),
    "docs/examples": {"include/sidecar"},
    "sidecar/lib": COMMON | {"include/sidecar"},
    "sidecar/ctl": COMMON | {"include/sidecar"},
    "xen/toolstack": {"include", "lib"},
    "xen/toolstack/plan": PURE | {"xen/guest", "pvh", "pvh/read",
                                  "xen/toolstack"},
}
PUBLIC = {
    "include": None,  # all of it
    "include/abi": None,
    "include/sidecar": None,
    "lib": None,
    "xen/guest": {"xen_guest.h"},
    "sidecar": {"plan.h", "start.h"},
    "sidecar/jobs/stencil": {"solve.h"},
    "pvh/read": {"acpi.h", "cmdline_cpus.h", "dsdt.h", "image.h", "multiboot2.h",
                 "options.h", "start_info.h", "topology.h", "uki.h"},
    "pvh/decide": {"decide.h"},
    "pvh/write": {"acpi.h", "boot_params.h", "start_info.h"},
    "pvh": {"boot.h"},
    "xen/toolstack": {"request.h"},
}
# Forbidden includes, each of which this check must refuse.
PLANTED = (("pvh/read/acpi.c", "pvh/decide/decide.h"),
           ("pvh/stages.c", "pvh/decide/place.h"),
           ("lib/text.c", "include/cpu.h"),
           ("pvh/new/file.c", "lib/text.h"))
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)


def sources(root):
    out = subprocess.run(
        ["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.[chS]",
         "*.inc"], check=True, text=True, capture_output=True).stdout
    return [f for f in out.split() if not f.startswith("tests/") and
            os.path.exists(os.path.join(root, f))]


def found(root, path, name):
    """The file of this tree that #include @name in @path means, or None."""
    for folder in os.path.dirname(path), "include", "":
        header = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, header)):
            return header
    return None


def includes(root):
    """Pairs of a file and a header of this tree that it includes."""
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as f:
            for name in INCLUDE.findall(f.read()):
                header = found(root, path, name)
                if header:
                    yield path, header


def is_public(header):
    folder, name = os.path.split(header)
    names = PUBLIC.get(folder, set())
    return names is None or name in names


def problem(path, header):
    mine, other = os.path.dirname(path), os.path.dirname(header)
    if mine == other:
        return None
    if mine not in ALLOWED:
        return f"{mine}/ is not in the table ALLOWED"
    if other not in ALLOWED[mine]:
        return f"{mine}/ may not include headers of {other}/"
    if not is_public(header):
        return f"{header} is private to {other}/"
    return None


def circle():
    """The folders of ALLOWED that depend on each other."""
    left = {f: set(uses) for f, uses in ALLOWED.items()}
    while True:
        lowest = {f for f, uses in left.items() if not uses & left.keys()}
        if not lowest:
            return sorted(left)
        left = {f: u for f, u in left.items() if f not in lowest}


def main(root="."):
    edges = list(includes(root))
    bad = [f"{path} includes {header}: {why}" for path, header in edges
           for why in [problem(path, header)] if why]
    if circle():
        bad.append("a circle: " + " ".join(circle()))
    bad += [f"does not refuse {header} in {path}" for path, header in PLANTED
            if not problem(path, header)]
    if not edges:
        bad.append("nothing includes anything")
    for line in bad:
        print(f"FAIL includes: {line}")
    return len(bad) > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
