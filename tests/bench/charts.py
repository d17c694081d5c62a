#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the charts of docs/performance.md: one for each question, its answer as title.

Usage: charts.py FROM TO
       charts.py jitter FILE.json >FILE.svg
FROM has what tests/bench/bench.sh has measured, bench.csv and jitter.json; exits.txt: the
lines exits.* of the report of the case jobs-alone. A chart for which there are no figures
is not drawn. FILE.json: sidecarctl --json jitter --compare=CPU.
"""
import csv
import json
import math
import os
import re
import statistics
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 390
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 86, 52
GREY, BLUE, ORANGE, INK, FAINT = "#5f6368", "#1a66a8", "#b3540a", "#1f2328", "#d8dee4"
STYLE = ("text{font:12px sans-serif;fill:%s}.t{font-size:16px;font-weight:bold}"
         ".s{fill:%s}.b{font-weight:bold}" % (INK, GREY))


class Figures:
    """Of a bench.csv: by series, vCPUs and name, a value of each round."""

    def __init__(self, path):
        self.values = {}
        with open(path, encoding="utf-8") as f:
            for row in csv.DictReader(f):
                key = row["series"], int(row["vcpus"]), row["figure"]
                self.values.setdefault(key, []).append(float(row["value"]))

    def of(self, series, vcpus, name):
        return self.values.get((series, vcpus, name), [])

    def median(self, series, vcpus, name):
        values = self.of(series, vcpus, name)
        return statistics.median(values) if values else None

    def line(self, series, name, scale=lambda n: 1):
        """(vCPUs, median, least, most), each divided by scale(vCPUs)"""
        sizes = sorted(n for s, n, f in self.values if (s, f) == (series, name))
        for n in sizes:
            v = [x / scale(n) for x in self.of(series, n, name)]
            yield n, statistics.median(v), min(v), max(v)


class Svg:
    def __init__(self, title, subtitle, height=HEIGHT):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
            f"<style>{STYLE}</style>",
            f'<rect fill="#fff" width="{WIDTH}" height="{height}"/>']
        self.text(16, 28, title, "t")
        self.text(16, 48, subtitle, "s")

    def text(self, x, y, what, kind="", anchor="start", fill=""):
        more = (f' class="{kind}"' if kind else "") + (
            f' text-anchor="{anchor}"' if anchor != "start" else "") + (
            f' style="fill:{fill}"' if fill else "")
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(what)}</text>')

    def line(self, points, colour, width=2.0, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="{width}" '
                          + (f'stroke-dasharray="{dash}" ' if dash else "")
                          + f'points="{path}"/>')

    def box(self, x, y, w, h, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, 0.5):.1f}" '
                          f'height="{h:.1f}" fill="{colour}"/>')

    def dot(self, x, y, colour, radius=3.5):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>')

    def label(self, x, y, what, colour):
        """On white, so that no line of the picture runs through it"""
        self.box(x - 3, y - 12, 6 + 7.6 * len(what), 16, "#fff")
        self.text(x, y, what, "b", fill=colour)

    def done(self):
        return "\n".join(self.parts + ["</svg>", ""])


def short(value):
    """Three digits, without an exponent"""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def log_ticks(low, high):
    return [10.0 ** e for e in range(math.floor(math.log10(low)),
                                     math.ceil(math.log10(high)) + 1)]


def linear_ticks(high):
    step = 10 ** math.floor(math.log10(high))
    while high / step < 4:
        step /= 2
    return [i * step for i in range(math.ceil(high / step) + 1)]


def scale_of(ticks, low, high, log):
    """Where a value lies between two places of the picture"""
    to = math.log10 if log else float
    first, last = to(ticks[0]), to(ticks[-1])
    return lambda v: low + (to(v) - first) / (last - first) * (high - low)


def apart(places, least):
    """The same places, moved so that labels do not touch"""
    order = sorted(range(len(places)), key=lambda i: places[i])
    out = list(places)
    for a, b in zip(order, order[1:]):
        out[b] = max(out[b], out[a] + least)
    return out


def over_vcpus(title, subtitle, unit, lines, log=False):
    """Lines over the number of vCPUs; each has its name at its right end."""
    svg = Svg(title, subtitle)
    sizes = sorted({p[0] for _, _, points in lines for p in points})
    values = [v for _, _, points in lines for p in points for v in p[1:]]
    ticks = log_ticks(min(values), max(values)) if log else linear_ticks(max(values))
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    to_y = scale_of(ticks, bottom, TOP, log)
    to_x = scale_of([sizes[0], sizes[-1]], LEFT + 12, right - 12, True)
    for tick in ticks:
        svg.line([(LEFT, to_y(tick)), (right, to_y(tick))], FAINT, 1)
        svg.text(LEFT - 8, to_y(tick) + 4, short(tick), anchor="end")
    svg.text(16, TOP - 18, unit, "s")
    for n in sizes:
        svg.text(to_x(n), bottom + 18, str(n), anchor="middle")
    svg.text((LEFT + right) / 2, bottom + 38, "vCPUs of the guest", "s", "middle")
    ends = apart([to_y(points[-1][1]) for _, _, points in lines], 18)
    for (name, colour, points), y in zip(lines, ends):
        for n, _, low, high in points:
            svg.line([(to_x(n), to_y(low)), (to_x(n), to_y(high))], colour, 1)
        svg.line([(to_x(p[0]), to_y(p[1])) for p in points], colour)
        for p in points:
            svg.dot(to_x(p[0]), to_y(p[1]), colour)
        svg.text(to_x(points[-1][0]) + 18, y + 4,
                 f"{name}: {short(points[-1][1])}", "b", fill=colour)
    return svg.done()


def boot(f):
    alone = list(f.line("direct", "init_ms", lambda n: 1000))
    shim = list(f.line("shim", "init_ms", lambda n: 1000))
    if len(alone) < 2 or len(shim) < 2:
        return None
    n = max({p[0] for p in alone} & {p[0] for p in shim})
    ratio = next(p[1] for p in alone if p[0] == n) / next(p[1] for p in shim if p[0] == n)
    return over_vcpus(
        f"A guest with {n} vCPUs reaches its init {ratio:.1f} times faster with the shim",
        "From xl create to the guest's init, kernel a vmlinux: all vCPUs in Linux, or one and the rest parked",
        "seconds", [("Linux alone", GREY, alone), ("by the shim", BLUE, shim)])


def linux(f):
    alone = list(f.line("direct", "linux_ms", lambda n: 1000))
    shim = list(f.line("shim", "linux_ms", lambda n: 1000))
    if len(alone) < 2 or len(shim) < 2:
        return None
    return over_vcpus(
        "Linux's own time grows with its CPUs, and not with parked ones",
        "Linux's uptime when its init starts, without what xl does and without unpacking",
        "seconds", [("Linux alone", GREY, alone), ("by the shim", BLUE, shim)])


def start(f):
    each = lambda n: 1000 * (n - 1)
    called = lambda n: 1000 * f.median("shim", n, "by_call")
    lines = [("Linux alone", GREY, list(f.line("direct", "smp_us", each))),
             ("sidecar", BLUE, list(f.line("shim", "start_us", each))),
             ("its multicall", ORANGE, list(f.line("shim", "call_us", called)))]
    if any(len(line[2]) < 2 for line in lines):
        return None
    n = lines[0][2][-1][0]
    times = lines[0][2][-1][1] / next(p[1] for p in lines[1][2] if p[0] == n)
    return over_vcpus(
        f"A vCPU parks {times:.0f} times faster than Linux brings one up, at {n} vCPUs",
        "Time for each vCPU: Linux's bring-up; the sidecar until all are parked; Xen's part of that",
        "milliseconds", lines, True)


def parked(f):
    whole = list(f.line("many", "init_ms", lambda n: 1000))
    own = list(f.line("many", "linux_ms", lambda n: 1000))
    if len(whole) < 2 or len(own) < 2:
        return None
    return over_vcpus(
        f"{whole[-1][0]} vCPUs boot in {whole[-1][1] / whole[0][1]:.2f} times the time of {whole[0][0]}",
        "Four vnodes, Linux on four vCPUs, the rest parked: from xl create to the guest's init",
        "seconds", [("in all", BLUE, whole), ("of it Linux", GREY, own)])


def bars(title, subtitle, rows, parts):
    """Rows of (name, values): one bar of parts for each, names of the parts above"""
    left, step = 200, 34
    svg = Svg(title, subtitle, 104 + step * len(rows) + 34)
    ticks = linear_ticks(max(sum(values) for _, values in rows))
    bottom = 104 + step * len(rows)
    to_x = scale_of(ticks, left, WIDTH - 70, False)
    for tick in ticks:
        svg.line([(to_x(tick), 92), (to_x(tick), bottom)], FAINT, 1)
        svg.text(to_x(tick), bottom + 16, short(tick), anchor="middle")
    x = left
    for name, colour in parts:
        svg.box(x, 66, 11, 11, colour)
        svg.text(x + 16, 76, name)
        x += 34 + 7 * len(name)
    for i, (name, values) in enumerate(rows):
        y, at = 98 + step * i, 0
        svg.text(left - 10, y + 15, name, anchor="end")
        for value, (_, colour) in zip(values, parts):
            svg.box(to_x(at), y, to_x(at + value) - to_x(at), 22, colour)
            at += value
        svg.label(to_x(at) + 6, y + 15, f"{at:.2f}", INK)
    svg.text(16, bottom + 16, "seconds", "s")
    return svg.done()


KERNELS = (("direct", "vmlinux, xl alone"), ("shim", "vmlinux, by the shim"),
           ("xz", "xz, xl alone"), ("shimxz", "xz, by the shim"),
           ("zstd", "6.12, zstd, xl alone"), ("shimzstd", "6.12, zstd, by the shim"))


def split(f, series, n):
    """Seconds of a boot: until Linux's clock starts; Linux to its init"""
    whole, own = (f.median(series, n, name) for name in ("init_ms", "linux_ms"))
    if None in (whole, own):
        return None
    return [(whole - own) / 1000, own / 1000]


