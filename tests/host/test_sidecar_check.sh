#!/bin/bash
# SPDX-License-Identifier: MIT
# xen-sidecar-check on a made-up host, with an xl whose guests say what a file says: what
# it refuses, what it finds, and that nothing is left however it ends.
# Usage: test_sidecar_check.sh BUILD_DIR
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "$1")
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
export FAKE_STATE=$here/state XEN_SIDECAR_CHECK_ROOT=$here/root TMPDIR=$here/tmp
export PATH=$here/bin:$PATH
tool=$here/prefix/sbin/xen-sidecar-check
data=$here/prefix/lib/xen-sidecar/check
shell=${CHECK_SHELL-}
release=$(uname -r)
# itself, not a script that looks for it
python=$(python3 -c 'import sys; print(sys.executable)')
checks=0

fail()
{
	printf 'FAIL sidecar_check: %s\n' "$*"
	exit 1
}

# ---- the host ----------------------------------------------------------------------

# fake NAME LINE: a command that prints the line
fake()
{
	printf '#!/bin/sh\necho %s\n' "$2" >"$here/bin/$1"
	chmod 755 "$here/bin/$1"
}

new_host()
{
	cd "$here"
	rm -rf "${here:?}"/{bin,root,state,tmp,prefix,out}
	mkdir -p "$here"/{bin,tmp,state/guest} "$here"/root/{boot,lib/modules/"$release"} \
		"$here"/root/proc/xen
	cp -r "$build/check/prefix" "$here/prefix"
	cp "$top"/tests/host/fake/dom0/* "$here/bin/"
	ln -s "$python" "$here/bin/python3"
	printf '#!/bin/sh\nexec xl "$@"\n' >"$here/prefix/sbin/xl-vnuma"
	chmod 755 "$here/prefix/sbin/xl-vnuma"
	touch "$here"/prefix/lib/xen/libxl-vnuma-4.{17,20}.so
	# shellcheck disable=SC2016 # for that script
	printf '#!/bin/sh\ncat "$FAKE_STATE/tty"\n' >"$here/bin/xenstore-read"
	chmod 755 "$here/bin/xenstore-read"
	fake id 0
	echo control_d >"$here/root/proc/xen/capabilities"
	echo 'model name	: A "CPU" & more' >"$here/root/proc/cpuinfo"
	cat >"$FAKE_STATE/info" <<-'END'
	release                : 6.1.0
	nr_cpus                : 4
	nr_nodes               : 1
	virt_caps              : pv hvm hap
	free_memory            : 2048
	xen_major              : 4
	xen_minor              : 17
	xen_extra              : .7
	xen_scheduler          : credit2
	END
	good_guest >"$FAKE_STATE/guest/measure"
}

good_guest()
{
	cat <<-'END'
	shim: sidecar: 3 vCPUs started, 3 by multicall in 120 us, 0 by SIPI in 30 us
	shim: linux: 3 of 3 vCPUs parked, the last came after 300 us, 9000 vCPUs per second
	shim: jump: 900 us after entry: xen 1
	lab: sidecar.idle=3
	lab: sidecar.wrong=0
	lab: memory.wrong=0
	lab: trips=1000
	lab: trips.p50_ns=12345
	lab: trips.p99_ns=23456
	lab: trips.longest_ns=3456789
	lab: log.jitter=gaps from 20: 1000
	lab: log.jitter=gaps from 24: 500
	lab: log.jitter=gaps from 4096: 3
	lab: jitter=result 0
	lab: jitter.gaps=1503
	lab: jitter.longest_ns=4321000
	lab: jitter.ms=1000
	lab: jitter.tsc_khz=2000000
	lab: ready
	lab: taken
	lab: done
	END
}

# ---- calling it --------------------------------------------------------------------

# call ARGUMENTS: sets $code; what it says is in $here/said
call()
{
	code=0
	# shellcheck disable=SC2086 # a shell and its first argument
	$shell "$tool" "$@" >"$here/said" 2>&1 </dev/null || code=$?
}

# says CODE PATTERN WHAT: of the last call
says()
{
	checks=$((checks + 1))
	[ "$code" = "$1" ] || fail "$3: exit code $code, want $1: $(cat "$here/said")"
	grep -qE -e "$2" "$here/said" || fail "$3: no line $2: $(cat "$here/said")"
}

# clean WHAT: no guest and no file is left
clean()
{
	checks=$((checks + 1))
	[ -z "$(find "$FAKE_STATE" -name '*.domid')" ] || fail "$1: a guest is left"
	[ -z "$(find "$TMPDIR" -mindepth 1)" ] || fail "$1: left: $(find "$TMPDIR" -mindepth 1)"
}

# refuses PATTERN WHAT ARGUMENTS: in one line, without a guest
refuses()
{
	local want=$1 what=$2

	shift 2
	call "$@"
	says 3 "$want" "$what"
	[ "$(grep -c . "$here/said")" = 1 ] || fail "$what: more than a line: $(cat "$here/said")"
	! grep -qs '^create' "$FAKE_STATE/calls" || fail "$what: created a guest"
	clean "$what"
}

# host KEY VALUE: of xl info
host()
{
	sed -i "s/^$1 .*/$1 : $2/" "$FAKE_STATE/info"
}

