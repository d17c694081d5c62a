# shellcheck shell=sh disable=SC2154,SC2034 # variables are xen-sidecar-check's
# SPDX-License-Identifier: MIT
# Sourced by xen-sidecar-check: creates the guest of a case, follows it, and takes it down.

# write_config NAME: the case's config for this host, as $at.cfg
write_config()
{
	# where vCPUs run is the host's business: no cpus=
	sed "s|^name *=.*|name = \"$dom\"|
		s|\"/boot/test-kernel\"|\"$data/test-kernel.elf\"|
		s|\"/boot/vmlinuz\"|\"$linux\"|
		s|\"/boot/initrd.img\"|\"$work/initrd.img\"|
		s|\"/usr/lib/xen/boot/shim.elf\"|\"$shim\"|
		/^cpus *=/d" "$data/$1.cfg" | awk -v nodes="$nodes" '
		match($0, /pnode=[0-9]+/) {
			n = substr($0, RSTART + 6, RLENGTH - 6) % nodes
			$0 = substr($0, 1, RSTART + 5) n substr($0, RSTART + RLENGTH)
		}
		{ print }
		END {
			split("poweroff reboot crash watchdog", on, " ")
			for (i = 1; i <= 4; i++) print "on_" on[i] " = \"destroy\""
		}' >"$at.cfg"
}

ended()
{
	ends=$(xl_ends "$at.xl")
	[ "${ends:-0}" -gt 0 ] || ! kill -0 "$creator" 2>/dev/null
}

in_time()
{
	[ -z "$interrupted" ] && [ "$(now)" -lt "$deadline" ]
}

# wait_line FILE PATTERN: until a line matches, the guest has ended or time is over
wait_line()
{
	while in_time; do
		! tr -d '\r' <"$1" 2>/dev/null | grep -q -e "$2" || return 0
		! ended || return 1
		sleep 0.2
	done
	return 1
}

# destroy_ours: by the number that our own xl has said; others may have the name
destroy_ours()
{
	domid=$(xl_domid "$at.xl")
	[ -z "$domid" ] || ask_xl destroy "$domid" >/dev/null
}

# what_is_left: a line about a guest that may still be there
what_is_left()
{
	if [ -n "$domid" ]; then
		ask_xl domname "$domid" >/dev/null
		# xl says 1 of one that is gone, timeout others of an xl that hangs
		[ $? = 1 ] ||
			echo "the guest $dom could not be destroyed (xl destroy $domid)"
	elif kill -0 "$creator" 2>/dev/null; then
		echo "xl create does not end: the guest $dom may be left (xl destroy $dom)"
	fi
}

# take_down: the guest and what belongs to it are gone afterwards
take_down()
{
	[ -z "$reader" ] || kill "$reader" 2>/dev/null
	reader=
	[ -n "$creator" ] || return 0
	until=$(($(now) + 120))
	while kill -0 "$creator" 2>/dev/null && [ "$(now)" -lt "$until" ]; do
		destroy_ours
		sleep 0.5
	done
	destroy_ours
	left=$(what_is_left)
	kill -KILL "$creator" 2>/dev/null
	[ -z "$left" ] || echo "xen-sidecar-check: $left" >&2
	dom=
	creator=
}

cleanup()
{
	take_down
	[ -z "$work" ] || rm -rf "$work"
}

# interrupt SIGNAL CODE
interrupt()
{
	interrupted=$2
	trap '' INT TERM HUP PIPE
	echo "xen-sidecar-check: $1: ${dom:+destroying $dom, }cleaning up" >&2
	exit "$2"
}

# find_tty: xenconsoled opens the guest's terminal a moment after the guest is there
find_tty()
{
	while in_time && ! ended; do
		tty=$(timeout 20 xenstore-read "/local/domain/$domid/console/tty" 2>/dev/null)
		[ ! -c "$tty" ] || return 0
		sleep 0.2
	done
	return 1
}

# start_guest NAME: creates it, paused until its console is read
start_guest()
{
	tool=xl
	! grep -q '^vnuma' "$at.cfg" || tool=$xl_vnuma
	"$tool" create -p -F "$at.cfg" </dev/null >"$at.xl" 2>&1 &
	creator=$!
	wait_line "$at.xl" '^Waiting for domain .*(domid' || return
	domid=$(xl_domid "$at.xl")
	find_tty || return
	cat "$tty" >"$at.console" 2>/dev/null &
	reader=$!
	begun=$(clock)
	ask_xl unpause "$domid" >>"$at.xl"
}

# clock: milliseconds of dom0's uptime
clock()
{
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

# look_at_vcpus KEY: how many Xen has, and how many of them it shows as not running
look_at_vcpus()
{
	ask_xl vcpu-list "$dom" >"$at.vcpus"
	awk -v dom="$dom" -v key="$1" '
		$1 == dom { n++; if (/--p/) paused++ }
		END {
			if (key == "ready") print "xen.vcpus=" n + 0
			print "xen.paused" (key == "ready" ? "" : "." key) "=" paused + 0
		}' "$at.vcpus" >>"$at.report"
}

# go_on: the guest reads this on its console
go_on()
{
	ended || echo go >"$tty"
}

follow()
{
	wait_line "$at.console" '^lab: ready$' || return
	echo "ready_ms=$(($(clock) - begun))" >>"$at.report"
	look_at_vcpus ready
	go_on
	wait_line "$at.console" '^lab: taken$' || return
	look_at_vcpus taken
	go_on
	while in_time && ! ended; do
		sleep 0.2
	done
}

# wait_gone: xl destroys a guest that has ended by itself
wait_gone()
{
	tries=0
	while kill -0 "$creator" 2>/dev/null && [ $tries -lt 60 ]; do
		tries=$((tries + 1))
		sleep 0.2
	done
}

end_of_guest()
{
	if ended; then
		wait_gone
		end_name "$(xl_reason "$at.xl")"
	else
		echo "no end within $limit s"
	fi
}
