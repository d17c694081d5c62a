# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by run.sh, whose variables it uses: the host with an Intel CPU, which Bochs
# emulates. GRUB boots Xen from an ISO image. dom0's messages come over the second serial
# port; Xen's log is Bochs' standard output. Run setup.sh with intel first.
# shellcheck disable=SC2154,SC2034 # run.sh's

bochs=$lab/bochs

bochs_ready()
{
	[ -e "$bochs/.ready" ] ||
		fail "no Intel CPU: $(cat "$lab/bochs.why" 2>/dev/null || echo not set up) (tests/xen/setup.sh $xen intel)"
}

# stage_bochs EXTRA: changes to dom0's files: the host has one CPU, which dom0 and the
# guests share, whatever a config says
stage_bochs()
{
	mkdir -p "$1/etc/xen"
	: >"$1/etc/xen/xl.conf"
	sed -i '/^cpus *= *\[[^]]*$/,/\]/d; /^cpus *=/d' "$1"/configs/*.cfg
}

# intel_attr CFG KEY DEFAULT: an attribute of the host is about QEMU's host unless its
# line starts with `on intel`
intel_attr()
{
	local value

	value=$({ cat "${1%.cfg}.expect" 2>/dev/null || true; } |
		sed -n "s/^on intel lab $2 \+//p" | tail -n 1)
	echo "${value:-$3}"
}

# intel_host_of CFG: the host that it needs: MiB, sockets x cores x threads, the clock
# (there is only one), Bochs' name of the CPU. Cases with the same host share a boot.
intel_host_of()
{
	echo "$(intel_attr "$1" host-memory 3072)" \
		"$(intel_attr "$1" host-topology 1x1x1) instructions" \
		"$(intel_attr "$1" host-cpu corei7_haswell_4770)"
}

# Xen's command line. Bochs' BIOS has no SRAT, so Xen makes up the nodes, and dom0 gets
# its memory from one of them. With all mitigations Xen hides AVX on a Skylake.
bochs_xen_options()
{
	echo "console=xen loglvl=all guest_loglvl=all conring_size=1m bootscrub=no" \
		"numa=fake=2 dom0_nodes=1 dom0_mem=1000M dom0_max_vcpus=1" \
		"sched_credit2_migrate_resist=0 spec-ctrl=gds-mit=no"
}

bochs_dom0_options()
{
	echo "console=hvc0 rdinit=/init quiet swiotlb=1024 init_on_alloc=0" \
		"cryptomgr.notests mitigations=off lab.words=/dev/ttyS1"
}

# GRUB takes the first word of each line for the file's name.
bochs_grub_cfg()
{
	cat <<-END
	serial --unit=0 --speed=115200
	terminal_output serial
	multiboot2 /boot/xen xen $(bochs_xen_options)
	module2 /boot/vmlinux vmlinux $(bochs_dom0_options)
	module2 --nounzip /boot/initrd initrd
	boot
	END
}

# cut_kernel IN OUT: a vmlinux without its zeros, the .bss in its last segment, as GRUB
# reads slowly through the BIOS. ELF-64: program headers, e_shoff, e_shnum, e_shstrndx,
# p_offset, p_filesz.
cut_kernel()
{
	local in=$1 out=$2.$$ bss index offset

	bss=$((16#$(readelf -SW "$in" | sed -n 's/.* \.bss *NOBITS *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')))
	read -r index offset < <(readelf -lW "$in" |
		awk '$1 == "LOAD" { print n++ + 0, $2 }' | tail -n 1)
	head -c "$bss" "$in" >"$out"
	elf_number "$out" 40 8 0
	elf_number "$out" 60 4 0
	elf_number "$out" $((64 + 56 * index + 32)) 8 $((bss - offset))
	mv "$out" "$2"
}

# elf_number FILE OFFSET BYTES VALUE: writes a little-endian number
elf_number()
{
	local i bytes=

	for ((i = 0; i < $3; i++)); do
		bytes+=$(printf '\\x%02x' $(($4 >> i * 8 & 255)))
	done
	# shellcheck disable=SC2059 # escapes
	printf "$bytes" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

bochs_iso()
{
	[ "$bochs/vmlinux" -nt "$lab/linux-6.1/vmlinux" ] ||
		cut_kernel "$lab/linux-6.1/vmlinux" "$bochs/vmlinux"
	bochs_grub_cfg >"$work/grub.cfg"
	LD_LIBRARY_PATH=$bochs/root/usr/lib/x86_64-linux-gnu \
		"$bochs/root/usr/bin/xorriso" -as mkisofs -quiet -R -graft-points \
		-b boot/grub.img -no-emul-boot -boot-load-size 4 -boot-info-table \
		-o "$work/iso" "boot/grub.img=$bochs/grub.img" \
		"boot/grub/grub.cfg=$work/grub.cfg" "boot/xen=$lab/xen-$xen/xen" \
		"boot/vmlinux=$bochs/vmlinux" "boot/initrd=$work/initrd.img" \
		>"$work/iso.log" 2>&1 || fail "no ISO image: $(tail -n 1 "$work/iso.log")"
}

# bochsrc MEMORY TOPOLOGY MODEL: Bochs' configuration. File names have no folder, as
# Bochs ends a name at a comma. Time is the number of instructions, 200 in a microsecond,
# however busy this machine is.
bochsrc()
{
	cat <<-END
	config_interface: textconfig
	display_library: nogui
	memory: guest=$1, host=$1, block_size=2048
	romimage: file=share/bochs/BIOS-bochs-latest
	vgaromimage: file=share/vgabios/vgabios.bin
	ata0-master: type=cdrom, path=iso, status=inserted
	boot: cdrom
	pci: enabled=1, chipset=i440fx
	cpu: model=$3, count=${2//x/:}, ips=200000000, reset_on_triple_fault=0, ignore_bad_msrs=1
	clock: sync=none, time0=utc
	com1: enabled=1, mode=file, dev=grub
	com2: enabled=1, mode=file, dev=words
	port_e9_hack: enabled=1
	log: bochs.log
	panic: action=fatal
	error: action=ignore
	info: action=ignore
	debug: action=ignore
	END
}

# start_bochs MEMORY TOPOLOGY CLOCK MODEL
start_bochs()
{
	bochs_iso
	bochsrc "$1" "$2" "$4" >"$work/bochsrc"
	: >"$work/words"
	: >"$work/xen"
	ln -sfn "$bochs/root/usr/share" "$work/share"
	(cd "$work" && exec timeout -k 5 "$(total_time)" "$bochs/bochs" -q \
		-f bochsrc) </dev/null >"$work/xen" 2>"$work/qemu.err" &
	qemu=$!
}