# ---- refusals ----------------------------------------------------------------------

test_refusals()
{
	new_host
	call -c measure
	says 3 'standard input is not a terminal.*--yes' 'nobody to ask'
	clean 'nobody to ask'
	echo >"$here/root/proc/xen/capabilities"
	refuses 'not in dom0: .*control_d' 'no dom0' -y
	# busybox has an id of its own
	new_host; fake id 1000
	[ -n "$shell" ] || refuses 'not root' 'no root' -y
	new_host; host virt_caps pv
	refuses 'no hvm' 'no VMX' -y
	new_host; host nr_cpus 1
	refuses 'this host has 1 CPU \(want 2\)' 'one CPU' -y
	new_host; host free_memory 100
	refuses '100 MiB of memory are free \(want 192' 'no memory' -y
	new_host; host nr_nodes many
	refuses 'no nr_nodes' 'xl info without numbers' -y
	new_host; rm "$FAKE_STATE/info"
	refuses '^xen-sidecar-check: xl info: ' 'xl info fails' -y
	new_host; echo 7 >"$FAKE_STATE/sidecar-check-jobs.domid"
	call -y
	says 3 'the guest sidecar-check-jobs is there.*xl destroy sidecar-check-jobs' 'left over'
	new_host; rm "$here/prefix/lib/xen/boot/shim.elf"
	refuses 'shim.elf: not there' 'no shim' -y
	new_host; rm -r "$data"
	refuses 'check: not there' 'no data' -y
	call --list
	says 3 '^xen-sidecar-check: .*check: not there \(is xen-sidecar-host installed\?\)$' 'no list'
	new_host; rm "$here/bin/xl"
	command -v xl >/dev/null || refuses '^xen-sidecar-check: xl: not found' 'no xl' -y
	new_host; touch "$here/out"
	call -y -c measure -o "$here/out"
	says 3 'out: cannot be' 'no folder'
	rm "$here/out"; mkdir "$here/out"; touch "$here/out/report.txt"
	call -y -c measure -o "$here/out"
	says 3 'out: not empty' 'a folder with files'
	refuses '--kernel=/nowhere: cannot be read' 'no such kernel' -y -k /nowhere
	# Only linux is wanted, and there is none
	refuses 'no case can be run: linux-alone: ?.*vmlinuz.*not there' 'nothing to run' -y \
		-c linux-alone
}

test_usage()
{
	new_host
	for args in --nonsense '-c nonsense' '--cases=' '-o' 'word'; do
		# shellcheck disable=SC2086 # words
		call $args
		says 2 '\(try --help\)|want: ' "usage: $args"
	done
	call --help
	says 0 '^Usage: ' help
	call --version
	says 0 '^xen-sidecar-check [0-9]+\.[0-9]+' version
	call --list
	says 0 '^measure +How long a parked vCPU takes' list
}

