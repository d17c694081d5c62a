#!/bin/bash
# SPDX-License-Identifier: MIT
# The lab's own checks, without a boot and with reports made up here: what it demands of
# every Linux and of a guest without an expectation; attributes and names of cases; the
# matrix; the end of make test.
set -euo pipefail
shopt -s inherit_errexit

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
# shellcheck disable=SC2034 # the lab's
xen=4.17 vendor=amd
checks=0

# shellcheck source=tests/xen/compare.sh
. "$top/tests/xen/compare.sh"
# shellcheck source=tests/xen/host-state.sh
. "$top/tests/xen/host-state.sh"
# shellcheck source=tests/xen/cases.sh
. "$top/tests/xen/cases.sh"

# report [LINE...]: writes the report of a healthy Linux, and these lines
report()
{
	printf '%s\n' create=ok kernel=6.1.0-57-amd64 vendor=AuthenticAMD end=poweroff \
		taint=0 dmesg.lines=300 dmesg.lines=310 "$@" >"$here/case.report"
}

# expect NAME WANT: fails unless $said is WANT
expect()
{
	checks=$((checks + 1))
	[ "$said" = "$2" ] || {
		printf 'FAIL %s\nwant: %s\nsaid: %s\n' "$1" "$2" "$said"
		exit 1
	}
}

# judged [ATTRIBUTE...]: sets $said to what compare complains about, on one line
judged()
{
	{ echo 'lab plan none'; printf 'lab %s\n' "$@"; } | grep -v '^lab $' \
		>"$here/case.expect"
	said=$(compare "$here/case.expect" "$here/case" |
		sed -n 's/^seen: *//p' | paste -sd '|')
}

test_health()
{
	printf '%s\n' 'lab: ready' >"$here/case.console"
	touch "$here/case.xen"
	report
	judged
	expect healthy ''
	report 'dmesg.bad=WARNING: CPU: 1 PID: 0' taint=512
	judged
	expect warning 'WARNING: CPU: 1 PID: 0|taint W'
	report taint=4
	judged
	expect taint 'taint S'
	judged 'taint S'
	expect 'own taint' ''
	report
	judged 'taint S'
	expect 'own taint that is none' 'taint none'
	report taint=4
	sed -i '0,/dmesg.lines/{//d}' "$here/case.report"
	judged 'taint S'
	expect 'one look' '1 times'
	judged 'taint S' 'end any'
	expect 'one look at a guest that may crash' ''
}

test_allowed()
{
	report 'dmesg.bad=WARNING: known' taint=512
	printf '# comment\n4.17 6\\.1\\. AuthenticAMD W WARNING: known$\n' \
		>"$here/dmesg-allowed"
	judged
	expect 'allowed' ''
	report 'dmesg.bad=WARNING: known' 'dmesg.bad=BUG: other' taint=640
	judged
	expect 'another beside it' 'BUG: other|taint DW'
	for rule in '4.20 6\.1\. .*' '4.17 6\.12\. .*' '4.17 6\.1\. GenuineIntel'; do
		report 'dmesg.bad=WARNING: known'
		echo "$rule W WARNING: known" >"$here/dmesg-allowed"
		judged
		expect "$rule" 'WARNING: known'
	done
	: >"$here/dmesg-allowed"
}

# A user's own config, without an expectation
test_own_config()
{
	report
	said=$(compare "$here/none.expect" "$here/case")
	expect 'own config' ''
	: >"$here/case.console"
	said=$(compare "$here/none.expect" "$here/case" | sed -n 1p)
	expect 'never ready' 'expected: lab: ready'
	printf '%s\n' 'create=first complaint' end=none 'unfit=too large' \
		>"$here/case.report"
	printf '%s\n' '# xl create' one two >"$here/case.xen"
	said=$(compare "$here/none.expect" "$here/case" | sed -n 1p)
	expect 'not created' 'expected: a guest'
	said=$(refusal "$here/case" | sed 's/: */:/' | paste -sd '|')
	expect refusal 'no room:too large|xl:one|xl:two'
}

test_attributes()
{
	for line in 'host-cpus 4' 'host-topology 4' 'host-topology 1x1x1' \
		'host-topology 1x0x4' 'end'; do
		echo "lab $line" >"$here/case.expect"
		said=$(wrong_attributes "$here/case.cfg" | grep -c .)
		expect "$line" 1
	done
	echo 'on intel lab host-topology 1x1x1' >"$here/case.expect"
	said=$(vendor=intel; wrong_attributes "$here/case.cfg")
	expect 'dom0 shares the one CPU' ''
	while read -r cfg; do
		said=$(wrong_attributes "$cfg")
		expect "$cfg" ''
	done < <(all_cases)
}

