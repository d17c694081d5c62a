#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that object files depend on each other in one direction only.

Usage: layers.py FOLDER OBJECT...
Lists the lowest object first. Each may use only symbols that an object before it
defines. Circles are reported as such, too. Each source file in FOLDER must have an
object.
"""
import glob
import os
import subprocess
import sys


def symbols(path):
    """(defined, undefined) global symbols of an object file."""
    out = subprocess.run(["nm", "-g", path], check=True, text=True,
                         capture_output=True).stdout
    words = [line.split() for line in out.splitlines()]
    undefined = {w[-1] for w in words if w[-2] in "Uvw"}
    return {w[-1] for w in words} - undefined, undefined


def uses(objects):
    """{(user, used): symbols} for each pair of objects."""
    of_object = {o: symbols(o) for o in objects}
    owner = {s: o for o, (defined, _) in of_object.items() for s in defined}
    edges = {}
    for o, (_, undefined) in of_object.items():
        for s in undefined & owner.keys():
            edges.setdefault((o, owner[s]), set()).add(s)
    return edges


def reachable(start, edges):
    found, todo = set(), [start]
    while todo:
        o = todo.pop()
        new = {b for a, b in edges if a == o} - found
        found |= new
        todo += new
    return found


def circles(objects, edges):
    """Sets of objects that depend on each other."""
    reach = {o: reachable(o, edges) for o in objects}
    return {frozenset(p for p in objects if p in reach[o] and o in reach[p])
            for o in objects if o in reach[o]}


def name(path):
    return os.path.splitext(os.path.basename(path))[0]


def problems(folder, objects):
    edges = uses(objects)
    level = {o: i for i, o in enumerate(objects)}
    for (a, b), used in sorted(edges.items()):
        if level[b] >= level[a]:
            yield (f"{name(a)} uses {', '.join(sorted(used))} of {name(b)}, "
                   "which is not below it")
    for circle in circles(objects, edges):
        yield "a circle: " + " ".join(sorted(map(name, circle)))
    sources = {name(f) for f in glob.glob(f"{folder}/*.[cS]")}
    for f in sorted(sources ^ set(map(name, objects))):
        yield f"{f} is not both a source file and in the list of objects"
    if not edges:
        yield "no object uses another"


def main(folder, *objects):
    bad = list(problems(folder, objects))
    for line in bad:
        print(f"FAIL layers: {folder}: {line}")
    if not bad:
        print(f"  {folder}: {len(objects)} files, each uses only lower ones")
    return len(bad) > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