# ---- what is left out --------------------------------------------------------------

test_left_out()
{
	new_host
	host xen_minor 18
	call -n
	says 0 'left out: vnodes-3: xl-vnuma knows Xen 4.17 4.20, this is 4.18' 'another Xen'
	new_host
	echo '# CONFIG_XEN_PVH is not set' >"$here/root/boot/config-$release"
	touch "$here/root/boot/vmlinuz-$release"
	call -n -c linux-alone,measure
	says 0 'left out: linux-alone: .*without CONFIG_XEN_PVH' 'no PVH'
	echo CONFIG_XEN_PVH=y >"$here/root/boot/config-$release"
	call -n -c linux-alone,measure
	says 0 'left out: linux-alone: .*no module msr' 'no modules'
	printf 'kernel/%s.ko\n' a/msr b/xen-privcmd >"$here/root/lib/modules/$release/modules.builtin"
	call -n -c linux-alone,measure
	says 0 'sidecar-check-linux-alone sidecar-check-measure' 'modules in the kernel'
	echo garbage >"$here/root/lib/modules/$release/msr.ko.xz"
	call -n -c linux-alone,measure
	says 0 'left out: linux-alone: .*msr.ko.xz: cannot be unpacked' 'a bad module'
	rm "$here/root/lib/modules/$release/msr.ko.xz"
	host free_memory 400
	call -n -c linux-alone,measure
	says 0 'left out: linux-alone: 400 MiB' 'little memory'
	clean 'dry runs'
	[ ! -e "$FAKE_STATE/calls" ] || ! grep -q '^create' "$FAKE_STATE/calls" ||
		fail "a dry run created a guest"
}

# ---- runs --------------------------------------------------------------------------

# json FILTER: of the report
json()
{
	python3 -c "import json,sys; r = json.load(open(sys.argv[1])); print($1)" \
		"$here/out/report.json"
}

is()
{
	checks=$((checks + 1))
	[ "$2" = "$3" ] || fail "$1: $2, want $3"
}

test_good()
{
	new_host
	call -y -c measure -o "$here/out"
	says 0 '^verdict: the sidecar works on this host: 1 case, ' good
	clean good
	is passed "$(json 'r["passed"]')" True
	is checks "$(json 'r["cases"][0]["checks"]')" 11
	is 'round trip' "$(json 'r["figures"]["trips.p50_ns"]')" 12345
	is start "$(json 'r["figures"]["start.us"]')" 150
	is gaps "$(json '[(g["from_ns"], g["sidecar"]) for g in r["gaps"]]')" \
		'[(8, 1500), (2048, 3)]'
	is version "$(json 'r["host"]["tool"]')" "$($shell "$tool" --version)"
	is CPU "$(json 'r["host"]["cpu"]')" 'A "CPU" & more'
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
		"$here/out/report.svg" || fail "report.svg: not XML"
	grep -q 'half within 12 us, 99 % within 23 us, longest 3.5 ms' "$here/out/report.txt" ||
		fail "report.txt: $(cat "$here/out/report.txt")"
	grep -q '^lab: done' "$here/out/logs/measure.console" || fail "no console"
	grep -qx 'name = "sidecar-check-measure"' "$here/out/logs/measure.cfg" || fail "no config"
	! grep -rqw -e "$(uname -n)" "$here/out" || fail "the report has the host's name"
}

# bad NAME PATTERN: the run ends with 1 and this line
bad()
{
	call -y -c measure -o "$here/out"
	says 1 "$2" "$1"
	says 1 '^verdict: 1 case of 1 failed' "$1"
	is "$1: passed" "$(json 'r["passed"]')" False
	clean "$1"
}

