# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by run.sh, whose variables it uses: which cases there are, what each needs
# from the lab, and the files that dom0 needs to run them.
# shellcheck disable=SC2154 # run.sh's

# shellcheck source=tests/xen/find-cases.sh
. "$top/tests/xen/find-cases.sh"

# cfg_of CASE: its .cfg file; CASE is a name or a path
cfg_of()
{
	case $1 in
	*.cfg) realpath -m "$1" ;;
	topology-*) echo "$build/matrix/$1.cfg" ;;
	*) find_case "$1" ;;
	esac
}

# attr CFG KEY DEFAULT: the value of `lab KEY VALUE` in the expectation
attr()
{
	case_attr "${1%.cfg}.expect" "$2" "$3"
}

xl_of()
{
	if grep -q '^ *vnuma *=' "$1"; then
		attr "$1" xl xl-vnuma
	else
		attr "$1" xl xl
	fi
}

# view_level CFG: collecting Xen's view of the guest takes seconds. yes: everything; some:
# also a vcpu-list when Linux has taken CPUs; no: only what each case needs.
view_level()
{
	local keys

	keys=$(for_host "${1%.cfg}.expect" | sed 's/ .*//')
	if grep -qxE 'xen|xen\.parked' <<<"$keys"; then
		echo yes
	elif grep -qx 'xen\.paused\.taken' <<<"$keys"; then
		echo some
	else
		echo no
	fi
}

# host_of CFG: the host that it needs: MiB, sockets x cores x threads, clock, CPU flags.
# Cases with the same host share a boot.
host_of()
{
	[ "$vendor" = amd ] || { intel_host_of "$1"; return; }
	echo "$(attr "$1" host-memory 4096) $(attr "$1" host-topology 1x4x1)" \
		"$(attr "$1" host-clock instructions) $(attr "$1" host-cpu '')"
}

# repeat_boots CFG...: these cases; one that is booted N times becomes copies NAME-1 to
# NAME-N
repeat_boots()
{
	local cfg boots i name

	mkdir -p "$work/boots"
	for cfg in "$@"; do
		boots=$(attr "$cfg" boots 1)
		if [ "$boots" = 1 ]; then
			echo "$cfg"
			continue
		fi
		for i in $(seq -w "$boots"); do
			name=$work/boots/$(basename "$cfg" .cfg)-$i
			sed "s/^name *=.*/name = \"${name##*/}\"/" "$cfg" \
				>"$name.cfg"
			cp "${cfg%.cfg}.expect" "$name.expect"
			echo "$name.cfg"
		done
	done
}

# examples: the configs to copy, for a shell in dom0; not the one for libvirt, which only
# make soak fetches
examples()
{
	local cfg

	for cfg in "$top"/configs/*.cfg; do
		[ "$(xl_of "$cfg")" = libvirt ] || echo "$cfg"
	done
}

# with_shell CFG: for a shell in dom0: its Linux ends in a shell, too
with_shell()
{
	if [ -n "$shell" ] && grep -q '^kernel *= *"/boot/vmlin' "$1"; then
		sed 's/^\(extra *= *".*\)"/\1 lab.shell"/' "$1"
	else
		cat "$1"
	fi
}

cases_for_xen()
{
	local cfg first=${part%/*}

	{ all_cases; printf '%s\n' "$build"/matrix/*.cfg; } | while read -r cfg; do
		{ attr "$cfg" xen 4.17 | grep -qwF "$xen" &&
			attr "$cfg" cpu amd | grep -qwF "$vendor"; } || continue
		echo "$cfg"
	done | awk -v from="${first%-*}" -v to="${first#*-}" -v n="${part#*/}" '
		{ k = (NR - 1) % n + 1 }
		from <= k && k <= to'
}

not_built()
{
	echo "$1: not built (make lab XEN=$xen)"
}

