# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Sourced by xen-sidecar-check, and by the lab, on the host and in dom0: what the lines
# of an .expect file mean, and how the console and xl's log of a guest are read. For
# any POSIX sh.

# ---- a guest that runs ---------------------------------------------------------

now()
{
	cut -d . -f 1 /proc/uptime
}

# has_line CONSOLE TEXT [N]: N lines (default 1) that are exactly this text
has_line()
{
	[ "$(tr -d '\r' <"$1" 2>/dev/null | grep -cx "$2")" -ge "${3:-1}" ]
}

# xl_ends LOG: how often xl has seen the guest end
xl_ends()
{
	grep -c -e 'has shut down, reason code' -e 'has been destroyed' "$1" 2>/dev/null
}

# xl_domid LOG: the newest number of the guest
xl_domid()
{
	sed -n 's/.*(domid \([0-9]*\)).*/\1/p' "$1" | tail -n 1
}

# xl_reason LOG: Xen's number of why the guest ended
xl_reason()
{
	sed -n 's/.*has shut down, reason code \([0-9]*\).*/\1/p' "$1" | tail -n 1
}

# end_name REASON: how a guest ended, by that number
end_name()
{
	case $1 in
	0) echo poweroff ;;
	1) echo reboot ;;
	2) echo suspend ;;
	3) echo crash ;;
	4) echo watchdog ;;
	*) echo destroyed ;;
	esac
}

# config_number CONFIG KEY: its number in an xl config
config_number()
{
	sed -n "s/^ *$2 *= *[\"']*\([0-9][0-9]*\).*/\1/p" "$1" | tail -n 1
}

# console_report CONSOLE: the guest's report, lines KEY=VALUE
console_report()
{
	tr -d '\r' <"$1" | sed -n 's/^lab: \([a-zA-Z0-9_.]*=\)/\1/p'
}

# ---- expectations --------------------------------------------------------------

# values REPORT KEY: all values of a key, one a line
values()
{
	awk -v key="$2=" \
		'index($0, key) == 1 { print substr($0, length(key) + 1) }' "$1"
}

# holds SEEN OP WANT: whether a line of SEEN agrees, or for !~ that none does
holds()
{
	case $2 in
	'=') grep -qxF -e "$3" ;;
	'~') grep -qE -e "$3" ;;
	'!~') ! grep -qE -e "$3" ;;
	*) return 1 ;;
	esac <<-END
	$1
	END
}

# show KEY OP WANT SEEN: what to print as seen
show()
{
	if [ "$2" = '!~' ]; then
		grep -E -m 3 -e "$3"
	elif [ "$1" = console ] || [ "$1" = xen ]; then
		echo "no such line; it ends with: $(grep . | tail -n 3 | paste -sd '|' -)"
	else
		sed 's/^$/(nothing)/'
	fi <<-END | paste -sd '|' -
	$4
	END
}

# for_host FILE: its lines without those for another Xen or CPU than $xen and $vendor. A
# line that starts with `on` names the Xen, the CPU or both that it is for. A user's own
# config has no FILE.
for_host()
{
	[ -e "$1" ] || return 0
	# shellcheck disable=SC2154 # of who sources this
	awk -v host=" $xen $vendor " '
		sub(/^on +/, "") {
			while (match($0, /^(4\.[0-9]+|amd|intel) +/)) {
				word = $1
				if (!index(host, " " word " ")) next
				$0 = substr($0, RLENGTH + 1)
			}
		}
		{ print }' "$1"
}

# case_attr EXPECT KEY DEFAULT: the value of `lab KEY VALUE`
case_attr()
{
	case_value=$(for_host "$1" | sed -n "s/^lab $2 \{1,\}//p" | tail -n 1)
	echo "${case_value:-$3}"
}

# expectations FILE: its lines for this host; attributes are left out, and the end that
# the domain must have is added
expectations()
{
	[ -e "$1" ] || return 0
	case $(case_attr "$1" end poweroff) in
	any) echo 'end ~ ^(poweroff|crash)$' ;;
	*) echo "end = $(case_attr "$1" end poweroff)" ;;
	esac
	for_host "$1" | grep -vE '^(#|lab |[[:space:]]*$)' || :
}

# shim_log: reads a console, prints the lines of the shim that sidecar-plan can predict:
# not those with a time, about vCPUs being started, or about the host's CPUID
shim_log()
{
	tr -d '\r' | sed -n '/^shim: /p' | grep -vE '^shim: (xen|jump): |^shim: sidecar: [0-9]+ vCPUs? started|^shim: linux: [0-9]+ of [0-9]+ vCPUs? parked|^shim: topology: warning: CPUID: ' || :
}