test_bad()
{
	new_host
	sed -i 's/sidecar.wrong=0/sidecar.wrong=2/' "$FAKE_STATE/guest/measure"
	bad 'a wrong number' 'seen: +2$'
	new_host
	sed -i '/memory.wrong/d' "$FAKE_STATE/guest/measure"
	bad 'no number' 'seen: +\(nothing\)$'
	new_host
	sed -i '1i shim: topology: warning: strange' "$FAKE_STATE/guest/measure"
	bad 'a warning' 'seen: +shim: topology: warning: strange$'
	new_host
	echo '!refuse libxl: error: no room' >"$FAKE_STATE/guest/measure"
	bad 'no guest' 'seen: +libxl: error: no room$'
	new_host
	sed -i '1i lab timeout 2' "$data/measure.expect"
	sed -i '/lab: taken/i !sleep' "$FAKE_STATE/guest/measure"
	bad 'a guest that hangs' 'seen: +no end within 2 s$'
	new_host
	sed -i '/lab: ready/,$d' "$FAKE_STATE/guest/measure"
	sed -i 's/sidecar.idle=3/sidecar.idle=0/' "$FAKE_STATE/guest/measure"
	bad 'a guest that ends early' 'seen: +0$'
	# sidecar-plan has the last word about the shim's log
	new_host
	mkdir -p "$here/prefix/bin"
	printf '#!/bin/sh\necho "shim: plan: another"\n' >"$here/prefix/bin/sidecar-plan"
	chmod 755 "$here/prefix/bin/sidecar-plan"
	bad 'another log than planned' 'seen: +-shim: plan: another'
}

# A host with one node gets no guest of another; no guest is pinned.
test_config()
{
	new_host
	host nr_cpus 2
	sed -i '/^\(get\.\|ping\)/!d' "$data/jobs.expect"
	for name in unequal jobs; do
		good_guest >"$FAKE_STATE/guest/$name"
	done
	call -y -c unequal,jobs -o "$here/out"
	is pnodes "$(grep -o 'pnode=[0-9]*' "$here/out/logs/unequal.cfg" | sort -u)" pnode=0
	is pins "$(grep -c '^cpus' "$here/out/logs/jobs.cfg" || true)" 0
	is 'not compared' "$(json 'r["cases"][1]["not_compared"] > 10')" True
	host nr_nodes 2
	host nr_cpus 8
	rm -r "$here/out"
	call -y -c unequal,jobs -o "$here/out"
	is pnodes "$(grep -o 'pnode=[0-9]*' "$here/out/logs/unequal.cfg" | sort -u | paste -sd ' ')" \
		'pnode=0 pnode=1'
	is pins "$(grep -c '^cpus' "$here/out/logs/jobs.cfg" || true)" 0
}

# The guest's initrd has its programs, and the modules of dom0's Linux, unpacked.
test_initrd()
{
	local modules=$here/root/lib/modules/$release

	new_host
	echo CONFIG_XEN_PVH=y >"$here/root/boot/config-$release"
	touch "$here/root/boot/vmlinuz-$release"
	mkdir -p "$modules/kernel"
	{ printf '\177ELF'; head -c 100001 /dev/urandom; } >"$here/msr.ko"
	xz -c "$here/msr.ko" >"$modules/kernel/msr.ko.xz"
	printf '\177ELF privcmd' >"$modules/kernel/xen-privcmd.ko"
	# the guest hangs, so that its initrd is there
	echo '!sleep' >"$FAKE_STATE/guest/linux-alone"
	$shell "$tool" -y -c linux-alone -o "$here/out" >"$here/said" 2>&1 &
	until_guest linux-alone
	mkdir -p "$here/unpacked"
	(cd "$here/unpacked" && cpio -i --quiet <"$(echo "$TMPDIR"/*/initrd.img)")
	kill -TERM $!
	wait $! || code=$?
	is 'end by TERM' "$code" 143
	clean initrd
	cmp "$here/unpacked/modules/msr.ko" "$here/msr.ko" || fail "msr.ko: another"
	cmp "$here/unpacked/init" "$data/init" || fail "init: another"
	cmp "$here/unpacked/sidecarctl" "$data/sidecarctl" || fail "sidecarctl: another"
	[ -x "$here/unpacked/init" ] || fail "init: not executable"
	cmp "$here/unpacked/modules/xen-privcmd.ko" "$modules/kernel/xen-privcmd.ko" ||
		fail "xen-privcmd.ko: another"
}

