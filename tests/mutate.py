#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which one-token changes of a source file no host test notices.

Usage: mutate.py FOLDER FILE COUNT [SEED]

Copies the tree into FOLDER, changes one token of FILE there, builds the host tests that
have FILE in them and runs them until one fails. COUNT changes are taken at random, the
same ones for the same SEED; those that survive are printed with their line.
"""

import fnmatch
import os
import random
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD_SECONDS, RUN_SECONDS = 600, 60
# Without sanitizers, which take most of the time and notice few that no test does.
MAKE = ["make", "-s", "HOST=$(COMMON) $(XENHDR) -O1"]

# Token, and what it becomes.
CHANGES = [(re.compile(pattern), after) for pattern, after in (
    (r"(?<![<>=!-])<(?![<=])", ["<=", ">="]), (r"(?<![->])>(?![>=])", [">=", "<="]),
    (r"<=", ["<"]), (r"(?<!>)>=", [">"]), (r"==", ["!="]), (r"!=", ["=="]),
    (r"&&", ["||"]), (r"\|\|", ["&&"]), (r"!(?=[\w(])", [""]),
    (r" \+ ", [" - "]), (r" - ", [" + "]), (r" \* ", [" + "]), (r" / ", [" * "]),
    (r" % ", [" / "]), (r" \+= ", [" -= "]), (r" -= ", [" += "]), (r" \|= ", [" = "]),
    (r"\+\+", ["--"]), (r"<<", [">>"]), (r">>", ["<<"]), (r" & ", [" | "]),
    (r" \| ", [" & "]), (r"(?<!\w)~", [""]),
    (r"\btrue\b", ["false"]), (r"\bfalse\b", ["true"]),
    (r"(?<![\w.])\d+u?(?![\w.])", ["+1", "-1"]),
    (r"\bcontinue;", ["break;"]), (r"\bbreak;", [";"]),
)]
# Which tests have the file in them; that of its own name goes first.
TESTS = (
    ("sidecar/plan.c", "test_plan test_plan_random"),
    ("sidecar/start*.c", "test_start"),
    ("sidecar/kernel/access.c", "test_access"),
    ("sidecar/kernel/view.c", "test_view"),
    ("sidecar/lib/*.c", "CLIENT_TESTS"),
    ("sidecar/ctl/*.c", "CLIENT_TESTS"),
    ("lib/*.c", "HOST_TESTS"),
    ("pvh/*.c", "HOST_TESTS"),
)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_only(text):
    """@text with its comments, strings and preprocessor lines made blanks."""
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.S)
    text = re.sub(r"\"(\\.|[^\"\\\n])*\"|'(\\.|[^'\\\n])*'", blank, text)
    text = re.sub(r"_Static_assert\(.*?\);", blank, text, flags=re.S)
    return re.sub(r"^#(.*\\\n)*.*$", blank, text, flags=re.M)


def mutants(text):
    code = code_only(text)
    found = []
    for pattern, afters in CHANGES:
        for m in pattern.finditer(code):
            for after in afters:
                if after in ("+1", "-1"):
                    number = int(m.group(0).rstrip("u")) + int(after)
                    if number < 0:
                        continue
                    after = str(number)
                found.append((m.start(), m.end(), after))
    return sorted(found)


def make_variable(tree, name):
    out = subprocess.run(["make", "-s", "--eval", f"say:;@echo $({name})", "say"], cwd=tree,
                         check=True, capture_output=True, text=True).stdout
    return out.split()


def tests_of(tree, path):
    names = next((t for p, t in TESTS if fnmatch.fnmatch(path, p)), None)
    if not names:
        sys.exit(f"mutate: no host test has {path}")
    tests = []
    for name in names.split():
        tests += make_variable(tree, name) if name.isupper() else [name]
    stem = os.path.basename(path)[:-2].replace("_", "")
    return sorted(tests, key=lambda t: stem not in t.replace("_", ""))


def copy_tree(tree):
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP,
                           check=True, capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, files):
        source, to = os.path.join(TOP, name), os.path.join(tree, name)
        if not os.path.isfile(source):
            continue
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if not os.path.exists(to) or open(source, "rb").read() != open(to, "rb").read():
            shutil.copyfile(source, to)
            shutil.copymode(source, to)
    os.makedirs(os.path.join(tree, "build"), exist_ok=True)
    lab = os.path.join(tree, "build/lab")
    if not os.path.islink(lab):
        os.symlink(os.path.join(TOP, "build/lab"), lab)


def ends_well(tree, words, seconds):
    try:
        return subprocess.run(words, cwd=tree, timeout=seconds, check=False,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def is_killed(tree, tests):
    """By which test; None if by none, "" if it cannot be built."""
    for test in tests:
        binary = "build/tests/" + test
        if not ends_well(tree, MAKE + [binary], BUILD_SECONDS):
            return ""
        if not ends_well(tree, [binary], RUN_SECONDS):
            return test
    return None


def main():
    tree, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    copy_tree(tree)
    tests = tests_of(tree, path)
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        text = f.read()
    if "test_client" in tests: # which read jobs
        ends_well(tree, MAKE + ["all"], BUILD_SECONDS)
    bad = is_killed(tree, tests)
    if bad is not None:
        sys.exit(f"mutate: {bad or 'a test'} of {path} fails as it is")
    chosen = mutants(text)
    random.Random(seed + path).shuffle(chosen)
    killed, survived = 0, []
    for start, end, after in chosen:
        if killed + len(survived) == count:
            break
        with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
            f.write(text[:start] + after + text[end:])
        by = is_killed(tree, tests)
        if by is None:
            survived.append((start, end, after))
        elif by:
            killed += 1
    shutil.copyfile(os.path.join(TOP, path), os.path.join(tree, path))
    for start, end, after in sorted(survived):
        line = text.count("\n", 0, start) + 1
        begin = text.rfind("\n", 0, start) + 1
        whole = text[begin:text.find("\n", start)].strip()
        print(f"  {path}:{line}: survives: '{text[start:end].strip()}' -> "
              f"'{after.strip()}' in: {whole}")
    print(f"  {path}: {killed} of {killed + len(survived)} mutants killed")


main()
