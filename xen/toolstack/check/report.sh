# shellcheck shell=sh disable=SC2154,SC2034 # variables are xen-sidecar-check's
# SPDX-License-Identifier: MIT
# Sourced by xen-sidecar-check: figures, and the report.

# figure KEY VALUE: for the report; nothing if there is no value
figure()
{
	[ -z "$2" ] || printf '%s\t%s\n' "$1" "$2" >>"$work/figures"
}

# from NAME KEY: a value of the report of that case
from()
{
	[ ! -e "$work/$1.report" ] || values "$work/$1.report" "$2" | tail -n 1
}

# Of the case with most vCPUs: those that the shim started, and for how long it did
start_figures()
{
	cat "$work"/*.console 2>/dev/null | tr -d '\r' | awk '
		/^shim: sidecar: [0-9]+ vCPUs? started/ && $3 > most {
			most = $3
			us = 0
			for (i = 4; i <= NF; i++) if ($i ~ /^us/) us += $(i - 1)
			next_jump = 1
		}
		/^shim: jump: / && next_jump { jump = $3; next_jump = 0 }
		END { if (most) print "start.vcpus\t" most "\nstart.us\t" us "\nshim.us\t" jump }
		' >>"$work/figures"
}

linux_figures()
{
	figure linux.uptime_s "$(from linux uptime.init)"
	figure linux.ready_ms "$(from linux ready_ms)"
	figure alone.uptime_s "$(from linux-alone uptime.init)"
	figure alone.ready_ms "$(from linux-alone ready_ms)"
	ping=$(from linux ping)
	figure linux.ping.min_ns "$(echo "$ping" | sed -n 's/.*min \([0-9]*\).*/\1/p')"
	figure linux.ping.mean_ns "$(echo "$ping" | sed -n 's/.*mean \([0-9]*\).*/\1/p')"
	figure linux.ping.longest_ns "$(echo "$ping" | sed -n 's/.*max \([0-9]*\).*/\1/p')"
}

# histogram: rows FROM_NS, of the sidecar, of Linux (or nothing), into $work/histogram.
# Of Linux's guest they are there side by side; else from the test kernel's job.
histogram()
{
	: >"$work/histogram"
	[ ! -e "$work/linux.report" ] || values "$work/linux.report" jitter | awk '
		/ us or more / { printf "%.0f\t%s\t%s\n", $1 * 1000, $5, $6 }
		' >"$work/histogram"
	[ ! -s "$work/histogram" ] && [ -e "$work/measure.report" ] || return 0
	tr -d '\r' <"$work/measure.console" | awk -v khz="$(from measure jitter.tsc_khz)" '
		khz && sub(/^lab: log\.jitter=gaps from /, "") {
			split($0, a, ": ")
			row = 1
			while (row * 2 <= a[1]) row *= 2
			gaps[row] += a[2]
		}
		END { for (row = 1; row < 1e15; row *= 2) if (row in gaps)
			printf "%.0f\t%d\t\n", row * 1000000 / khz, gaps[row] }
		' >"$work/histogram"
}

jitter_figures()
{
	figure jitter.longest_ns "$(from measure jitter.longest_ns)"
	figure jitter.ms "$(from measure jitter.ms)"
	[ ! -e "$work/linux.report" ] || values "$work/linux.report" jitter | awk '
		/^longest gap/ { printf "jitter.beside.longest_ns\t%.0f\n", $4 * 1000
			printf "jitter.linux.longest_ns\t%.0f\n", $5 * 1000 }
		' >>"$work/figures"
	histogram
}

collect_figures()
{
	: >"$work/figures"
	start_figures
	for key in trips trips.p50_ns trips.p99_ns trips.longest_ns; do
		figure "$key" "$(from measure "$key")"
	done
	linux_figures
	jitter_figures
}

host_facts()
{
	printf 'tool\t%s\n' "$version"
	printf 'xen\t%s%s\n' "$xen" "$(info xen_extra)"
	printf 'cpu\t%s\n' "${cpu_model:-unknown}"
	printf 'cpus\t%s\n' "$cpus"
	printf 'nodes\t%s\n' "$nodes"
	printf 'scheduler\t%s\n' "$(info xen_scheduler)"
	printf 'virt_caps\t%s\n' "$(info virt_caps)"
	printf 'dom0\t%s\n' "$(uname -sr)"
	printf 'date\t%s\n' "$(date -u +%Y-%m-%dT%H:%MZ)"
}

# ---- the report ------------------------------------------------------------------

make_folder()
{
	if [ -z "$out" ]; then
		out=$prefix-$(date +%Y%m%d-%H%M%S)
		mkdir "$out" 2>/dev/null || fail "$out: cannot be made"
	fi
	mkdir -p "$out" 2>/dev/null || fail "$out: cannot be made"
	# nobody else's files or links are written through
	# shellcheck disable=SC3067 # dash and busybox have it
	[ -O "$out" ] || fail "$out: somebody else's folder"
	[ -z "$(ls -A "$out")" ] || fail "$out: not empty (want a new folder)"
}

# as FORMAT: the report
as()
{
	awk -f "$data/report.awk" -f "$data/report-$1.awk" "$work/facts" "$work/results" \
		"$work/left" "$work/figures" "$work/histogram" "$work/bad"
}

write_report()
{
	host_facts >"$work/facts"
	collect_figures
	: >"$work/bad"
	for name in $cases; do
		sed "s/^/$name	/" "$work/$name.bad" >>"$work/bad"
	done
	mkdir -p "$out/logs"
	for name in $cases; do
		cp "$work/$name.console" "$work/$name.xl" "$work/$name.cfg" \
			"$out/logs/" || fail "$out/logs: cannot be written"
	done
	for format in txt json svg; do
		as $format >"$out/report.$format" || fail "$out/report.$format: cannot be written"
	done
}
