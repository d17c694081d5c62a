#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints every error message in the code, one a line, with ... for each value.

These are the string literals in calls that report an error (log_die(), fail(), error in
a shell script, ...), and the texts that functions *_error_text() and *_status_text()
return. test_docs.sh wants exactly these in docs/troubleshooting.md.
"""
import glob
import re

STRING = r'"(?:\\.|[^"\\])*"'
TOKEN = re.compile(STRING + r"|\w+|\S")
NOT_ERRORS = {"ok", "no error", "on", "withdrawn", "unknown error", "unknown status"}
# In lines of the shim that are errors or warnings
SHIM_ERROR = re.compile(r"warning|off: |falling back|dropped")
# In lines of a job that refuses its arguments
JOB_ERROR = re.compile(r"want|is not known|less than")
# In lines of run.sh that are errors
LAB_ERROR = re.compile(r"not built|are left|ended before|the host|not in the lab|"
                       r"no such|want ")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def c_source(path):
    """Without comments and preprocessor lines."""
    text = re.sub(r"(" + STRING + r")|/\*.*?\*/", lambda m: m.group(1) or " ",
                  read(path), flags=re.S)
    return re.sub(r"^#(.*\\\n)*.*$", "", text, flags=re.M)


def c_files(*patterns):
    for path in sorted(f for p in patterns for f in glob.glob(p)):
        yield path, c_source(path)


def calls(text, names):
    """(name, [argument, ...]) of each call, an argument being its tokens."""
    for m in re.finditer(r"\b(" + names + r")\(", text):
        depth, args = 1, [[]]
        for t in TOKEN.finditer(text, m.end()):
            token = t.group()
            depth += (token in "([{") - (token in ")]}")
            if not depth:
                break
            if token == "," and depth == 1:
                args.append([])
            else:
                args[-1].append(token)
        yield m.group(1), args


def printed(text):
    """The text as it is printed, with ... for each value."""
    text = re.sub(r"\\n$", "", text)
    text = re.sub(r"%[#0-9.*]*[lz]*[a-zA-Z]", "...", text).replace("%%", "%")
    return re.sub(r"\.{4,}", "...", re.sub(r"\\(.)", r"\1", text))


def literals(tokens):
    """The strings among tokens, joined as C joins them; macros in them are values."""
    run = None
    for token in tokens + [";"]:
        if token.startswith('"'):
            run = (run or "") + token[1:-1]
        elif re.match(r"PRI[a-zA-Z0-9]+$", token):
            run = (run or "") + "u"
        elif re.match(r"LIB[A-Z]+$", token):
            run = (run or "") + "%s"
        elif run is not None:
            yield printed(run)
            run = None


def shim():
    for _, text in c_files("pvh/*.c", "pvh/*/*.c", "sidecar/*.c"):
        for name, args in calls(text, "log_die|log_line"):
            named = any("report_error" in arg for arg in args)
            for s in literals(args[0]):
                # report_error prints what is wrong and the value
                if named and s.endswith(": ..."):
                    s += ": ..."
                if name == "log_die" or SHIM_ERROR.search(s):
                    yield "shim: " + s
        for token in TOKEN.findall(text):
            if token.startswith('"shim: ') and token != '"shim: "':
                yield printed(token[1:-1])


def error_texts():
    text = "".join(t for _, t in c_files("lib/*.c", "pvh/*.c", "pvh/*/*.c",
                                         "sidecar/*.c", "sidecar/lib/*.c",
                                         "xen/toolstack/plan/*.c"))
    for m in re.finditer(r"^const char \*((?:\w+_)?(?:error|status)_text)\(.*?^}",
                         text, flags=re.M | re.S):
        for s in re.findall(r"return (" + STRING + ");", m.group()):
            if s[1:-1] not in NOT_ERRORS:
                yield printed(s[1:-1])


def is_error(name, args):
    first = "".join(args[0])
    if name == "fprintf":
        return first == "stderr"
    if name == "snprintf":
        return first in ("detail", "a->error")
    if name == "lines_printf":
        return first.endswith("why")
    return True


def errors(text, names):
    """The texts of calls that print them as they are."""
    for name, args in calls(text, names):
        for arg in args if is_error(name, args) else []:
            for s in literals(arg):
                yield s + (": ..." if name == "perror" else "")


def ctl_usage(text):
    for _, (about, what, word) in calls(text, "usage_error"):
        before = "" if about == ['""'] else "...: "
        behind = "" if word == ["NULL"] else ' "..."'
        for s in literals(what):
            yield "sidecarctl: " + before + s + behind + " (try --help)"


def client():
    for path, text in c_files("sidecar/lib/*.c", "sidecar/ctl/*.c"):
        yield from errors(text, "error_set|error_vcpu|fprintf|perror|snprintf|"
                          "put_refused")
        for s in re.findall(r"->failed = (" + STRING + ")", text):
            yield printed(s[1:-1])
        if not path.endswith("/usage.c"):
            yield from ctl_usage(text)
        if path.endswith("/wake.c"):
            for s in re.findall(r"(?:return|way =)[^;]*;", text):
                yield from literals(TOKEN.findall(s))


def kernel():
    """The texts of command pages, which sidecarctl prints; made in pieces."""
    for _, text in c_files("sidecar/kernel/*.c"):
        whole = ""
        for name, args in calls(text, "error_append|error_hex|error_refuse"):
            s = "".join(literals(args[1])) if len(args) > 1 else ""
            s += "0x..." if name != "error_append" and s else ""
            if name == "error_refuse" and s:
                s = "RUN: " + s
            if s.startswith(" ") or not s and whole.endswith(" "):
                whole += s or "..."
                continue
            yield whole
            whole = s
        yield whole


def driver():
    """Lines of the kernel's log."""
    for _, text in c_files("sidecar/driver/*.c"):
        for s in errors(text, "pr_err"):
            yield "xen_sidecar: " + s


