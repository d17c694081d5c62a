#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs spin on sidecar.pml, over all states: every form that must hold, then broken forms,
# in each of which spin must find an error. deep: also forms of 9 to 47 million states.
# Usage: check.sh BUILD [deep]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
include=$here/../../include
out=$1/model
cc=${CC:-gcc}

# The states and the transition table of the header that the kernel compiles
transitions()
{
	local name

	for name in REMOVED IDLE RUN STOP REMOVE; do
		printf '#define %s %s\n#define IS_%s(x) ((x) == %s)\n' "$name" \
			"$(expand "SIDECAR_$name" | tr -d u)" "$name" "$name"
	done
	printf '#define IS_ANY(x) true\n'
	printf '#define VCPU 0\n#define CLIENT 1\n#define SHIM 2\n'
	printf '#define LEGAL(f, t, w) (false %s)\n' "$(expand \
		'SIDECAR_TRANSITIONS(TERM)' \
		'-DTERM(a,b,c)=|| (IS_##a(f) && (t) == b && (w) == c)')"
}

expand()
{
	printf '#include "abi/sidecar.h"\n%s\n' "$1" |
		$cc -E -P -I "$include" "${@:2}" -x c - | tail -n 1
}

# verify HOW FORM: 0 if spin finds no error in this form, 1 if it finds one.
# HOW safety: no assertion fails, nobody waits for ever; liveness: nor is
# anybody busy for ever without an answer, if all processes get their turns.
verify()
{
	local dir=$out/pan how=$1 flags=() def=()

	rm -rf "$dir"
	mkdir -p "$dir"
	cp "$here/sidecar.pml" "$out/transitions.pml" "$dir/"
	# shellcheck disable=SC2206 # words
	def=($2)
	(cd "$dir" && spin -a "${def[@]/#/-D}" sidecar.pml) >"$out/log" 2>&1 ||
		return 2
	[ "$how" = safety ] && flags=(-DSAFETY) || flags=(-DNP -DNFAIR=3)
	"$cc" -O1 -w -DVECTORSZ=1024 "${flags[@]}" -o "$dir/pan" \
		"$dir/pan.c"
	if [ "$how" = safety ]; then
		(cd "$dir" && ./pan -m1000000 -w23 -n) >"$out/log" 2>&1
	else
		(cd "$dir" && ./pan -m1000000 -n -l -f) >"$out/log" 2>&1
	fi
	# an incomplete search proves nothing
	! grep -q 'max search depth too small\|out of memory\|aborted' \
		"$out/log" || return 2
	grep -q 'errors: 0' "$out/log" && return 0
	grep -q 'errors: [1-9]' "$out/log" && return 1
	return 2
}

states()
{
	sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$out/log" | head -n 1
}

# holds HOW FORM / fails HOW FORM
holds()
{
	local r=0

	verify "$1" "$2" || r=$?
	[ "$r" = 0 ] || { cat "$out/log"; echo "FAIL model: $1: $2"; exit 1; }
	echo "  model, $1: ${2:-one client}: $(states) states"
}

fails()
{
	local r=0

	verify "$1" "$2" || r=$?
	[ "$r" = 1 ] || { cat "$out/log"; echo "FAIL model: no error found in $1: $2"; exit 1; }
	echo "  model, $1: $2: error found, as it has to be"
}

