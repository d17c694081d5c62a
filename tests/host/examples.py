#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the first line of each block of C in the tutorial of docs/jobs.md that is in no
file of docs/examples/, and the name of each file of which nothing is shown."""
import pathlib
import re

text = pathlib.Path("docs/jobs.md").read_text()
tutorial = text[text.index("## The first job") : text.index("## Rules of isolation")]
blocks = [
    re.sub(r"^    ", "", b, flags=re.M).strip()
    for b in re.findall(r"(?:^    .*\n|^\n(?=    ))+", tutorial, flags=re.M)
]
code = [b for b in blocks if "{" in b]
files = {
    f.name: f.read_text().expandtabs(8)
    for f in pathlib.Path("docs/examples").glob("*.[ch]")
}
for b in code:
    if not any(b in t for t in files.values()):
        print(b.splitlines()[0])
for name, t in files.items():
    if not any(b in t for b in code):
        print(name)
if len(code) < 4:
    print("no code found")