def plan():
    for path, text in c_files("xen/toolstack/plan/*.c"):
        if path.endswith("/file.c"):
            for s in re.findall(r"return [^;]*\"[^;]*;", text):
                yield from literals(TOKEN.findall(s))
        yield from errors(text, "BAD|REFUSED|fprintf|lines_printf|perror|"
                          "guest_refuse")
        for _, args in calls(text, "usage_error"):
            for s in literals(args[0]):
                value = "..." if s.endswith(": ") else ""
                yield "sidecar-plan: " + s + value + " (try --help)"


def shell(path, prefix, names, wanted=r""):
    """Lines of shell commands that print their arguments."""
    text = re.sub(r"\\\n\s*", "", read(path))
    for m in re.finditer(r"(?:^|[\s|&{])(?:" + names + r") ((?:" + STRING +
                         r'|[^\s;|&"#{}>]+| )+)', text):
        s = re.sub(r"\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|\$[\w*@?]+",
                   "...", m.group(1))
        s = printed(re.sub(r'(?<!\\)"', "", s).strip())
        s = re.sub(r"^\.\.\. (?=the lab)", "", s)
        if re.search(wanted, s):
            yield prefix + s


def awk(path, wanted):
    """Lines that awk prints: strings, with ... for everything else."""
    for s in re.findall(r"\bprint (.+)", read(path)):
        s = printed(re.sub(r'[^"]*"([^"]*)"( \w)?[^"]*', lambda m: "..." +
                           m.group(1) + "..." * bool(m.group(2)), s))
        if re.search(wanted, s):
            yield s


def jobs():
    """Lines of the included jobs when they refuse to run."""
    for _, text in c_files("sidecar/jobs/*.c"):
        whole = ""
        for name, args in calls(text, "job_put|job_put_number"):
            whole += "".join(literals(args[1])) if name == "job_put" else "..."
            if args[-1][-1].endswith('\\n"'):
                if JOB_ERROR.search(whole):
                    yield whole
                whole = ""


def check():
    """xen-sidecar-check: errors, and why a case is left out."""
    folder = "xen/toolstack/check/"
    for script in "xen-sidecar-check", "guest.sh", "linux.sh", "report.sh":
        yield from shell(folder + script, "xen-sidecar-check: ", "fail")
        for s in shell(folder + script, "xen-sidecar-check: ", "wrong_usage"):
            yield s + " (try --help)"
    for script in "xen-sidecar-check", "linux.sh":
        yield from shell(folder + script, "", "echo",
                         r"knows Xen|are free, it|not there|built without|no module|"
                         r"unpacked")
    yield from shell(folder + "guest.sh", "", "echo", "could not be destroyed")


def scripts():
    """What a user starts by make."""
    for path in "Makefile", "install.mk":
        yield from shell(path, "", "echo", r"more than|is missing|not run")
    for path, prefix, names in (
            ("xen/setup.sh", "setup: ", "fail"),
            ("xen/qemu.sh", "setup: QEMU: ", "fail"),
            ("xen/qemu-mend.sh", "setup: QEMU: ", "fail"),
            ("xen/bochs.sh", "setup: Bochs: ", "fail"),
            ("xen/bochs-mend.sh", "setup: Bochs: ", "fail"),
            ("xen/libxl.sh", "libxl: ", "fail"),
            ("xen/run.sh", "lab: ", "fail"),
            ("xen/bochs-run.sh", "lab: ", "fail"),
            ("xen/dom0-init", "lab: dom0: ", "stop"),
            ("xen/fault.sh", "fault: ", "die"),
            ("xen/fault-outcome.sh", "fault: ", "die")):
        yield from shell("tests/" + path, prefix, names, " ")
    for script in "run.sh", "cases.sh":
        yield from shell(f"tests/xen/{script}", "", "echo|count_failed",
                         LAB_ERROR)
    yield from shell("tests/xen/find-cases.sh", "", "echo", "^cases: ")
    yield from shell("tests/xen/dom0.sh", "", "echo", "^dom0: ")
    yield from shell("tests/xen/dom0-case", "", "key unfit", "host")
    yield from shell("tests/xen/test.sh", "", "echo", "exit code")
    yield from shell("tests/xen/setup.sh", "", "echo", "no (Intel CPU|driver)")
    yield from awk("tests/xen/test.sh", "to their end|tried again|nothing was")
    yield from shell("tests/bench/bench.sh", "", "echo", "not found|failed")


def lines():
    yield from shim()
    yield from error_texts()
    yield from client()
    yield from kernel()
    yield from driver()
    yield from plan()
    for _, text in c_files("xen/toolstack/libxl-vnuma*.c"):
        yield from errors(text, "fprintf")
        for s in re.findall(r"return \"not [^;]*;|wrong = [^;]*;", text):
            yield from literals(TOKEN.findall(s))
    yield from shell("xen/toolstack/xl-vnuma", "xl-vnuma: ", "fail")
    yield from check()
    for s in shell("xen/toolstack/libvirt/preload", "xen-sidecar: ", "say"):
        yield s + ": libvirt has no vnodes for PVH guests"
    yield from shell("sidecar/install/xen-sidecar-setup",
                     "xen-sidecar-setup: ", "error")
    yield from jobs()
    yield from scripts()


def has_words(s):
    """A whole sentence: more than values, punctuation and a prefix."""
    rest = re.sub(r"^(RUN|[a-z-]+): |\.\.\.|0x|\(try --help\)", "", s)
    return re.search(r"[A-Za-z]{3}", rest) and not s.endswith(" ")


if __name__ == "__main__":
    for found in sorted(set(filter(has_words, lines()))):
        print(found)