# wrong_attributes CFG: an error for each attribute that the lab does not know
wrong_attributes()
{
	local known='xl|timeout|xen|cpu|boots|host-(memory|topology|cpu|clock)|trace|plan|end|taint'
	local topology line least=1

	# QEMU's host has a CPU for dom0 alone
	[ "$vendor" != amd ] || least=2
	{ cat "${1%.cfg}.expect" 2>/dev/null || true; } |
		sed -nE "s/^on ((4\.[0-9]+|amd|intel) )*lab /lab /
			/^lab ($known) /d; s/^lab //p" | while read -r line; do
		echo "no such attribute: lab $line"
	done
	topology=$(attr "$1" host-topology 1x4x1)
	if ! grep -qxE '[1-9][0-9]*(x[1-9][0-9]*){2}' <<<"$topology" ||
	   [ $((${topology//x/*})) -lt $least ]; then
		echo "lab host-topology $topology: want SOCKETSxCORESxTHREADS, CPUs: $least or more"
	fi
}

# case_problems CFG: what the case needs and is not built, and its wrong attributes, a line
# each
case_problems()
{
	wrong_attributes "$1"
	if [ "$(xl_of "$1")" = xl-vnuma ]; then
		[ -e "$build/xl-vnuma" ] || not_built build/xl-vnuma
		[ -e "$build/libxl-vnuma-$xen.so" ] ||
			not_built "build/libxl-vnuma-$xen.so"
	fi
	if grep -q 'shim\.elf' "$1" && [ ! -e "$build/shim.elf" ]; then
		not_built build/shim.elf
	fi
	[ -e "$build/sidecar-plan" ] || not_built build/sidecar-plan
	case $(xl_of "$1") in
	libvirt) [ -e "$lab/libvirt/.unpacked" ] ||
		echo "libvirt: not built (tests/xen/setup.sh libvirt)" ;;
	xl-nvs) [ -e "$build/xl-nvs.so" ] || not_built build/xl-nvs.so ;;
	xl-patched) [ -e "$lab/xen-$xen/patched" ] ||
		echo "libxenlight: not built (tests/xen/libxl.sh $xen)" ;;
	esac
}

# --- the files for dom0

# put_file FROM TO: if there is such a file
put_file()
{
	[ ! -e "$1" ] || install -D "$1" "$2"
}

# named FILE: by a config
named()
{
	grep -qsE "${1//./\\.}[\"']" "$work"/extra/configs/*.cfg
}

# put_boot: dom0's /boot. Kernels are large: only those that a config names.
put_boot()
{
	local boot=$work/extra/boot name

	mkdir -p "$boot"
	put_file "$build/test-kernel.elf" "$boot/test-kernel"
	put_file "$build/test-kernel-low.elf" "$boot/test-kernel-low"
	for name in vmlinux-6.1 vmlinuz-{5.10,6.1,6.1-cloud,6.12,6.12-rt,sid}; do
		named "/boot/$name" || continue
		put_file "$lab/linux-${name#*-}/${name%%-*}" "$boot/$name"
	done
	head -c 102400 "$lab/linux-6.1/vmlinuz" >"$boot/vmlinuz-truncated"
	for _ in {1..1000}; do
		echo "This is text, not a kernel."
	done >"$boot/text"
	put_file "$lab/guest.img" "$boot/initrd.img"
	put_file "$lab/grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin" "$boot/grub-pvh"
	put_ukis
	put_disks
}

# Unified kernel images that a config names
put_ukis()
{
	local name

	for name in uki uki-6.12 uki-profiles; do
		named "/boot/$name.efi" || continue
		"$here/uki.sh" "$work/extra/boot/$name.efi" "${name#uki-}"
	done
}

# Disks that a config names: dom0-bootloader reads the first, pygrub the other
put_disks()
{
	local boot=$work/extra/boot disk=$work/disk

	if named /dev/loop0; then
		mkdir -p "$disk"
		cp "$lab/linux-6.1/vmlinuz" "$disk/vmlinuz"
		cp "$lab/guest.img" "$disk/initrd"
		echo "console=hvc0 lab.of=disk" >"$disk/line"
		tar -c -C "$disk" -f "$boot/disk.tar" .
		rm -r "$disk"
	fi
	! named /dev/loop1 || "$here/pygrub.sh" "$xen" "$work/extra"
}

# put_disk CFG: /boot/NAME.disk, an ext2 that has what CFG's NAME.grub names, and
# that itself as GRUB's configuration
put_disk()
{
	local cfg=$1 name dir=$work/disk file

	name=$(basename "$cfg" .cfg)
	rm -rf "$dir"
	install -D -m 644 "${cfg%.cfg}.grub" "$dir/boot/grub/grub.cfg"
	for file in vmlinuz-6.1 vmlinuz-6.12 initrd.img shim.elf; do
		grep -qE "/boot/$file( |\$)" "${cfg%.cfg}.grub" || continue
		case $file in
		vmlinuz-*) put_file "$lab/linux-${file#*-}/vmlinuz" "$dir/boot/$file" ;;
		initrd.img) put_file "$lab/guest.img" "$dir/boot/$file" ;;
		*) put_file "$build/$file" "$dir/boot/$file" ;;
		esac
	done
	/sbin/mke2fs -q -t ext2 -m 0 -N 64 -d "$dir" "$work/extra/boot/$name.disk" \
		"$(($(du -sk --apparent-size "$dir" | cut -f 1) + 1024))k" >/dev/null
	rm -r "$dir"
}

# put_check: xen-sidecar-check as it is installed, and dom0's own Linux, as on a host
put_check()
{
	local extra=$work/extra release module

	grep -qsE '^extra *=.*[" ]check(all)?[" ]' "$extra"/configs/*.cfg || return 0
	release=$(cat "$lab/linux-6.1/release")
	cp -r "$build/check/prefix/." "$extra/usr/"
	put_file "$lab/linux-6.1/vmlinuz" "$extra/boot/vmlinuz-$release"
	put_file "$lab/headers-6.1/usr/src/linux-headers-$release/.config" \
		"$extra/boot/config-$release"
	for module in msr xen-privcmd xen-evtchn; do
		put_file "$lab/linux-6.1/modules/$module.ko" \
			"$extra/lib/modules/$release/kernel/$module.ko"
	done
}

# predict CFG...: the log that sidecar-plan predicts for each guest's shim, from the
# files that dom0 gets
predict()
{
	local cfg name word

	# the same file as in dom0-init
	for word in 0:head 39321601:body 78643199:tail; do
		printf %s "${word#*:}" | dd of="$work/extra/boot/sparse-300M" \
			bs=4 seek="${word%:*}" conv=notrunc status=none
	done
	for cfg in "$@"; do
		[ -e "${cfg%.cfg}.expect" ] || continue
		[ "$(attr "$cfg" plan '')" != none ] || continue
		name=$(basename "$cfg" .cfg)
		# shellcheck disable=SC2046 # options are words
		"$build/sidecar-plan" --log --xen "$xen" --root "$work/extra" \
			$(attr "$cfg" plan '') "$cfg" >"$logs/$name.plan" \
			2>"$logs/$name.plan-errors" || true
	done
}

# absent CFG: an error for each file that it names and the lab's dom0 lacks
absent()
{
	local key file

	sed -nE "s/^ *(kernel|ramdisk|pvshim_path|bootloader) *= *[\"']([^\"']*).*/\1 \2/p" \
		"$1" | while read -r key file; do
		if [ -e "$work/extra/$file" ] || [ "$file" = /boot/zeros-24M ]; then
			continue
		fi
		echo "lab: $key=$file: not in the lab's dom0, which has $(cd \
			"$lab" && find linux-* -maxdepth 1 -name 'vmlinu*' |
			sed 's|linux-\(.*\)/\(.*\)|/boot/\2-\1|' | sort | paste -sd ' '
			) /boot/initrd.img /boot/test-kernel and /usr/lib/xen/boot/shim.elf"
	done
}

