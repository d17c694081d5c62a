#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws docs/session.svg from the console of a real run of the case `elastic`.

Usage: session_svg.py build/lab/log/4.17/elastic.console >docs/session.svg
The lines of the shim and what the guest typed (part_session) are shown as they are, but
for those that are too long, which are cut, and addresses in between.
"""
import re
import sys
from xml.sax.saxutils import escape

WIDTH, LINE, SIZE, MARGIN, COLUMNS = 920, 17, 13, 16, 112
COLOURS = {"prompt": "#7ee787", "shim": "#79c0ff", "out": "#e6edf3", "note": "#8b949e"}
# What a reader needs of the boot
BOOT = re.compile(r"^shim: (xen|plan: \d|plan: node|sidecar: \d|linux: \d|jump)")


def lines(console):
    yield "prompt", "dom0# xl create -c elastic.cfg"
    for line in console:
        line = line.rstrip("\r\n")
        if BOOT.match(line):
            yield "shim", line
    yield "note", "... Linux boots on one CPU; the other three are parked"
    for line in console:
        found = re.match(r"^lab: session=(.*?)\s*$", line)
        if found:
            text = found.group(1)
            yield ("prompt" if text.startswith("guest# ") else "out"), text


def cut(text):
    return text if len(text) <= COLUMNS else text[:COLUMNS - 3] + "..."


def draw(rows):
    height = 2 * MARGIN + LINE * len(rows)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'role="img" aria-label="A session: boot, list, a job, online, return">')
    yield "<style>text{font:%dpx monospace;white-space:pre}" % SIZE + "".join(
        ".%s{fill:%s}" % item for item in COLOURS.items()) + "</style>"
    yield f'<rect fill="#0d1117" rx="8" width="{WIDTH}" height="{height}"/>'
    for i, (kind, text) in enumerate(rows):
        yield (f'<text class="{kind}" x="{MARGIN}" y="{MARGIN + LINE * i + SIZE}" '
               f'xml:space="preserve">{escape(cut(text))}</text>')
    yield "</svg>"


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as f:
        rows = list(lines(f.readlines()))
    if not any(text.startswith("guest# ") for _, text in rows):
        sys.exit("session_svg: no session in " + sys.argv[1] + " (want a run of elastic)")
    print("\n".join(draw(rows)))


main()
