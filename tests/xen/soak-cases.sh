# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by soak.sh, whose variables it uses: the cases of make soak. Those that are
# copies of others are written to the folder $out.
# shellcheck disable=SC2154 # soak.sh's

# share_of N: N divided by SOAK, but at least 1
share_of()
{
	echo $(($1 > share ? $1 / share : 1))
}

# copy CASE NAME [SED]: a case under another name
copy()
{
	local cfg

	cfg=$(find_case "$1")
	sed -e "s/^name = .*/name = \"$2\"/" -e "${3:-}" "$cfg" >"$out/$2.cfg"
	cp "${cfg%.cfg}.expect" "$out/$2.expect"
	# the original is compared with what sidecar-plan predicts; copies are not
	echo 'lab plan none' >>"$out/$2.expect"
}

# 1,000 rounds divided by SOAK, spread over the guests: on CPU 2 of each, alternating
# between the two Linux versions
write_rounds()
{
	local many rounds i linux

	many=$(share_of 10)
	rounds=$(($(share_of 1000) / many))
	for i in $(seq -w "$many"); do
		linux=6.1
		[ $((10#$i % 2)) = 1 ] || linux=6.12
		copy sidecarctl "rounds-$i" "s/lab.parts=[^ ]*/lab.parts=load,rounds/
			s/lab.rounds=[0-9]*/lab.rounds=$rounds/; s/lab.both=[0-9,]*/lab.both=2/
			s/vmlinux-6.1\"/vmlinuz-$linux\"/"
		cat >"$out/rounds-$i.expect" <<-END
		lab timeout 3600
		lab host-clock real
		lab plan none
		lab taint S
		ctl.both.2 = ok $rounds
		dmesg.rounds = 0
		online = 0-1
		xen.paused.taken = 6
		END
	done
	copy sidecarctl rounds-at-once 's/lab.parts=[^ ]*/lab.parts=load,at_once/
		s/lab.rounds=[0-9]*/lab.rounds=30/'
	cat >"$out/rounds-at-once.expect" <<-'END'
	lab timeout 3600
	lab host-clock real
	lab plan none
	lab taint S
	ctl.at_once.2 = ok 30
	ctl.at_once.6 = ok 30
	ctl.at_once.7 = ok 30
	dmesg.at_once = 0
	END
}

write_many()
{
	copy boots boot
	echo "lab boots $(share_of 200)" >>"$out/boot.expect"
	# far more vCPUs than CPUs
	copy vcpus-64 overcommitted
	printf 'lab %s\n' "boots $(share_of 100)" 'host-topology 1x2x1' \
		>>"$out/overcommitted.expect"
	copy xl-actions actions
	echo "lab boots $(share_of 10)" >>"$out/actions.expect"
	copy sidecarctl pings 's/lab.parts=[^ ]*/lab.parts=load,ping/
		s/lab.pings=[0-9]*/lab.pings=10000/'
	cat >"$out/pings.expect" <<-'END'
	lab timeout 3600
	lab plan none
	ctl.pings ~ ^0 $
	ctl.pings.said ~ : 10000 pings,
	END
}

# Saved and restored as they were booted by a unified kernel image and a bootloader
write_saves()
{
	local name

	for name in uki bootloader; do
		copy $name $name-save 's/lab.parts=[^"]*/lab.parts=load,save lab.both=2,7,4/
			s/vcpus = 4/vcpus = 8/'
		cat >"$out/$name-save.expect" <<-'END'
		lab timeout 900
		lab plan none
		lab taint S
		ctl.saved.before ~ ^0 $
		do.save = ok
		xen.paused.restored = 7
		job.saved.hello ~ ^0 .*: job: done after
		saved.both = ok
		dmesg.save = 0
		END
	done
}

# A client and a job that ring each other, and the driver's job, go on where their guest is
# migrated
write_migrate()
{
	copy jobs-rung migrations "s/lab.parts=[^\"]*/lab.parts=load,rung_saves \
lab.both=1,2,3 lab.how=migrate lab.saves=$(share_of 100)/"
	cat >"$out/migrations.expect" <<-'END'
	lab timeout 3600
	lab plan none
	lab taint S
	do.migrate = ok
	do.migrate !~ failed
	trips ~ ^[1-9][0-9]{2,} trips, 0 wrong, the longest below 1 s, TSC jumped by [0-9]{3,} ms$
	trips ~ ^[1-9][0-9]{2,} answers, [1-9][0-9]{2,} rung of [0-9]+ waits$
	trips.exit = 0
	dmesg.rung_saves = 0
	END
	copy driver-save driver-migrate 's/lab.how=[^ ]*/lab.how=migrate/'
	cat >"$out/driver-migrate.expect" <<-'END'
	lab timeout 900
	lab plan none
	lab taint OE
	driver.loaded = 0  6 vCPUs
	do.migrate = ok
	hold.migrate ~ ^0 runs\|result 0 ret [1-9][0-9]* 42 \|ok\|$
	drive.saved.2 ~ ^0 hello from vCPU 1, .*\|ok\|$
	drive.saved.bell ~ ^0 result 0 ret (19|20) [0-9]+ \|ok\|$
	dmesg.driver_save = 0
	END
}

# A CPU with posted interrupts, PML and TSC scaling; two CPUs, so vCPUs run in parallel
write_skylake()
{
	local name

	for name in jobs two-nodes 48-vcpus sidecarctl sidecarctl-jobs; do
		copy "$name" "$name-skylake"
		printf 'on intel lab %s\n' 'host-cpu corei7_skylake_x' \
			'host-topology 1x2x1' >>"$out/$name-skylake.expect"
	done
	# this CPU has AVX-512, for jobs too
	cat >>"$out/jobs-skylake.expect" <<-'END'
	on intel get.xcr0 = 0 0xe7
	on intel job.clean ~ ^state 1 result 0 ret 0 0x2 0x
	on intel job.clean.again ~ ^state 1 result 0 ret 0 0x2 0x
	END
}

# Each further Linux: CPUs that it onlines and offlines by itself, and rounds of a
# vCPU to Linux and back with a job. Appends those that could not be had to $left_out.
write_linuxes()
{
	local linux

	for linux in 5.10 6.1-cloud 6.12-rt sid; do
		[ -e "$top/build/lab/linux-$linux/.unpacked" ] || {
			left_out+=" Linux-$linux"
			continue
		}
		copy two-nodes "two-nodes-$linux" "s/vmlinuz-6.1\"/vmlinuz-$linux\"/"
		sed -i '/^kernel ~/d' "$out/two-nodes-$linux.expect"
		copy sidecarctl "rounds-$linux" "s/vmlinux-6.1\"/vmlinuz-$linux\"/
			s/lab.parts=[^ ]*/lab.parts=load,hello,rounds,at_once/"
		cat >"$out/rounds-$linux.expect" <<-'END'
		lab timeout 480
		lab taint S
		lab plan none
		job.hello ~ ^0
		job.hello.done = 6
		ctl.both.2 = ok 3
		ctl.both.6 = ok 3
		ctl.both.7 = ok 3
		dmesg.rounds = 0
		ctl.at_once.2 = ok 3
		ctl.at_once.6 = ok 3
		ctl.at_once.7 = ok 3
		dmesg.at_once = 0
		online = 0-1
		END
	done
	[ -e "$top/build/lab/linux-sid/.unpacked" ] || return 0
	if [ -e "$top/build/lab/headers-sid/kdir" ]; then
		copy driver driver-sid 's/vmlinuz-6.1"/vmlinuz-sid"/'
	else
		left_out+=" driver-sid"
	fi
}

# The cases that are no copies, below configs/ and in the matrix, but those in $left_out: a
# path each. On the usual Xen and CPU only those that take too long for make test.
more_cases()
{
	local cfg

	"$here/matrix.sh"
	{ all_cases; printf '%s\n' "$top"/build/matrix/*.cfg; } | while read -r cfg; do
		[[ "$left_out " != *" $(basename "$cfg" .cfg) "* ]] || continue
		! is_usual || grep -qx 'lab xen soak' "${cfg%.cfg}.expect" || continue
		echo "$cfg"
	done
}

# write_cases: all of them; sets $left_out
write_cases()
{
	local name

	rm -rf "$out"
	mkdir -p "$out"
	left_out=
	write_many
	write_rounds
	for name in sidecarctl sidecarctl-jobs sidecarctl-save driver-save driver-storm jobs-alone xl-actions \
		xl-destroy xl-dump xl-reboot panic-dump hotplug hotplug-save uki; do
		copy $name $name-6.12 's/vmlinu[xz]-6.1"/vmlinuz-6.12"/
			s/uki.efi"/uki-6.12.efi"/'
		sed -i 's/^kernel ~.*/kernel ~ ^6\\.12\\./' "$out/$name-6.12.expect"
	done
	write_saves
	write_migrate
	[ "$vendor" != intel ] || write_skylake
	write_linuxes
	# Debian 12's libvirt is for its Xen 4.17
	if [ "$xen" != 4.17 ] || ! "$here/setup.sh" libvirt; then
		left_out+=" libvirt"
	fi
	[ -e "$top/build/rust.elf" ] && [ -e "$top/build/fortran.elf" ] ||
		left_out+=" jobs-languages"
	"$here/libxl.sh" "$xen" || left_out+=" xl-patched xl-patched-shim"
}