# Cases lie anywhere below configs/, each with both files, under a name of its own.
test_names()
{
	local top=$top rc=0 configs=$here/names/configs

	said=$(find "$top/configs" -type f ! -name '*.grub' ! -name '*.xml' | sed 's/\.[^.]*$//' |
		sort | uniq -c | awk '$1 != 2')
	expect 'a case has a .cfg and an .expect, and nothing else is there' ''
	said=$(find "$top/configs" -name '*.grub' | while read -r grub; do
		[ -e "${grub%.grub}.cfg" ] || echo "$grub"
	done)
	expect 'a grub.cfg is of a case' ''
	top=$here/names
	mkdir -p "$configs"/{a,b/c}
	touch "$configs"/{two.one,two,a/one,b/c/three}.cfg
	said=$(all_cases | paste -sd ' ')
	expect 'all cases, by name' \
		"$configs/a/one.cfg $configs/b/c/three.cfg $configs/two.cfg $configs/two.one.cfg"
	said=$(find_case three)
	expect 'found in a folder' "$configs/b/c/three.cfg"
	said=$(find_case one; cfg_of two)
	expect 'not found by a part of a name' "$configs/a/one.cfg
$configs/two.cfg"
	said=$(find_case four 2>&1) || rc=$?
	expect 'no such case' 'cases: none below configs/ is named four'
	touch "$configs/two.one.cfg" "$configs/b/two.cfg"
	for said in all_cases 'find_case one'; do
		said=$($said 2>&1) || rc=$((rc + 1))
		expect 'a name twice' 'cases: more than one file below configs/ is named two.cfg'
	done
	said=$rc
	expect 'exit codes' 3
}

