# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by run.sh: compares what a case showed (its files .report, .console
# and .xen) with its .expect file, and prints for a person what Linux saw. FILES is
# the path of a case's files without suffix. What the lines of .expect mean is in case.sh.

# shellcheck disable=SC2154 # run.sh's
# shellcheck source=xen/toolstack/check/case.sh
. "$top/xen/toolstack/check/case.sh"

# parked XEN: how many vCPUs are DOWN and in long mode, from the guest's part of the
# answer to the debug key q. A vCPU that was never started is DOWN, too, but has no
# paging yet.
parked()
{
	awk '
		/General information for domain/ {
			if (nr) exit
			guest = $NF != "0:"
		}
		!guest { next }
		/ VCPU[0-9]+: / { down = 0; nr++ }
		/ pause_flags=2$/ { down = 1 }
		/ hap, 4 levels/ { n += down }
		END { print n + 0 }' "$1"
}

# seen_of FILES KEY: what was seen for a key
seen_of()
{
	case $2 in
	console | xen) cat "$1.$2" ;;
	xen.parked) parked "$1.xen" ;;
	*) values "$1.report" "$2" ;;
	esac
}

# reported FILES KEY: whether there is something to compare the key with. A guest
# without a report is one difference, not thirty.
reported()
{
	case $2 in
	console | xen | end | create) return 0 ;;
	*) grep -q '^kernel=' "$1.report" ;;
	esac
}

# silent FILES: the difference for a guest that sent no report
silent()
{
	echo "expected: a report from the guest's Linux"
	echo "seen:     none; the console ends with: $(grep . "$1.console" |
		tail -n 3 | paste -sd '|')"
}

# every_boot FILES: the plan, once for each boot of the shim, but at least once
every_boot()
{
	local boots

	boots=$(grep -c '^shim: xen: ' "$1.console" || true)
	for _ in $(seq $((boots > 1 ? boots : 1))); do
		cat "$1.plan"
	done
}

# planned EXPECT FILES: the first difference between what sidecar-plan predicted for
# each boot and what the shim logged; nothing for a config without an expectation
planned()
{
	local first

	[ -e "$1" ] && ! for_host "$1" | grep -q '^lab plan none' || return 0
	# diff returns 1 when there is a difference
	first=$({ diff <(shim_log <"$2.console") <(every_boot "$2") || true; } |
		awk '/^[<>]/ && n++ < 2')
	[ -n "$first" ] || return 0
	echo "planned:  $(grep '^>' <<<"$first" || echo 'no such line')"
	echo "seen:     $(grep '^<' <<<"$first" || echo 'no such line')"
}

