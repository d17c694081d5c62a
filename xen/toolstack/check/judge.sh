# shellcheck shell=sh disable=SC2154,SC2034 # variables are xen-sidecar-check's
# SPDX-License-Identifier: MIT
# Sourced by xen-sidecar-check: compares what a guest showed with what is expected.

# skipped KEY: not compared here, as it needs Xen's debug keys, or is another number on
# each model of CPU
skipped()
{
	case $1 in
	xen | xen.parked) return 0 ;;
	# registers: the lab compares them on CPUs that it knows
	get.* | inherit.junk* | inherit.after*) return 0 ;;
	*) return 1 ;;
	esac
}

seen_of()
{
	if [ "$1" = console ]; then
		tr -d '\r' <"$at.console"
	else
		values "$at.report" "$1"
	fi
}

# compare NAME: two lines for each difference, into $at.bad; counts what it looked at
compare()
{
	expectations "$data/$1.expect" >"$at.want"
	while read -r key op want; do
		if skipped "$key"; then
			skips=$((skips + 1))
			continue
		fi
		checks=$((checks + 1))
		seen=$(seen_of "$key")
		holds "$seen" "$op" "$want" || {
			wrong=$((wrong + 1))
			echo "expected: $key $op $want"
			echo "seen:     $(show "$key" "$op" "$want" "$seen")"
		} >>"$at.bad"
	done <"$at.want"
}

# planned: what sidecar-plan predicts of the shim's log
planned()
{
	grep -q '^pvshim ' "$at.cfg" || return 0
	[ -x "$plan" ] || {
		skips=$((skips + 1))
		return 0
	}
	checks=$((checks + 1))
	"$plan" --log --xen "$xen" "$at.cfg" >"$at.plan" 2>/dev/null
	shim_log <"$at.console" >"$at.log"
	cmp -s "$at.plan" "$at.log" || {
		wrong=$((wrong + 1))
		echo "expected: the shim's log as sidecar-plan predicts it"
		echo "seen:     $(diff -u "$at.plan" "$at.log" | sed '1,2d' |
			grep '^[-+]' | head -n 2 | paste -sd '|' -)"
	} >>"$at.bad"
}

# judge NAME: a row of the results: name, verdict, checks, not compared, seconds. It is ok
# only if there was a guest and something was compared: the disk may be full.
judge()
{
	: >"$at.bad"
	checks=0 wrong=0 skips=0 verdict=FAIL
	if grep -qx create=ok "$at.report"; then
		compare "$1"
		[ "$checks" = 0 ] || verdict=ok
		planned
		[ "$wrong" = 0 ] || verdict=FAIL
	else
		checks=1 wrong=1
		echo "expected: a guest"
		echo "seen:     $(grep -vE '^(Parsing config|Waiting for)' "$at.xl" |
			head -n 2 | paste -sd '|' -)"
	fi >>"$at.bad"
	seconds=$(($(now) - since))
	printf '%s\t%s\t%d\t%d\t%d\t%d\n' "$1" $verdict "$checks" "$wrong" "$skips" \
		$seconds >>"$work/results"
	printf '%-5s %-14s %s, %d failed, %d s\n' $verdict "$1" \
		"$(count "$checks" check)" "$wrong" $seconds
	sed 's/^/        /' "$at.bad"
}