# The table of docs/testing.md says for each cell of the matrix who runs it.
test_matrix()
{
	local cells=0 host guest who

	"$top/tests/xen/matrix.sh"
	while read -r host guest who; do
		said=$(sed -n 's/^lab xen //p' \
			"$top/build/matrix/topology-$host-$guest.expect")
		expect "$host $guest" "$who"
		cells=$((cells + 1))
	done < <(awk -F ' *[|] *' '
		$2 == "vCPUs of the vnodes" { for (i = 3; i < NF; i++) host[i] = $i }
		host[3] && match($2, /^`[^`]*`:/) {
			for (i = 3; i < NF; i++) {
				sub(/^test/, "4.17", $i)
				print host[i], substr($2, 2, RLENGTH - 3), $i
			}
		}' "$top/docs/testing.md")
	said=$cells
	expect 'cells in the table' "$(find "$top/build/matrix" -name '*.cfg' | wc -l)"
}

# cpu NUMBER HLT FLAGS, apic NUMBER PENDING PRIORITY: QEMU's words
cpu()
{
	printf 'CPU#%s\nRIP=00ff RFL=%s [--] CPL=0 II=0 A20=1 SMM=0 HLT=%s\n' "$1" "$3" "$2"
}

apic()
{
	printf 'dumping local APIC state for CPU %s \n\nIRR\t %s\n\nAPR 0x00 TPR 0x00 PPR 0x%s\n' "$@"
}

# A CPU with an interrupt that it would take does not sleep.
test_lost_wakeups()
{
	{
		cpu 0 1 00000246; cpu 1 0 00000246; cpu 2 1 00000046
		cpu 3 1 00000246; cpu 4 1 00000a02; cpu 5 1 00000246
		apic 0 '(none)' 00; apic 1 '250 ' 00; apic 2 '250 ' 00
		apic 3 '49 250(level) ' e0; apic 4 '49 ' 00; apic 5 '49 ' 30
	} >"$here/cpus"
	said=$(lost_wakeups "$here/cpus")
	expect 'CPUs that should not sleep' 3,4
	said=$(lost_wakeups /dev/null)
	expect 'QEMU is gone' ''
}

# Each line of dmesg-allowed has all five fields, and a taint in the fourth.
test_list()
{
	grep -v '^#' "$top/tests/xen/dmesg-allowed" >"$here/list" || true
	said=$(awk 'NF < 5 || $4 !~ /^(-|[A-Z]+)$/' "$here/list")
	expect 'dmesg-allowed' ''
}

# stub FILE COMMAND...: a script in place of one that takes an hour
stub()
{
	local file=$here/tree/$1

	shift
	mkdir -p "${file%/*}"
	printf '#!/bin/sh\n%s\n' "$*" >"$file"
	chmod 755 "$file"
}

# test_ends: sets $said to the last lines of make test for made-up runs, without minutes
test_ends()
{
	local rc=0

	said=$(MAKEFLAGS='' "$here/tree/tests/xen/test.sh" 2>&1) || rc=$?
	said=$(sed -n '/ in the lab$/d; s/^| //; /: /p; /want /p; $p' <<<"$said" |
		grep -v '^make check' | paste -sd '|')
	[ "$rc" = 0 ] || said="$said|exit code $rc"
}

test_summary()
{
	local bochs=$here/tree/build/lab/bochs

	stub tests/xen/run.sh 'echo "2 passed, 0 failed"'
	stub tests/xen/fault.sh 'echo "3 passed, 0 failed"'
	stub tests/guest/udev.sh 'echo "1 passed, 0 failed"'
	cp "$top/tests/xen/test.sh" "$here/tree/tests/xen"
	printf 'check:\n\t@echo "make check: all passed"\n' >"$here/tree/Makefile"
	mkdir -p "$bochs"
	touch "$bochs/.ready"
	test_ends
	expect 'end of make test' '12 passed, 0 failed'
	stub tests/xen/fault.sh 'echo "2 passed, 1 failed"'
	test_ends
	expect 'a case fails' '11 passed, 1 failed|exit code 1'
	stub tests/xen/fault.sh 'printf "FAIL one (3s)\n    want: a\nok two (1s)\n    no\n0 passed, 1 failed\n"'
	said=$("$here/tree/tests/xen/test.sh" 2>&1 | tail -n 3 | paste -sd '|') || true
	expect 'what failed' 'FAIL one (3s)|    want: a|9 passed, 1 failed'
	stub tests/xen/fault.sh 'exit 3'
	test_ends
	expect 'a run dies' "test: $here/tree/tests/xen/fault.sh some: exit code 3|\
test: $here/tree/tests/xen/fault.sh some: exit code 3|6 runs came to their end, \
want 7|9 passed, 0 failed|exit code 1"
	stub tests/xen/fault.sh 'echo "3 passed, 0 failed"'
	rm "$bochs/.ready"
	echo 'Bochs: the build failed' >"$here/tree/build/lab/bochs.why"
	test_ends
	expect 'no Bochs' "Bochs: the build failed: nothing was run on an Intel CPU|\
10 passed, 0 failed"
	stub tests/xen/run.sh 'echo "$@"'
	cp "$top/tests/xen/find-cases.sh" "$here/tree/tests/xen"
	mkdir -p "$here/tree/configs/folder"
	touch "$here/tree/configs/folder/one.cfg"
	said=$("$here/tree/tests/xen/test.sh" -x 4.20 -c amd)
	expect 'all cases on one host' \
		"-x 4.20 -c amd $here/tree/configs/folder/one.cfg"
}

# A case that has passed is not taken for another whose name begins like it.
test_passed()
{
	printf 'ok jobs-rung 60\nFAIL jobs 5\nok two.nodes 3\n' >"$here/results"
	said=$(for name in jobs jobs-rung rung two.nodes two-nodes; do
		! has_passed $name "$here/results" || echo $name
	done | paste -sd ' ')
	expect 'has passed' 'jobs-rung two.nodes'
}

# soaks XEN CPU: sets $said to the report of a made-up make soak, without its times
soaks()
{
	local rc=0

	said=$("$here/tree/tests/xen/soak.sh" -x "$1" -c "$2" 2>&1) || rc=$?
	said=$(grep -E '^(soak: goes|all|failed|passed only|left)' <<<"$said" |
		tr -s ' ' | sed 's/ [0-9]*$//' | paste -sd '|')"|$rc"
}

# make soak goes on where it was interrupted, and counts a case once. What needs no Xen is
# run with that of make test alone.
test_soak()
{
	local file

	rm -rf "$here/tree"
	# shellcheck disable=SC2016 # the stub's
	stub tests/xen/run.sh 'shift 5
echo "ok $(basename $2 .cfg) 7" >>"$1"
echo "FAIL jobs-rung 60" >>"$1"'
	for file in tests/xen/fault.sh tests/xen/setup.sh tests/xen/libxl.sh \
		tests/xen/guest.sh tests/xen/languages/build.sh tests/guest/changes.sh \
		tests/model/check.sh build/tests/test_killed build/tests/test_failing; do
		stub $file true
	done
	stub tests/xen/libxl.sh 'exit 1'
	cp "$top"/tests/xen/{soak,soak-cases,soak-report,find-cases,matrix}.sh \
		"$here/tree/tests/xen"
	cp -r "$top/configs" "$here/tree"
	mkdir -p "$here"/tree/{include,lib,pvh,sidecar,xen}
	touch "$here/tree/Makefile"
	soaks 4.20 amd
	expect 'a soak' "all 2 1 1|failed: jobs-rung|\
left out, as they could not be had: Linux-5.10 Linux-6.1-cloud Linux-6.12-rt Linux-sid libvirt \
jobs-languages xl-patched xl-patched-shim|1"
	soaks 4.17 amd
	said=${said%%|left*}
	expect 'a soak of the usual Xen' 'all 6 5 1|failed: jobs-rung'
	stub tests/xen/libxl.sh true
	# the tree is another one: anew, and the model does not hold
	printf 'FAIL a 1\nok b 1\n' >>"$here/tree/build/soak/4.17-amd/results"
	stub tests/model/check.sh false
	soaks 4.17 amd
	said=${said%%|left*}
	expect 'another tree' 'all 6 4 2|failed: model|failed: jobs-rung'
	# the same: what passed is left out, what failed is not
	printf 'ok jobs-rung 1\n' >>"$here/tree/build/soak/4.17-amd/results"
	soaks 4.17 amd
	said=${said%%|left*}
	expect 'goes on' 'soak: goes on, 5 passed before|all 6 4 2|failed: model|failed: jobs-rung'
}

: >"$here/dmesg-allowed"
test_summary
test_health
test_allowed
test_own_config
test_attributes
test_names
test_matrix
test_list
test_lost_wakeups
test_passed
test_soak
echo "test_lab: $checks checks"