def faster(ratio):
    """Of a time in parts of another one"""
    return f"{abs(ratio - 1):.0%}".replace("%", " % ") + ("faster" if ratio < 1 else "slower")


def kernels(f):
    rows = [(name, split(f, series, 2)) for series, name in KERNELS]
    if any(values is None for _, values in rows):
        return None
    own, xz = (faster(sum(rows[i + 1][1]) / sum(rows[i][1])) for i in (0, 2))
    return bars(
        f"Two vCPUs: {own} with the shim, {xz} where Linux must unpack xz",
        "From xl create to the guest's init, by kernel and by who unpacks it", rows,
        [("until Linux's clock starts: xl, shim, unpacking", ORANGE), ("Linux to its init", BLUE)])


WAYS = (("job.line", "a job that polls, a line", BLUE),
        ("linux.line", "a thread that polls, a line", GREY),
        ("job.ring", "a job that polls, rings", BLUE),
        ("linux.ring", "a thread that polls, rings", GREY),
        ("job.bell", "a job that waits, doorbell and event", BLUE),
        ("linux.futex", "a thread that sleeps, futexes", GREY),
        ("linux.eventfd", "a thread that sleeps, eventfds", GREY))


def trips(f):
    """Medians, and from the least to the 99th percentile, in parts of one way's median"""
    got = [(text, colour, [f.median("trips", 3, f"trips.{name}.{what}")
                           for what in ("least", "median", "p99")])
           for name, text, colour in WAYS]
    if any(None in values for _, _, values in got):
        return None
    one = got[0][2][1]
    rows = [(text, colour, [max(v / one, 0.01) for v in values]) for text, colour, values in got]
    left, right, step = 250, WIDTH - 80, 30
    bottom = 80 + step * len(rows)
    svg = Svg(f"A job that polls answers in {rows[0][2][1] / rows[1][2][1]:.2f} of the time of a thread that polls",
              "Round trips from a pinned thread of Linux; 1 is the median to a job that polls a line",
              bottom + 56)
    ticks = log_ticks(min(r[2][0] for r in rows), max(r[2][2] for r in rows))
    to_x = scale_of(ticks, left, right, True)
    for tick in ticks:
        svg.line([(to_x(tick), 66), (to_x(tick), bottom)], FAINT, 1)
        svg.text(to_x(tick), bottom + 16, f"{tick:,g}", anchor="middle")
    for i, (text, colour, (low, middle, high)) in enumerate(rows):
        y = 84 + step * i
        svg.text(left - 14, y + 4, text, anchor="end", fill=colour)
        svg.line([(to_x(low), y), (to_x(high), y)], colour, 3)
        svg.dot(to_x(middle), y, colour, 6)
        svg.label(to_x(high) + 8, y + 4, short(middle), colour)
    svg.text(16, bottom + 38, "point: median; bar: from the least to 99 of 100", "s")
    return svg.done()