# verdicts CFG...: what sidecar-plan says about each, and the files that dom0 lacks
verdicts()
{
	local cfg options

	for cfg in "$@"; do
		options=$(attr "$cfg" plan '')
		# shellcheck disable=SC2046,SC2086 # options are words
		"$build/sidecar-plan" --xen "$xen" --root "$work/extra" \
			${options#none} "$cfg" 2>&1 || true
		absent "$cfg"
	done
}

# pack_cases CFG...: fills $work/extra and packs it after dom0's own initramfs
pack_cases()
{
	local extra=$work/extra cfg name

	rm -rf "$extra"
	mkdir -p "$extra"/{configs,lab}
	for cfg in "$@"; do
		name=$(basename "$cfg" .cfg)
		# a guest that reboots by itself has failed and must not boot again
		{ with_shell "$cfg"; grep -q '^on_reboot' "$cfg" ||
			printf '\non_reboot = "destroy"\n'; } \
			>"$extra/configs/$name.cfg"
		put_file "${cfg%.cfg}.xml" "$extra/configs/$name.xml"
		echo "$name $(attr "$cfg" timeout 240) $(xl_of "$cfg")" \
			"$(attr "$cfg" trace no)" "$(view_level "$cfg")" \
			>>"$extra/lab/cases"
	done
	put_boot
	for cfg in "$@"; do
		[ ! -e "${cfg%.cfg}.grub" ] || put_disk "$cfg"
	done
	put_file "$build/shim.elf" "$extra/usr/lib/xen/boot/shim.elf"
	put_file "$build/fault/shim.elf" "$extra/usr/lib/xen/boot/shim-fault.elf"
	put_file "$build/libxl-vnuma-$xen.so" "$extra/usr/lib/xen/libxl-vnuma-$xen.so"
	put_file "$build/xl-nvs.so" "$extra/usr/lib/xen/xl-nvs.so"
	ln -sf "libxl-vnuma-$xen.so" "$extra/usr/lib/xen/libxl-vnuma.so"
	put_file "$build/sidecar-plan" "$extra/usr/bin/sidecar-plan"
	put_check
	put_file "$build/xl-vnuma" "$extra/usr/sbin/xl-vnuma"
	put_file "$lab/xen-$xen/patched/libxenlight.so.$xen" \
		"$extra/usr/lib/xen/patched/libxenlight.so.$xen"
	[ "$vendor" = amd ] || stage_bochs "$extra"
	[ -z "$shell" ] || touch "$extra/lab/shell"
	[ -z "$live" ] || touch "$extra/lab/live"
	(cd "$extra" && find . | cpio -o -H newc -R 0:0 --quiet) \
		>"$work/extra.img"
	if cut -d ' ' -f 3 "$extra/lab/cases" | grep -qx libvirt; then
		"$here/dom0.sh" "$xen" libvirt
		cat "$lab/xen-$xen/libvirt.img" >>"$work/extra.img"
	fi
	cat "$lab/xen-$xen/dom0.img" "$work/extra.img" >"$work/initrd.img"
	[ -n "$shell" ] || predict "$@"
}