# ---- interruptions -----------------------------------------------------------------

# until_guest NAME: until it is there
until_guest()
{
	for _ in $(seq 200); do
		[ ! -e "$FAKE_STATE/sidecar-check-$1.domid" ] || return 0
		sleep 0.05
	done
	fail "$1: no guest"
}

until_called()
{
	for _ in $(seq 200); do
		! grep -qs "^$1" "$FAKE_STATE/calls" || return 0
		sleep 0.05
	done
	fail "xl $1: never called"
}

# interrupted SIGNAL CODE XL-COMMAND: when xl has been called like that
interrupted()
{
	local pid code=0

	new_host
	# python: bash lets its background processes ignore SIGINT, and who runs this by
	# nohup SIGHUP
	sed -i '/lab: taken/i !sleep' "$FAKE_STATE/guest/measure"
	# shellcheck disable=SC2086 # a shell
	python3 -c 'import os, signal, sys
for s in signal.SIGINT, signal.SIGHUP: signal.signal(s, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' $shell "$tool" -y -c measure -o "$here/out" \
		>"$here/said" 2>&1 </dev/null &
	pid=$!
	until_called "$3"
	sleep 0.3
	kill -"$1" $pid
	wait $pid || code=$?
	says "$2" ': destroying sidecar-check-measure, cleaning up$' "$1 at $3"
	clean "$1 at $3"
	[ ! -e "$here/out/report.txt" ] || fail "$1: a report of half a run"
	sleep 0.3
	! pgrep -f "$here/bin/" >/dev/null || fail "$1 at $3: an xl is left"
}

test_interrupted()
{
	interrupted TERM 143 vcpu-list
	interrupted INT 130 vcpu-list
	FAKE_SLOW=1 interrupted HUP 129 unpause
	FAKE_BUILD=2 interrupted TERM 143 create
}

# ---- the question ------------------------------------------------------------------

# asked ANSWER: at a terminal
asked()
{
	code=0
	# shellcheck disable=SC2086 # a shell
	python3 - "$1" $shell "$tool" -c measure -o "$here/out" >"$here/said" 2>&1 <<-'END' ||
	import os, pty, sys
	pid, fd = pty.fork()
	if not pid:
	    os.execvp(sys.argv[2], sys.argv[2:])
	seen = b""
	while b"[y/N]" not in seen:
	    seen += os.read(fd, 1000)
	os.write(fd, sys.argv[1].encode() + b"\n")
	try:
	    while True:
	        more = os.read(fd, 1000)
	        if not more:
	            break
	        seen += more
	except OSError:
	    pass
	sys.stdout.write(seen.decode().replace("\r", ""))
	sys.stdout.flush()
	os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
		code=$?
}

test_question()
{
	new_host
	asked n
	says 0 '^nothing was created' 'no'
	! grep -q '^create' "$FAKE_STATE/calls" || fail "no: a guest"
	clean no
	asked y
	says 0 '^verdict: the sidecar works' yes
	says 0 'at most 64 MiB and 4 vCPUs' 'how large'
	clean yes
}

# completes WANT WORD...: bash completes the last word to WANT, among others
completes()
{
	local want=$1 seen

	shift
	# shellcheck disable=SC2016 # for the other bash
	seen=$(PATH=$here/prefix/sbin:$PATH bash -c '. "$0"; COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1)); _xen_sidecar_check; printf "%s " "${COMPREPLY[@]}"' \
		"$top/xen/toolstack/check/xen-sidecar-check.bash" "$@" 2>/dev/null)
	checks=$((checks + 1))
	[[ " $seen" = *" $want "* ]] || fail "bash completes $*: $seen (want $want)"
}

test_completion()
{
	new_host
	completes --cases xen-sidecar-check --c
	completes measure xen-sidecar-check -c me
	completes measure xen-sidecar-check --cases = me
	completes jobs,measure xen-sidecar-check --cases = jobs,me
}

test_usage
test_completion
test_refusals
test_left_out
test_good
test_bad
test_config
test_initrd
test_interrupted
test_question
echo "test_sidecar_check: $checks checks"