def length(ns):
    for unit, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= unit:
            return f"{ns / unit:g} {name}"
    return f"{ns:g} ns"


def doubled(side):
    """Its histogram with four bins in one, each twice as long as the one before"""
    rows = {}
    for b in side["histogram"]:
        row = math.floor(math.log2(max(b["from_ns"], 1.0)) + 1e-3)
        rows[row] = rows.get(row, 0) + b["gaps"]
    return [(2.0 ** row, 2.0 ** (row + 1), nr) for row, nr in sorted(rows.items())]


def panel(svg, who, colour, x, bins, ticks, edges):
    """A histogram: gaps by their length, both axes logarithmic"""
    top, bottom, width = 104, 316, 270
    to_y = scale_of(ticks, bottom, top, True)
    to_x = scale_of(edges, x, x + width, True)
    svg.text(x, 88, who, "b", fill=colour)
    for tick in ticks[1::2]:
        svg.line([(x, to_y(tick)), (x + width, to_y(tick))], FAINT, 1)
        svg.text(x - 6, to_y(tick) + 4, f"{tick:,.0f}", anchor="end")
    svg.line([(x, bottom), (x + width, bottom)], INK, 1)
    for low, high, nr in bins:
        svg.box(to_x(low), to_y(nr), to_x(high) - to_x(low) - 1, bottom - to_y(nr), colour)
    for edge in edges[::2]:
        svg.text(to_x(edge), bottom + 18, length(edge), anchor="middle")
    svg.text(x + width / 2, bottom + 38, "length of a gap", "s", "middle")