rm -rf "$out"
mkdir -p "$out"
transitions >"$out/transitions.pml"
holds safety ""
holds safety "NMI_ONLY"
holds safety "LINUX=2 REQUESTS=2"
holds safety "LINUX=2 NMI_ONLY REQUESTS=2"
holds safety "LINUX=2 PREPARED REQUESTS=2"
holds safety "LINUX=2 PREPARED NMI_ONLY REQUESTS=2"
holds safety "STOPPER LINUX=1 REQUESTS=2"
holds safety "STOPPER LINUX=1 PREPARED NMI_ONLY REQUESTS=1"
holds safety "STOPPER DIES REQUESTS=2"
holds safety "HOSTILE STOPPER REQUESTS=2"
holds safety "LOOKS LINUX=2 PREPARED REQUESTS=2"
holds safety "CLIENTS=2 LOCK STOPPER REQUESTS=1 NMIS=2"
holds safety "CLIENTS=2 LOCK REQUESTS=2"
holds safety "CLIENTS=2 LOCK REQUESTS=2 NMI_ONLY"
holds safety "CLIENTS=2 LOCK REQUESTS=1 LINUX=1"
# a job whose client has died does not begin once it is withdrawn
holds safety "CLIENTS=2 LOCK ORPHANS REQUESTS=1 NMIS=2"
[ "${2:-}" != deep ] || {
	holds safety "CLIENTS=2 LOCK ORPHANS REQUESTS=1 NMIS=2 LINUX=1"
	holds safety "CLIENTS=2 LOCK ORPHANS STOPPER REQUESTS=1 NMIS=2"
}
# a ring before the wait, in it, at its end, beside STOP, INIT and Linux
holds safety "RINGS=2 NO_DEADLINE NO_STOPS REQUESTS=1"
holds safety "RINGS=2 TIMEOUT REQUESTS=1"
holds safety "RINGS=1 STOPPER REQUESTS=1 NMIS=2"
holds safety "RINGS=1 TIMEOUT LINUX=1 REQUESTS=1 NMIS=2"
holds safety "RINGS=1 LINUX=1 PREPARED REQUESTS=1 NMIS=2"
holds safety "RINGS=1 LINUX=1 PREPARED NMI_ONLY REQUESTS=1 NMIS=2"
holds safety "RINGS=1 DIES REQUESTS=1 NMIS=2"
# without the lock: nothing hangs and the vCPU makes only legal steps
holds safety "CLIENTS=2 REQUESTS=1 NMIS=2"
[ "${2:-}" != deep ] || holds safety "CLIENTS=2 REQUESTS=1 LINUX=1 NMIS=2"
holds liveness "NO_DEADLINE REQUESTS=2"
holds liveness "NO_DEADLINE CLIENTS=2 LOCK REQUESTS=1"
fails safety "ONE_WAKE NO_DEADLINE"
fails safety "BLIND_STOP"
fails safety "LATE_ANSWER"
fails safety "NMI_TO_DOWN"
# DOWN once: a wake that came too early
fails safety "LOOKS ONE_LOOK"
# a STOP between whose look and swap another command begins; of whatever job
# runs by then
fails safety "STOPPER BLIND_START REQUESTS=2"
fails safety "STOPPER ANY_JOB REQUESTS=2"
# no lock between NMIs and INIT, nor against Linux; RUN while the job state is
# that of the job which INIT ended
fails safety "STOPPER NO_HOLD REQUESTS=2"
fails safety "LINUX=1 NO_HOLD REQUESTS=2"
fails safety "STOPPER STALE_JOB DIES REQUESTS=2"
# a job that was woken is withdrawn
fails safety "CLIENTS=2 LOCK ORPHANS BLIND_WITHDRAW REQUESTS=1 NMIS=2"
# the look before the byte, on either side; an NMI just before the block; an NMI
# whatever the vCPU does; no lock
fails safety "RINGS=2 RINGS_LATE NO_DEADLINE NO_STOPS REQUESTS=1"
fails safety "RINGS=2 WAITS_LATE NO_DEADLINE NO_STOPS REQUESTS=1"
fails safety "RINGS=2 NO_FIXUP NO_DEADLINE NO_STOPS REQUESTS=1"
fails safety "RINGS=2 RINGS_BLIND TIMEOUT REQUESTS=1"
fails safety "RINGS=1 LINUX=1 PREPARED NO_HOLD REQUESTS=1 NMIS=2"
fails liveness "NMI_ONLY NO_DEADLINE"
fails liveness "NMI_ONLY NO_RECOVERY"
