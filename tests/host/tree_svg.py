#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws docs/tree.svg: which folder includes headers of which other.

Usage: tree_svg.py >docs/tree.svg
The edges are the includes in the sources (includes.py). A line goes down from the user
to what it uses; a line that follows from two others is left out. include/ and lib/,
which everybody may use, are at the bottom and named in the boxes that use them.
"""
import os

import includes

BASE = ("include", "include/abi", "include/sidecar", "lib")
WIDTH, HEIGHT, GAP_X, GAP_Y = 168, 46, 24, 44
STYLE = ("text{font:12px sans-serif}.t{font-weight:bold}"
         ".b{fill:#fff;stroke:#777}.l{fill:#e8e8e8;stroke:#777}"
         ".e{stroke:#1f4e79;stroke-width:1.5}")


def uses():
    """{folder: folders that it includes headers of}"""
    edges = {f: set() for f in BASE}
    for path, header in includes.includes("."):
        mine, other = os.path.dirname(path), os.path.dirname(header)
        edges.setdefault(mine, set())
        if mine != other:
            edges[mine].add(other)
    return edges


def below(folder, edges):
    """All that it uses, by way of others, too."""
    found = set()
    for f in edges[folder]:
        found |= {f} | below(f, edges)
    return found


def level(folder, edges):
    return 1 + max((level(f, edges) for f in edges[folder]), default=-1)


def place(edges, upper):
    """{folder: (x, y)}, and how large the picture is."""
    rows = {}
    for f in upper:
        rows.setdefault(level(f, edges), []).append(f)
    top, places = max(rows), {}
    used = set().union(*upper.values())
    for n, row in rows.items():
        for i, f in enumerate(sorted(row, key=lambda f: (f not in used, f))):
            places[f] = (12 + i * (WIDTH + GAP_X),
                         12 + (top - n) * (HEIGHT + GAP_Y))
    bottom = 12 + (top + 1) * (HEIGHT + GAP_Y)
    for i, f in enumerate(BASE):
        places[f] = (12 + i * (WIDTH + GAP_X), bottom)
    wide = max(x for x, y in places.values()) + WIDTH + 12
    return places, wide, bottom + HEIGHT + 12


def box(folder, at, text):
    x, y = at
    yield (f'<rect class="{"l" if folder in BASE else "b"}" x="{x}" y="{y}" '
           f'width="{WIDTH}" height="{HEIGHT}"/>')
    yield f'<text class="t" x="{x + 8}" y="{y + 18}">{folder}/</text>'
    yield f'<text x="{x + 8}" y="{y + 36}">{text}</text>'


def lines(edges, upper, places):
    for f in sorted(upper):
        for used in sorted(upper[f]):
            if any(used in below(g, upper) for g in upper[f] - {used}):
                continue
            (x, y), (to_x, to_y) = places[f], places[used]
            yield (f'<line class="e" x1="{x + WIDTH // 2}" y1="{y + HEIGHT}" '
                   f'x2="{to_x + WIDTH // 2}" y2="{to_y}"/>')
    for f in sorted(places):
        base = sorted(u.replace("include/", "") for u in edges[f] & set(BASE))
        yield from box(f, places[f], " ".join(base))


def draw():
    edges = uses()
    upper = {f: u - set(BASE) for f, u in edges.items() if f not in BASE}
    places, wide, high = place(upper, upper)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" '
           f'height="{high}">')
    yield f"<style>{STYLE}</style>"
    yield from lines(edges, upper, places)
    yield "</svg>"


if __name__ == "__main__":
    print("\n".join(draw()))