def jitter(found):
    """Of sidecarctl --json jitter --compare: one entry, or a list of them"""
    one = found[0] if isinstance(found, list) else found
    sides = [one[k] for k in ("sidecar", "linux")]
    bins = [doubled(side) for side in sides]
    edges = log_ticks(min(b[0] for s in bins for b in s), max(b[1] for s in bins for b in s))
    ticks = log_ticks(0.5, max(b[2] for s in bins for b in s))
    times = sides[1]["longest_ns"] / sides[0]["longest_ns"]
    svg = Svg(f"The longest gap of a real-time thread is {short(times)} times that of a job",
              "How often and for how long the same loop was away from its CPU: number of gaps in one second", 372)
    for who, colour, x, side, b in (
            ("job on a parked vCPU", BLUE, 84, sides[0], bins[0]),
            ("real-time thread of Linux", GREY, 450, sides[1], bins[1])):
        panel(svg, f"{who}: longest {side['longest_ns'] / 1e6:.1f} ms", colour, x,
              b, ticks, edges)
    return svg.done()


CODES = {"60": "interrupts", "64": "interrupts to be delivered", "7c": "MSRs, the ends of interrupts",
         "81": "hypercalls", "78": "HLT", "47": "port I/O"}


def exits(lines):
    """Of the report of the case jobs-alone: exits.cpuN=OTHERS and LOOKS looks and
    SOON before: CODE:NUMBER..."""
    rows = []
    for line in lines:
        found = re.match(r"exits\.cpu([23])=(\d+) and (\d+) looks and (\d+) before: (.*)", line)
        if not found:
            continue
        cpu, others, looks, before, codes = found.groups()
        who, colour = (("job", BLUE), ("isolcpus= thread", GREY))[cpu == "3"]
        if cpu == "2":
            rows.append((f"{who}: the timer of Xen's scheduler", int(looks) + int(before), colour))
            rows.append((f"{who}: all else", int(others), colour))
            continue
        for code, nr in (c.split(":") for c in codes.split()):
            nr = int(nr) - (int(looks) + int(before) if code == "60" else 0)
            rows.append((f"{who}: {CODES.get(code, code)}", nr, colour))
    left, right, step = 310, WIDTH - 90, 30
    bottom = 70 + step * len(rows)
    ticks = log_ticks(1, max(r[1] for r in rows))
    to_x = scale_of([0.5] + ticks, left, right, True)
    isolated = sum(r[1] for r in rows if r[2] == GREY)
    svg = Svg(f"Linux causes no VM exit of a job's CPU, and {isolated:,} of an isolated CPU",
              "VM exits in a second while Linux storms: mprotect, membarrier, timers, wakes",
              bottom + 44)
    for tick in ticks:
        svg.line([(to_x(tick), 62), (to_x(tick), bottom)], FAINT, 1)
        svg.text(to_x(tick), bottom + 16, f"{tick:,g}", anchor="middle")
    for i, (text, nr, colour) in enumerate(rows):
        y = 66 + step * i
        svg.text(left - 12, y + 15, text, anchor="end", fill=colour)
        end = to_x(max(nr, 0.5))
        svg.box(left, y, end - left, 22, colour)
        svg.label(end + 8, y + 15, f"{nr:,}", colour)
    svg.text(16, bottom + 16, "VM exits", "s")
    return svg.done()


