# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by run.sh, whose variables it uses: what the CPUs of QEMU's host do when it has
# fallen silent. A CPU that sleeps with interrupts on while one is pending has lost its
# wakeup, which is the emulator's fault.
# shellcheck disable=SC2034,SC2154 # run.sh's

# open_monitor: pipes to QEMU's monitor, and QEMU's arguments for them in the array monitor
open_monitor()
{
	rm -f "$work"/monitor.*
	mkfifo "$work/monitor.in" "$work/monitor.out"
	monitor=(-chardev "pipe,id=monitor,path=$work/monitor" -mon 'chardev=monitor')
}

# host_state CPUS: registers and local APIC of each. The pipes are opened for reading and
# writing, so that nobody waits for a QEMU that is gone.
host_state()
{
	local cpu

	[ -p "$work/monitor.in" ] || return 0
	{
		echo 'info registers -a'
		for ((cpu = 0; cpu < $1; cpu++)); do
			echo "info lapic $cpu"
		done
	} 1<>"$work/monitor.in"
	timeout 10 cat <>"$work/monitor.out" | tr -d '\r' || true
}

# lost_wakeups FILE: of what host_state said, the CPUs that should not sleep
lost_wakeups()
{
	awk '
	/^CPU#/ { cpu = substr($1, 5) }
	/ HLT=1/ {
		# bit 9 of the flags is in the third digit from the right
		sleeps[cpu] = $2 ~ /FL=[0-9a-f]*[2367abef][0-9a-f][0-9a-f]$/
	}
	/^dumping local APIC state/ { cpu = $NF }
	# the pending vectors, in order; at the end of the next line what masks them
	/^IRR/ { highest = $NF + 0 }
	/^APR/ {
		masked = index("0123456789abcdef", substr($NF, 3, 1)) - 1
		if (sleeps[cpu] && int(highest / 16) > masked)
			print cpu
	}' "$1" | paste -sd ,
}
