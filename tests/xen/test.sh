#!/bin/bash
# SPDX-License-Identifier: MIT
# `make test`, in two lanes. The first runs make check and four of five cases on Xen
# 4.17. The second runs the cases for Xen 4.20, the shim that fails on demand, the other
# cases on 4.17, the udev rules and, where setup.sh could set up Bochs, the cases for an
# Intel CPU. The last lines name what failed and count the cases of all runs.
# With XEN and CPU: only the named cases, or all below configs/, on that host.
# BEGUN: when make was started, in seconds since 1970.
# Usage: test.sh [-x XEN -c CPU [CASE...]]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
log=$top/build/lab/log
begun=$(date +%s)

# logged FILE COMMAND...: runs it with a copy of its output in FILE; always returns 0
logged()
{
	local file=$1

	shift
	{ "$@" || echo "test: $*: exit code $?"; } 2>&1 | tee "$file"
}

first_lane()
{
	logged "$log/test-check" make -C "$top" --no-print-directory check
	logged "$log/test-1" "$here/run.sh" -p 1-4/5
}

second_lane()
{
	logged "$log/test-4.20" "$here/run.sh" -x 4.20
	logged "$log/test-fault" "$here/fault.sh" some
	logged "$log/test-2" "$here/run.sh" -p 5/5
	logged "$log/test-udev" "$top/tests/guest/udev.sh" "$top/build"
	[ -z "$intel" ] || logged "$log/test-intel" "$here/run.sh" -c intel
}

mkdir -p "$log"
rm -f "$log"/test-*
if [ $# = 4 ]; then
	# shellcheck source=tests/xen/find-cases.sh
	. "$here/find-cases.sh"
	mapfile -t list < <(all_cases)
	exec "$here/run.sh" "$@" "${list[@]}"
elif [ $# -gt 4 ]; then
	exec "$here/run.sh" "$@"
fi
intel=
runs=6
if [ -e "$top/build/lab/bochs/.ready" ]; then
	intel=yes
	runs=7
fi
second_lane | sed -u 's/^/| /' &
first_lane
wait
now=$(date +%s)
cat "$log"/test-* | awk -v all=$((now - ${BEGUN:-begun})) \
	-v lab=$((now - begun)) -v want=$runs \
	-v why="$(cat "$top/build/lab/bochs.why" 2>/dev/null || true)" '
	/^[0-9]+ tried again, host failed: / {
		again += $1
		sub(/^[^:]*: /, "")
		names = names (names ? ", " : "") $0
	}
	/^FAIL / { bad = bad $0 "\n"; left = 8; next }
	left-- > 0 && /^    / { bad = bad $0 "\n"; next }
	{ left = 0 }
	/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; runs++ }
	/^make check: all passed$/ { runs++ }
	/^test: / { print; broken++ }
	END {
		if (runs != want) print runs + 0 " runs came to their end, want " want
		if (want == 6) print why ": nothing was run on an Intel CPU"
		printf "%d minutes, of that %d in the lab\n", all / 60, lab / 60
		printf "%s", bad
		if (again) print again " tried again, host failed: " names
		printf "%d passed, %d failed\n", passed, failed
		exit failed || broken || runs != want
	}'