def speed_up(f, vcpus, name, nr):
    """How many times the median of one is that of so many"""
    one, many = (f.median("gang", vcpus, f"gang.{name}.{n}") for n in (1, nr))
    return one / many if one and many else None


def gang(f):
    """Speed-ups of a gang: by the time of day beside threads, and by instructions"""
    rows = [("two ranks, by the time of day", BLUE, 2, speed_up(f, 3, "job", 2)),
            ("two threads, by the time of day", GREY, 2, speed_up(f, 3, "linux", 2))]
    rows += [(f"{n} ranks, by instructions", ORANGE, n, speed_up(f, 9, "count", n))
             for n in (2, 4, 8)]
    if any(r[3] is None for r in rows):
        return None
    left, right, step = 250, WIDTH - 80, 34
    bottom = 66 + step * len(rows)
    ticks = linear_ticks(max(max(r[2], r[3]) for r in rows))
    to_x = scale_of(ticks, left, right, False)
    svg = Svg(f"Two ranks compute {rows[0][3]:.2f} times as fast as one, two threads of Linux {rows[1][3]:.2f} times",
              "The same code and plate; a mark where each would do an equal part of the work and wait for nobody",
              bottom + 44)
    for tick in ticks:
        svg.line([(to_x(tick), 62), (to_x(tick), bottom)], FAINT, 1)
        svg.text(to_x(tick), bottom + 16, short(tick), anchor="middle")
    for i, (text, colour, ideal, times) in enumerate(rows):
        y = 66 + step * i
        svg.text(left - 12, y + 15, text, anchor="end", fill=colour)
        svg.box(left, y, to_x(times) - left, 22, colour)
        svg.label(to_x(max(times, ideal)) + 8, y + 15, f"{times:.2f}", colour)
        svg.line([(to_x(ideal), y - 3), (to_x(ideal), y + 25)], INK, 2)
    svg.text(16, bottom + 16, "times as fast as one", "s")
    return svg.done()


CHARTS = {"boot": boot, "linux": linux, "kernels": kernels, "start": start,
          "parked": parked, "trips": trips, "gang": gang}


def draw_all(source, target):
    figures = Figures(os.path.join(source, "bench.csv"))
    charts = {name: draw(figures) for name, draw in CHARTS.items()}
    path = os.path.join(source, "jitter.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            charts["jitter"] = jitter(json.load(f))
    path = os.path.join(source, "exits.txt")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            charts["exits"] = exits(f.readlines())
    for name, svg in charts.items():
        if svg is None:
            print(f"charts: no figures for {name}.svg")
            continue
        with open(os.path.join(target, name + ".svg"), "w", encoding="utf-8") as f:
            f.write(svg)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "jitter":
        with open(sys.argv[2], encoding="utf-8") as f:
            sys.stdout.write(jitter(json.load(f)))
    else:
        draw_all(sys.argv[1], sys.argv[2])


main()
