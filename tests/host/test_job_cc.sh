#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs of jobcc/ through job-cc, by gcc and clang, C and C++: each has the
# results that its line "want:" says, dies as its line "dies:" says, or is not
# linked, for the reason that its line "refused:" says.
# Usage: test_job_cc.sh BUILD_DIR
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nr=0

fail()
{
	echo "FAIL: job-cc: $*"
	exit 1
}

# line FILE WORD: what a comment says
line()
{
	sed -n "s|^/\* $2: \(.*\) \*/$|\1|p" "$1"
}

# try FILE CC CXX
try()
{
	local want refused dies flags seen linked=yes

	want=$(line "$1" want)
	refused=$(line "$1" refused)
	dies=$(line "$1" dies)
	read -ra flags <<<"-O2 -Wall -Wextra -Werror $(line "$1" flags)"
	rm -f "$work"/*
	CC=$2 CXX=$3 "$build/job-cc" "${flags[@]}" -o "$work/x.elf" "$1" \
		>"$work/log" 2>&1 || linked=no
	if [ -n "$refused" ]; then
		[ $linked = no ] || fail "$2: $1 is linked"
		[ ! -e "$work/x.elf" ] || fail "$2: $1: a file is left"
		grep -qE "$refused" "$work/log" ||
			{ cat "$work/log"; fail "$2: $1: want \"$refused\""; }
	else
		[ $linked = yes ] || { cat "$work/log"; fail "$2: $1 is not linked"; }
		objcopy -O binary "$work/x.elf" "$work/x.job"
		if [ -n "$dies" ]; then
			! "$build/tests/job_runner" "$work/x.job" 2>"$work/log" ||
				fail "$2: $1 lives"
			grep -qE "$dies" "$work/log" ||
				{ cat "$work/log"; fail "$2: $1: want \"$dies\""; }
			nr=$((nr + 1))
			return
		fi
		seen=$("$build/tests/job_runner" "$work/x.job") || fail "$2: $1: $?"
		[ "$seen" = "$want" ] || fail "$2: $1: $seen, want $want"
	fi
	nr=$((nr + 1))
}

for file in "$top"/tests/host/jobcc/*; do
	try "$file" gcc g++
	try "$file" clang clang++
done
# The program that the lab runs, too, and the math of musl if it is there.
try "$top/tests/xen/program.cc" gcc g++
try "$top/tests/xen/program.cc" clang clang++
# Other languages, where their compilers are.
"$top/tests/xen/languages/build.sh" "$build" >"$work/log" || fail "languages"
for source in rust.rs fortran.f90; do
	[ -e "$build/${source%.*}.elf" ] || continue
	objcopy -O binary "$build/${source%.*}.elf" "$work/x.job"
	seen=$("$build/tests/job_runner" "$work/x.job") || fail "$source: $?"
	[ "$seen" = "$(sed -n 's/^[/!]* want: //p' "$top/tests/xen/languages/$source")" ] ||
		fail "$source: $seen"
	nr=$((nr + 1))
done
! JOB_LIBM=/nowhere "$build/job-cc" -o "$work/x.elf" \
	"$top/tests/host/jobcc/copies.c" -lm 2>"$work/log" ||
	fail "-lm without a library is linked"
grep -q 'job-cc: -lm: no /nowhere' "$work/log" || fail "-lm: $(cat "$work/log")"
echo "pass: job-cc: $nr programs"
