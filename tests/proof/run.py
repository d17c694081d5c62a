#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs CBMC on the harnesses of tests/proof, as tests/proof/list says.

Usage: run.py FOLDER quick|all|NAME...

Each harness must hold for the code as it is, and must be refuted for each broken form
of it: a sed expression that is applied to a copy of one of its sources in FOLDER.
"""

import os
import re
import resource
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
XEN = "build/lab/xen-4.17/usr/include"
MEMORY = 6 << 30
SECONDS = 900
CHECKS = ["--pointer-overflow-check", "--object-bits", "10",
          "--drop-unused-functions"]


class Proof:
    def __init__(self, words):
        self.name = words[0].rstrip(":")
        self.quick = "quick" in words
        self.options = [w for w in words[1:] if w != "quick"]
        self.broken = []


def read_list():
    proofs = []
    with open(os.path.join(HERE, "list"), encoding="utf-8") as f:
        for line in f:
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("\t"):
                source, sed = line.split(None, 2)[1:]
                proofs[-1].broken.append((source, sed.strip()))
            else:
                proofs.append(Proof(line.split()))
    return proofs


def fail(text):
    print(f"FAIL {text}")
    sys.exit(1)


def break_source(folder, proof, source, sed):
    """A copy of @source that is changed; the original's folder has its headers."""
    text = subprocess.run(["sed", "-E", "-e", sed, source], check=True,
                          capture_output=True, text=True).stdout
    with open(source, encoding="utf-8") as f:
        if text == f.read():
            fail(f"proof {proof.name}: {sed} changes nothing in {source}")
    name = f"{proof.name}-broken-" + os.path.basename(source)
    if source.endswith(".h"):
        # under its own name, in a folder that is searched first
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        name = os.path.join(name, os.path.basename(source))
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def cbmc(folder, proof, swap):
    """Runs it with the source swap[0] taken from swap[1]; all that it says."""
    words = [os.environ.get("CBMC", "build/lab/cbmc/run"), "tests/proof/" + proof.options[0]]
    for word in proof.options[1:]:
        words.append(word.replace(*swap) if swap[0] else word)
    if swap[0].endswith(".h"):
        words.append("-I" + os.path.dirname(swap[1]))
    words += ["--function", "proof_" + proof.name.split("@")[0], "-Iinclude", "-I.", "-Itests/proof",
              "-I" + XEN] + CHECKS
    if swap[0]:
        words += ["-I" + os.path.dirname(swap[0]), "--stop-on-fail"]
    log = os.path.join(folder, proof.name + ".log")
    with open(log, "w", encoding="utf-8") as f:
        try:
            code = subprocess.run(
                words, stdout=f, stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                      (MEMORY, MEMORY))).returncode
        except subprocess.TimeoutExpired:
            fail(f"proof {proof.name}: no end in {SECONDS} s ({log})")
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    if code not in (0, 10) or ("VERIFICATION SUCCESSFUL" in text) != (code == 0):
        fail(f"proof {proof.name}: CBMC ended with {code} ({log})")
    return code == 0, text


def prove(folder, proof):
    begin = time.time()
    holds, text = cbmc(folder, proof, ("", ""))
    if not holds:
        for line in re.findall(r"^\[.*FAILURE$", text, re.M):
            print(f"  {line}")
        fail(f"proof {proof.name} ({folder}/{proof.name}.log)")
    count = re.search(r"\*\* 0 of (\d+) failed", text).group(1)
    print(f"  proof {proof.name}: {count} properties, {time.time() - begin:.0f} s", flush=True)


def refute(folder, proof, source, sed):
    begin = time.time()
    path = break_source(folder, proof, source, sed)
    holds, text = cbmc(folder, proof, (source, path))
    if holds:
        fail(f"proof {proof.name} holds with {source} broken by {sed}")
    what = re.search(r"^Violated property:\n.*\n  (.*)", text, re.M)
    print(f"  proof {proof.name}: {sed}: refuted: {what.group(1) if what else ''}, "
          f"{time.time() - begin:.0f} s", flush=True)


def main():
    folder, which = sys.argv[1], sys.argv[2:]
    os.chdir(TOP)
    os.makedirs(folder, exist_ok=True)
    begin = time.time()
    chosen = [p for p in read_list() if which == ["all"] or p.name in which or
              (p.quick and which == ["quick"])]
    if not chosen:
        fail(f"no proof {' '.join(which)}")
    for proof in chosen:
        if not proof.broken:
            fail(f"proof {proof.name}: no broken form in tests/proof/list")
        prove(folder, proof)
        for source, sed in proof.broken:
            refute(folder, proof, source, sed)
    print(f"  proofs: {len(chosen)}, broken forms refuted: "
          f"{sum(len(p.broken) for p in chosen)}, {time.time() - begin:.0f} s")


main()
