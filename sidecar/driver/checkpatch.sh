#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR MIT
# Linux's own check of style (scripts/checkpatch.pl), with --strict, over the driver and
# its interface. Prints what it finds, and fails then. Not asked: BIT_MACRO, which headers
# for programs do not have; LINE_SPACING, as the size of a struct's first version stands
# right below it; OPEN_ENDED_LINE, which clang-format makes of long calls; VOLATILE, of the
# status byte, which another CPU writes.
# Usage: checkpatch.sh CHECKPATCH.PL
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec perl "$1" --no-tree --strict --terse --no-summary --show-types \
	--ignore BIT_MACRO,LINE_SPACING,OPEN_ENDED_LINE,VOLATILE --file \
	sidecar/driver/*.[ch] include/sidecar/driver.h
