#!/bin/bash
# SPDX-License-Identifier: MIT
# Jobs with sections of every kind, built with job.mk by gcc and clang. Each job of
# joblink/ returns what its line "want:" says, or fails to link with the error that its
# line "refused:" says.
# Usage: test_job_link.sh BUILD_DIR
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nr=0

fail()
{
	echo "FAIL: job link: $*"
	exit 1
}

# comment FILE WORD: the text of the comment WORD:
comment()
{
	sed -n "s|^/\* $2: \(.*\) \*/$|\1|p" "$1"
}

# numbers TEXT: all of them in decimal
numbers()
{
	local word

	for word in $1; do
		[ "$word" = ret ] || word=$((word))
		printf '%s ' "$word"
	done
}

# judge NAME BUILT: checks the job, or the error in $work/log
judge()
{
	local file=$top/tests/host/joblink/$1.c want refused seen

	want=$(comment "$file" want)
	refused=$(comment "$file" refused)
	[ -n "$want$refused" ] || fail "$1.c says neither want nor refused"
	if [ -n "$refused" ]; then
		[ "$2" = no ] || fail "$how: $1 is linked"
		grep -qE "$refused" "$work/log" ||
			{ cat "$work/log"; fail "$how: $1: want \"$refused\""; }
		[ ! -e "$work/$1.job" ] || fail "$how: $1.job is left"
		return
	fi
	[ "$2" = yes ] || { cat "$work/log"; fail "$how: $1 is not linked"; }
	seen=$("$build/tests/job_runner" "$work/$1.job") ||
		fail "$how: $1: exit code $?"
	[ "$seen " = "$(numbers "$want")" ] ||
		fail "$how: $1: $seen, want $(numbers "$want")"
}

# try NAME CC: builds and checks a job
try()
{
	local built=yes how=$2

	rm -f "$work/$1".*
	cp "$top/tests/host/joblink/$1.c" "$work/"
	make -C "$work" -f job.mk CC="$2" \
		CFLAGS="-Wall -Wextra -Werror $(comment "$work/$1.c" flags)" \
		"$1.job" >"$work/log" 2>&1 || built=no
	judge "$1" "$built"
	nr=$((nr + 1))
}

# The files as make install-dev installs them
for file in check.sh entry.S start.c flags.mk job.mk.in; do
	sed "s|@JOBDIR@|$work|; s|@INCLUDEDIR@|$top/include|" \
		"$top/sidecar/jobs/$file" >"$work/${file%.in}"
done
cp "$build/jobs/job.lds" "$work/"
for cc in gcc clang; do
	for name in "$top"/tests/host/joblink/*.c; do
		try "$(basename "$name" .c)" $cc
	done
done

# spoilt SED-SCRIPT ERROR: sections.c with a changed linker script must be refused
spoilt()
{
	rm -f "$work"/sections.*
	cp "$top/tests/host/joblink/sections.c" "$work/"
	sed "$1" "$build/jobs/job.lds" >"$work/job.lds"
	! cmp -s "$build/jobs/job.lds" "$work/job.lds" || fail "sed: $1"
	! make -C "$work" -f job.mk CC=gcc sections.job >"$work/log" 2>&1 ||
		fail "not noticed: $2"
	grep -q "sections.job: $2" "$work/log" ||
		{ cat "$work/log"; fail "no line \"$2\""; }
	[ ! -e "$work/sections.job" ] || fail "sections.job is left"
}

spoilt 's/^ *job_size_bytes = .*/job_size_bytes = 0x1000;/' \
	"section .* lies outside of the job's file"
spoilt 's/^ *\(job_size_bytes = .*\);/\1 + 8;/' 'its header says [0-9]* bytes'
spoilt 's/^ *job_memory_bytes = .*/job_memory_bytes = 0x2000;/' \
	"section .* lies outside of the job's memory"
spoilt 's/^ *job_text_bytes = .*/job_text_bytes = 0x2000;/' \
	"section .* lies outside of the job's data"
spoilt 's/^ *job_text_bytes = .*/job_text_bytes = 0;/' \
	"section .text lies outside of the job's text"
echo "pass: job link: $nr jobs"