# taint_letters NUMBER: as Linux writes them (Documentation/admin-guide/tainted-kernels)
taint_letters()
{
	local letters=PFSRMBUDAWCIOELKXTN i out=

	for ((i = 0; i < ${#letters}; i++)); do
		[ $(($1 >> i & 1)) = 0 ] || out+=${letters:i:1}
	done
	echo "$out"
}

# allowed FILES: the rules of dmesg-allowed for this guest: TAINT PATTERN, a line each
allowed()
{
	local xens linuxes vendors taint pattern linux vendor

	linux=$(values "$1.report" kernel | head -n 1)
	vendor=$(values "$1.report" vendor | head -n 1)
	# shellcheck disable=SC2154 # run.sh's
	grep -v '^#' "$here/dmesg-allowed" |
		while read -r xens linuxes vendors taint pattern; do
			[[ ! $xen =~ ^($xens)$ || ! $linux =~ ^($linuxes) ||
			   ! $vendor =~ ^($vendors)$ ]] ||
				echo "$taint $pattern"
		done || true
}

# complained FILES RULES: bad lines of Linux's log that no rule allows
complained()
{
	values "$1.report" dmesg.bad | awk '!seen[$0]++' |
		grep -vEf <(printf '%s' "$2" | cut -d ' ' -f 2-) || true
}

# taints FILES: the letters of all reported taints
taints()
{
	local number

	for number in $(values "$1.report" taint); do
		taint_letters "$number"
	done | fold -w 1 | sort -u | tr -d '\n'
}

# tainted EXPECT FILES RULES: a difference if Linux lacks a taint of the case, or has
# one that belongs neither to the case nor to an allowed line
tainted()
{
	local own seen rule other

	own=$(for_host "$1" | sed -n 's/^lab taint \+//p')
	seen=$(taints "$2")
	other=$own
	while read -r rule; do
		[ -n "$rule" ] || continue
		! values "$2.report" dmesg.bad | grep -qE -e "${rule#* }" ||
			other+=${rule%% *}
	done <<<"$3"
	[ -n "${seen//[-$other]/}${own//[-$seen]/}" ] || return 0
	echo "expected: taint ${own:-none}"
	echo "seen:     taint ${seen:-none}"
}

# looked EXPECT FILES: a difference if Linux's log was not checked when the guest was
# ready and, for a guest that powers off, at its end
looked()
{
	local end looks want=1

	end=$(for_host "$1" | sed -n 's/^lab end \+//p')
	[ "${end:-poweroff}" != poweroff ] || want=2
	looks=$(values "$2.report" dmesg.lines | grep -c '^[1-9]' || true)
	[ "$looks" -lt $want ] || return 0
	echo "expected: Linux's log, $want times"
	echo "seen:     $looks times"
}

# healthy EXPECT FILES: the differences that every Linux is checked for
healthy()
{
	local rules line

	grep -q '^kernel=[0-9]' "$2.report" || return 0
	rules=$(allowed "$2")
	complained "$2" "$rules" | while read -r line; do
		echo "expected: no complaint of Linux"
		echo "seen:     $line"
	done
	tainted "$1" "$2" "$rules"
	looked "$1" "$2"
}

# asked EXPECT FILES: a difference for each thing that dom0 was asked for and could not do,
# if the case says nothing of it
asked()
{
	local what

	sed -n 's/^\(do\.[a-z]*\)=failed$/\1/p' "$2.report" | while read -r what; do
		! for_host "$1" | grep -q "^$what " || continue
		echo "expected: $what = ok"
		echo "seen:     $what: failed"
	done
}

# came_up FILES: a difference if a guest without an expectation never became ready
came_up()
{
	if ! grep -qx 'create=ok' "$1.report"; then
		echo "expected: a guest"
		echo "seen:     xl create failed"
	elif ! grep -qx 'lab: ready' "$1.console"; then
		echo "expected: lab: ready"
		echo "seen:     end: $(values "$1.report" end); the console ends with: $(
			{ grep 'Kernel panic' "$1.console"
			  grep . "$1.console" | tail -n 3; } | paste -sd '|')"
	fi
}

# refusal FILES: xl's own lines about a guest that it did not create
refusal()
{
	! grep -qx 'create=ok' "$1.report" || return 0
	values "$1.report" unfit | sed 's/^/no room:  /'
	sed '0,/^# xl create$/d; s/^/xl:       /' "$1.xen"
}

# compare EXPECT FILES: a pair of lines, expected and seen, for each difference
compare()
{
	local key op want seen mute=

	while read -r key op want; do
		if [ "$op" != '!~' ] && ! reported "$2" "$key"; then
			[ -n "$mute" ] || silent "$2"
			mute=1
			continue
		fi
		seen=$(seen_of "$2" "$key")
		if ! holds "$seen" "$op" "$want"; then
			echo "expected: $key $op $want"
			echo "seen:     $key: $(show "$key" "$op" "$want" "$seen")"
		fi
	done < <(expectations "$1")
	[ -e "$1" ] || came_up "$2"
	planned "$1" "$2"
	asked "$1" "$2"
	healthy "$1" "$2"
}

summary_node()
{
	local node=node$2

	printf '  node %-5s CPUs %s (online %s), %s MiB, distances %s\n' "$2" \
		"$(values "$1" "$node.present")" "$(values "$1" "$node.cpus")" \
		"$(values "$1" "$node.size_mb")" \
		"$(values "$1" "$node.distance")"
}

# summary REPORT: what Linux saw, for a person
summary()
{
	local node

	grep -q '^kernel=' "$1" || return 0
	echo
	echo "Linux $(values "$1" kernel) sees:"
	echo "  CPUs       online $(values "$1" online) at boot," \
		"present $(values "$1" present)"
	sed -n 's/^node\([0-9]*\)\.cpus=.*/\1/p' "$1" | while read -r node; do
		summary_node "$1" "$node"
	done
	values "$1" memmap | sed -n 's/ Reserved$//p' | sed 's/^/  reserved   /'
	sed -n 's/^take\.\([0-9]*\)=/  CPU \1 onlined, used, offlined, twice: /p' \
		"$1"
	echo "  vCPUs that Xen showed as parked: $(values "$1" xen.paused)" \
		"of $(values "$1" xen.vcpus)"
	echo
}
