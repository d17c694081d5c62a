#!/bin/bash
# SPDX-License-Identifier: MIT
# The man pages have an entry for each option of the shim, each command and option of
# sidecarctl, each option of sidecar-plan and xen-sidecar-check and each case of that, each
# function of libsidecar; and the pages
# that they refer to exist.
# Usage: test_man.sh SIDECARCTL SIDECAR-PLAN
set -euo pipefail

sidecarctl=$1
plan=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
man=$top/docs/man
failures=0

fail()
{
	echo "FAIL: man: $*"
	failures=$((failures + 1))
}

# entries PAGE MACRO: reads words; PAGE must have an entry .It ... MACRO WORD for each
entries()
{
	local nr=0 word

	while read -r word; do
		nr=$((nr + 1))
		grep -qE "^\.It (.* )?$2 ${word//./\\.}( |$)" "$man/$1" ||
			fail "$1: no entry for $word"
	done
	[ $nr -gt 0 ] || fail "$1: nothing to look for"
}

# ctl_words SED-SCRIPT: words of sidecarctl's help, where commands and options are
# indented
ctl_words()
{
	"$sidecarctl" -h | sed -n "$1"
}

cross_references()
{
	local name section

	while read -r _ name section _; do
		case $name in
		xl | xl.cfg | taskset) ;;
		*)
			[ -e "$man/$name.$section" ] ||
				fail "no page $name($section)"
			;;
		esac
	done
}

entries xen-pvh-shim.7 Cm < <(
	sed -n 's/.*TEXT("\(sidecar[a-z_.]*=\)").*/\1/p' "$top/pvh/read/options.c")
entries sidecarctl.8 Cm < <(ctl_words 's/^  \([a-z]\+\) .*/\1/p')
entries sidecarctl.8 Fl < <(ctl_words 's/^  -.*-\(-[a-z]\+\).*/\1/p')
entries sidecar-plan.1 Fl < <(
	"$plan" --help | sed -n 's/^  .*--\([a-z0-9-]*\).*/\1/p')
entries libsidecar.3 Fn < <(
	sed -n 's/^[a-z].*[ *]\(sidecar_[a-z_]*\)(.*/\1/p' \
		"$top/include/sidecar/libsidecar.h")
entries xen-sidecar-check.8 Fl < <(
	"$top/xen/toolstack/check/xen-sidecar-check" --help |
		sed -n 's/^  .*--\([a-z0-9-]*\).*/\1/p')
for name in "$top"/build/check/prefix/lib/xen-sidecar/check/*.cfg; do
	basename "$name" .cfg
done | entries xen-sidecar-check.8 Cm
cross_references < <(grep -h '^\.Xr' "$man"/*)
[ "$failures" = 0 ] || exit 1
echo "pass: man"
