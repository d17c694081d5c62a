#!/bin/bash
# SPDX-License-Identifier: MIT
# How the lab reads an expectation, without the lab: which lines are for which host, and
# what is printed when a case showed something else. Also that a change to Bochs' source
# is refused unless its place is there exactly once.
set -euo pipefail
shopt -s inherit_errexit

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck disable=SC2034 # for what is sourced
here=$top/tests/xen
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck source=tests/xen/cases.sh
. "$top/tests/xen/cases.sh"
# shellcheck source=tests/xen/compare.sh
. "$top/tests/xen/compare.sh"
# shellcheck source=tests/xen/bochs-mend.sh
. "$top/tests/xen/bochs-mend.sh"

# same WHAT SEEN WANT
same()
{
	[ "$2" = "$3" ] || {
		printf 'FAIL lab: %s:\n%s\nwant:\n%s\n' "$1" "$2" "$3"
		exit 1
	}
}

# on VENDOR XEN COMMAND...: runs it as run.sh does with -c VENDOR -x XEN
on()
{
	# shellcheck disable=SC2034 # for what is sourced
	local vendor=$1 xen=$2

	"${@:3}"
}

cat >"$work/a.expect" <<'END'
# comment
lab end any
lab timeout 100
on intel lab timeout 200
on 4.20 intel lab timeout 300
all = 1
on 4.17 xen17 ~ ^a  b$
on 4.20 xen20 = 1
on amd cpu = amd
on intel cpu = intel
on intel 4.20 both = 1
on 4.20 intel both ~ 2
on amd 4.17 amd17 = 1
END
ends='end ~ ^(poweroff|crash)$'
same "amd 4.17" "$(on amd 4.17 expectations "$work/a.expect")" "$ends
all = 1
xen17 ~ ^a  b\$
cpu = amd
amd17 = 1"
same "intel 4.17" "$(on intel 4.17 expectations "$work/a.expect")" "$ends
all = 1
xen17 ~ ^a  b\$
cpu = intel"
same "intel 4.20" "$(on intel 4.20 expectations "$work/a.expect")" "$ends
all = 1
xen20 = 1
cpu = intel
both = 1
both ~ 2"
same "timeout" "$(for host in "amd 4.20" "intel 4.17" "intel 4.20"; do
	# shellcheck disable=SC2086 # two words
	on $host attr "$work/a.cfg" timeout 1
done)" "100
200
300"
same "no expectation" "$(on amd 4.17 attr "$work/none.cfg" timeout 7)" 7

printf '%s\n' kernel=6.1 end=poweroff taint=0 dmesg.lines=9 dmesg.lines=9 all=1 \
	cpu=amd amd17=1 >"$work/r.report"
printf 'xen17=a  b\n' >>"$work/r.report"
: >"$work/r.console"
: >"$work/r.plan"
same "agrees" "$(on amd 4.17 compare "$work/a.expect" "$work/r")" ""
same "differs" "$(on intel 4.17 compare "$work/a.expect" "$work/r")" \
	"expected: cpu = intel
seen:     cpu: amd"
echo do.save=failed >>"$work/r.report"
same "dom0 could not" "$(on amd 4.17 compare "$work/a.expect" "$work/r")" \
	"expected: do.save = ok
seen:     do.save: failed"
echo 'do.save = failed' >>"$work/a.expect"
same "dom0 should not" "$(on amd 4.17 compare "$work/a.expect" "$work/r")" ""

# --- bochs-mend.sh

fail()
{
	echo "refused: $*"
	exit 1
}

printf 'one\ntwo  (x);\nthree\none\n' >"$work/file"
swap "$work/file" $'two  (x);\nthree' $'2 & \\1\n3'
same "swapped" "$(cat "$work/file")" $'one\n2 & \\1\n3\none'
same "not there" "$(swap "$work/file" four 4 || true)" \
	"refused: $work/file: not exactly once: four"
same "there twice" "$(swap "$work/file" one 1 || true)" \
	"refused: $work/file: not exactly once: one"
