# shellcheck shell=sh disable=SC2154,SC2034 # variables are xen-sidecar-check's
# SPDX-License-Identifier: MIT
# Sourced by xen-sidecar-check: the Linux that its guest boots, dom0's own, and the initrd.

find_linux()
{
	release=$(uname -r)
	modules=$root/lib/modules/$release
	config=$root/boot/config-$release
	if [ -z "$linux" ]; then
		linux=$root/boot/vmlinuz-$release
		return
	fi
	[ -r "$linux" ] || fail "--kernel=$linux: cannot be read"
	linux=$(readlink -f "$linux")
	case $linux in
	*[\"\'\|\&\\]*) fail "--kernel=$linux: its path has a character that no config can have" ;;
	esac
	release=${linux##*/}
	release=${release#vmlinuz-}
	modules=$root/lib/modules/$release
	config=${linux%/*}/config-$release
}

# no_linux: why this Linux cannot be booted as a PVH guest
no_linux()
{
	if [ ! -r "$linux" ]; then
		echo "$linux: not there (--kernel=FILE names another)"
	elif [ -r "$config" ] && ! grep -qx CONFIG_XEN_PVH=y "$config"; then
		echo "$linux was built without CONFIG_XEN_PVH (--kernel=FILE names another)"
	else
		no_modules
	fi
}

# find_module NAME: its file; nothing if it is not there
find_module()
{
	find "$modules/" -name "$1.ko*" 2>/dev/null | head -n 1
}

# has_module NAME: as a file, or in the kernel itself
has_module()
{
	[ -n "$(find_module "$1")" ] ||
		grep -qs "/$1\.ko\$" "$modules/modules.builtin"
}

# is_module NAME: its file can be unpacked, to an ELF file; or it is in the kernel
is_module()
{
	[ -z "$(find_module "$1")" ] ||
		[ "$(unpack_module "$1" 2>/dev/null | head -c 4 | tail -c 3)" = ELF ]
}

no_modules()
{
	for module in msr xen-privcmd; do
		has_module $module || {
			echo "$modules: no module $module"
			return
		}
		is_module $module || {
			echo "$(find_module $module): cannot be unpacked"
			return
		}
	done
}

# unpack_module NAME: to standard output; nothing if it is in the kernel
unpack_module()
{
	file=$(find_module "$1")
	case $file in
	'') ;;
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -qdc "$file" ;;
	*.gz) gzip -dc "$file" ;;
	*) cat "$file" ;;
	esac
}

# pad SIZE: zeros up to a multiple of 4
pad()
{
	head -c $(((4 - $1 % 4) % 4)) /dev/zero
}

# entry NAME MODE [FILE]: of a cpio archive, format newc
# (Linux, Documentation/driver-api/early-userspace/buffer-format.rst)
entry()
{
	size=0
	[ $# -lt 3 ] || size=$(($(wc -c <"$3")))
	inode=$((${inode:-0} + 1))
	length=$((${#1} + 1))
	printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\000' \
		$inode $(($2)) 0 0 1 0 $size 0 0 0 0 $length 0 "$1"
	pad $((110 + length))
	[ $# -lt 3 ] || cat "$3"
	pad $size
}

make_initrd()
{
	for name in dev proc sys modules; do
		entry $name 040755
	done
	entry init 0100755 "$data/init"
	entry sidecarctl 0100755 "$data/sidecarctl"
	entry hello.job 0100644 "$data/hello.job"
	for module in msr xen-privcmd xen-evtchn; do
		[ -n "$(find_module $module)" ] || continue
		unpack_module $module >"$work/module.ko" || continue
		entry "modules/$module.ko" 0100644 "$work/module.ko"
	done
	entry 'TRAILER!!!' 0
}
