#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What xl create starts: a guest for test_sidecar_check.sh that says what a file says.

Usage: guest.py CONFIG
$FAKE_STATE is a folder: a file NAME.domid there is a guest, the file tty names the
terminal that is its console. guest/NAME is what the guest NAME prints: at a line
`lab: ready` or `lab: taken` it waits for a line on its console. A line `!sleep` makes it
hang, `!refuse TEXT` lets xl create fail with that text.
"""
import os
import pty
import re
import signal
import sys
import time
import tty

state = os.environ["FAKE_STATE"]


def path(name):
    return os.path.join(state, name)


def text(name):
    with open(path(name), encoding="ascii") as file:
        return file.read()


def gone(name):
    try:
        os.remove(path(name + ".domid"))
    except FileNotFoundError:
        pass


def answered(master):
    while b"\n" not in os.read(master, 100):
        pass


def play(name, master):
    """What the guest prints; returns how it ended."""
    for line in text("guest/" + name.replace("sidecar-check-", "")).splitlines():
        if line == "!sleep":
            time.sleep(100)
        os.write(master, line.encode() + b"\r\n")
        if line in ("lab: ready", "lab: taken"):
            answered(master)
    time.sleep(0.2)
    return 0


def config(file):
    with open(file, encoding="utf-8") as f:
        return f.read()


def create(file):
    name = re.search(r'^name = "(.*)"', config(file), re.M).group(1)
    print("Parsing config from", file, file=sys.stderr)
    script = text("guest/" + name.replace("sidecar-check-", ""))
    if script.startswith("!refuse "):
        print(script[8:].strip(), file=sys.stderr)
        return 1
    time.sleep(float(os.environ.get("FAKE_BUILD", "0")))
    with open(path(name + ".domid"), "w", encoding="ascii") as f:
        print(7, file=f)
    master, slave = pty.openpty()
    tty.setraw(slave)
    with open(path("tty"), "w", encoding="ascii") as f:
        print(os.ttyname(slave), file=f)
    print(f"Waiting for domain {name} (domid 7) to die [pid 1]", file=sys.stderr, flush=True)
    # destroyed: another xl removes the file
    child = os.fork()
    if not child:
        while not os.path.exists(path(name + ".unpaused")):
            time.sleep(0.05)
        os._exit(play(name, master))
    while os.path.exists(path(name + ".domid")):
        if os.waitpid(child, os.WNOHANG)[0]:
            print("Domain 7 has shut down, reason code 0 0x0", file=sys.stderr)
            gone(name)
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        print("Domain 7 has been destroyed.", file=sys.stderr)
    if os.path.exists(path(name + ".unpaused")):
        os.remove(path(name + ".unpaused"))
    return 0


sys.exit(create(sys.argv[1]))
