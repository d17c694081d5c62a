#!/bin/bash
# SPDX-License-Identifier: MIT
# What 11_xen_sidecar adds to GRUB's configuration: Debian's grub-mkconfig with its own
# 00_header and 10_linux in a root of fake kernels, and what GRUB's parser says of it.
# Usage: test_grub.sh BUILD_DIR, in which lab/grub is
set -euo pipefail

cd "$(dirname "$0")/../.."
build=$(realpath "$1")
grub=$build/lab/grub
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
config=$root/etc/default/grub.d/xen-sidecar.cfg
enter=(chroot)
[ "$(id -u)" = 0 ] || enter=(unshare -r chroot)

fail()
{
	echo "FAIL grub: $*"
	cat "$root/errors" "$root/grub.cfg" 2>/dev/null || true
	exit 1
}

# tool PATH: a command of the root; its lines come by stdin
tool()
{
	{ echo '#!/bin/sh'; cat; } >"$root$1"
	chmod 755 "$root$1"
}

make_root()
{
	mkdir -p "$root"/{bin,usr/bin,usr/sbin,usr/share/grub,etc/grub.d,boot,proc} \
		"$root/etc/default/grub.d" "$root/dev/disk/by-uuid"
	: >"$root/dev/null"
	chmod 666 "$root/dev/null"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for name in $(busybox --list | grep -vx busybox); do
		ln -sf busybox "$root/bin/$name"
	done
	cp "$grub/usr/sbin/grub-mkconfig" "$root/usr/sbin/"
	cp "$grub/usr/share/grub/grub-mkconfig_lib" "$root/usr/share/grub/"
	cp "$grub"/etc/grub.d/{00_header,10_linux} "$root/etc/grub.d/"
	sed 's|@BOOTDIR@|/boot|' sidecar/install/11_xen_sidecar.in |
		install -m 755 /dev/stdin "$root/etc/grub.d/11_xen_sidecar"
	echo 'GRUB_DISTRIBUTOR=Debian' >"$root/etc/default/grub"
	cat >>"$root/etc/default/grub" <<-'END'
	GRUB_TERMINAL=console
	GRUB_CMDLINE_LINUX="console=hvc0"
	GRUB_CMDLINE_LINUX_DEFAULT="quiet"
	END
	cp sidecar/install/xen-sidecar.cfg "$config"
	# shellcheck disable=SC2016 # theirs
	tool /usr/sbin/grub-probe <<-'END'
	case "$*" in
	*--target=device*) echo /dev/xvda1 ;;
	*fs_uuid*) echo 0123-4567 ;;
	*--target=fs*) echo ext2 ;;
	*partmap*) echo gpt ;;
	esac
	END
	# shellcheck disable=SC2016
	echo 'echo "$1"' | tool /usr/bin/grub-mkrelpath
	# shellcheck disable=SC2016 # --compare-versions A gt B
	tool /usr/bin/dpkg <<-'END'
	[ "$({ echo "$2"; echo "$4"; } | sort -V | tail -n 1)" = "$2" ]
	END
	: >"$root/dev/disk/by-uuid/0123-4567"
}

# kernel VERSION PVH [INITRD]
kernel()
{
	: >"$root/boot/vmlinuz-$1"
	[ -z "$2" ] || echo "CONFIG_XEN_PVH=$2" >"$root/boot/config-$1"
	[ -z "${3-}" ] || : >"$root/boot/initrd.img-$1"
}

run()
{
	"${enter[@]}" "$root" /bin/sh /usr/sbin/grub-mkconfig >"$root/grub.cfg" \
		2>"$root/errors" </dev/null || fail "grub-mkconfig: $?"
	LD_LIBRARY_PATH=$grub/usr/lib/x86_64-linux-gnu:$grub/lib/x86_64-linux-gnu \
		"$grub/usr/bin/grub-script-check" "$root/grub.cfg" ||
		fail "grub-script-check"
	sed -n '/BEGIN .*11_xen_sidecar/,/END .*11_xen_sidecar/p' "$root/grub.cfg" |
		sed '1d; $d' >"$root/ours"
}

# has N REGEX: so many lines of ours
has()
{
	[ "$(grep -cE -e "$2" "$root/ours")" = "$1" ] || fail "not $1 times: $2"
}

make_root
kernel 6.1.0-9-amd64 y initrd
kernel 6.1.0-50-amd64 y initrd
run
[ ! -s "$root/ours" ] || fail "entries without a shim"

# The newest first; nothing but GRUB for PVH sees them, and none is the default.
: >"$root/boot/shim.elf"
run
# shellcheck disable=SC2016 # GRUB's
[ "$(head -n 1 "$root/ours")" = 'if [ "$grub_platform" = xen_pvh ]; then' ] ||
	fail "for all platforms"
[ "$(tail -n 1 "$root/ours")" = "fi" ] || fail "no fi"
has 2 '^menuentry '
[ "$(grep -m 1 menuentry "$root/ours")" = "menuentry 'Debian, with Linux 6.1.0-50-amd64 and parked vCPUs' --class gnu-linux --class os --id 'xen-sidecar-6.1.0-50-amd64' {" ] ||
	fail "first entry"
has 2 '^	multiboot2 /boot/shim\.elf $'
has 1 '^	module2 /boot/vmlinuz-6\.1\.0-9-amd64 root=UUID=0123-4567 ro console=hvc0 quiet$'
has 1 '^	module2 --nounzip /boot/initrd\.img-6\.1\.0-9-amd64$'
has 2 'search .*0123-4567$'
has 0 'set default'
# The usual entries are there as ever.
grep -q '^	*linux	/boot/vmlinuz-6.1.0-9-amd64 ' "$root/grub.cfg" ||
	fail "no usual entry"

# A kernel without an initrd, one that no config is known of, and one that is not for
# PVH; what is no kernel; the admin's words.
kernel 6.12.1 ''
kernel 7.0.0-rhel n initrd
: >"$root/boot/vmlinuz-6.1.0-9-amd64.dpkg-new"
sed -i 's/^GRUB_SIDECAR_OPTIONS=.*/GRUB_SIDECAR_OPTIONS="sidecar.scratch=8M -- a"/
	s/^GRUB_SIDECAR_DEFAULT=.*/GRUB_SIDECAR_DEFAULT=yes/' "$config"
run
has 3 '^menuentry '
has 3 '^	multiboot2 /boot/shim\.elf sidecar\.scratch=8M -- a$'
has 1 '^	module2 /boot/vmlinuz-6\.12\.1 root=/dev/xvda1 ro '
has 0 '7\.0\.0'
grep -q 'vmlinuz-7.0.0-rhel: no CONFIG_XEN_PVH=y' "$root/errors" ||
	fail "7.0.0: not said"
has 1 "^if \[ -z \"\\\$boot_once\" \]; then set default='xen-sidecar-6\.12\.1'; fi$"

# What GRUB would make of a name with a quote in it
echo "GRUB_DISTRIBUTOR=\"Bob's\"" >>"$root/etc/default/grub"
run
has 3 "^menuentry 'Bob'\\\\''s, with"

rm "$root"/boot/vmlinuz-*
run
[ ! -s "$root/ours" ] || fail "entries without a kernel"
echo "  11_xen_sidecar: what grub-mkconfig makes of it is right"
