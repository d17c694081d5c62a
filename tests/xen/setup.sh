#!/bin/bash
# SPDX-License-Identifier: MIT
# Sets up what the lab needs on Debian 12. Tools are installed on this machine; Xen, its
# tools and headers and both Linux kernels are unpacked in build/lab/, and QEMU and Bochs
# are built there. Quick if all of it is there.
# Usage: setup.sh 4.17|4.20 [intel]  what the lab needs for that Xen; intel: Bochs, too,
#                       or a line that says why it cannot be set up
#        setup.sh headers    what the build needs
#        setup.sh check      what make check needs
#        setup.sh driver     what make driver needs, for each kernel of the lab; a line
#                       for each that can't be had
#        setup.sh driver-more  the same for Debian sid, and Linux's check of style
#        setup.sh soak       that, Linux of other Debians, and compilers of other languages, for
#                       make soak; a line for each that can't be had
#        setup.sh deb        what make deb and make test-deb need
#        setup.sh libvirt    what configs/libvirt.cfg needs besides (make soak)
#        setup.sh cbmc       CBMC, for make prove
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
lab=$top/build/lab
mirror=${LAB_MIRROR:-http://deb.debian.org}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail()
{
	echo "setup: $*" >&2
	exit 1
}

once()
{
	"$@" >>"$lab/setup.log" 2>&1
}

retry()
{
	local i

	for i in 1 2 3 4; do
		once "$@" && return 0
		sleep $((i * 3))
	done
	return 1
}

# Pairs COMMAND=PACKAGE or FILE=PACKAGE of this machine
build_tools="gcc=gcc ld=binutils xz=xz-utils /usr/include/stdint.h=libc6-dev"
check_tools="g++=g++ clang=clang clang-format=clang-format cppcheck=cppcheck
	shellcheck=shellcheck iasl=acpica-tools git=git spin=spin
	python3=python3
	qemu-system-x86_64=qemu-system-x86
	/usr/include/cmocka.h=libcmocka-dev
	mandoc=mandoc pkg-config=pkg-config systemd-analyze=systemd
	/usr/lib/gcc/x86_64-linux-gnu/12/libasan.so=libgcc-12-dev
	/usr/lib/llvm-14/lib/clang/14.0.6/include/sanitizer=libclang-rt-14-dev"
host_tools="g++=g++ qemu-system-x86_64=qemu-system-x86 cpio=cpio xz=xz-utils
	/sbin/mke2fs=e2fsprogs
	zstd=zstd readelf=binutils od=coreutils /bin/busybox=busybox-static
	udevadm=udev python3=python3"
qemu_tools="gcc=gcc ninja=ninja-build meson=meson pkg-config=pkg-config
	python3=python3 patch=patch dpkg-source=dpkg-dev
	/usr/include/stdint.h=libc6-dev /usr/include/zlib.h=zlib1g-dev
	/usr/include/glib-2.0/glib.h=libglib2.0-dev
	/usr/include/pixman-1/pixman.h=libpixman-1-dev
	/usr/include/libfdt.h=libfdt-dev"
bochs_tools="g++=g++ make=make readelf=binutils
	/usr/include/stdint.h=libc6-dev"
deb_tools="/usr/share/build-essential/list=build-essential
	dpkg-buildpackage=dpkg-dev dh=debhelper dh_dkms=dh-dkms lintian=lintian make=make
	git=git unshare=util-linux /bin/busybox=busybox-static"

host_missing()
{
	local pair

	for pair in $1; do
		command -v "${pair%%=*}" >/dev/null ||
			[ -e "${pair%%=*}" ] || echo "${pair##*=}"
	done
	[ -r $keyring ] || echo debian-archive-keyring
	# The other busybox package needs libraries: no use in an initramfs.
	if [[ $1 = *busybox* ]] && command -v busybox >/dev/null &&
	   readelf -d "$(command -v busybox)" 2>/dev/null | grep -q NEEDED; then
		echo busybox-static
	fi
}

# need_apt WHAT: fails without apt-get; WHAT is then reported as missing
need_apt()
{
	command -v apt-get >/dev/null || fail "missing: $1(no apt-get here)"
}

host_install()
{
	local list

	list=$(host_missing "$1" | sort -u | tr '\n' ' ')
	[ -n "$list" ] || return 0
	[ "$(id -u)" = 0 ] || fail "missing: ${list}(root is needed to install)"
	need_apt "$list"
	echo "setup: installing $list"
	retry apt-get update || true
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive retry apt-get install -y \
		-o DPkg::Lock::Timeout=600 --no-install-recommends $list ||
		fail "missing: ${list}(apt-get failed, see build/lab/setup.log)"
}

# apt_conf SUITE: a state of apt for each release; this machine's own stays as it is
apt_conf()
{
	local dir=$lab/apt/$1

	cat <<-END
	Dir::State "$dir/state";
	Dir::State::status "$dir/status";
	Dir::Cache "$dir/cache";
	Dir::Etc::sourcelist "$dir/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	APT::Architecture "amd64";
	APT::Architectures "amd64";
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	END
}

apt_prepare()
{
	local suite=$1 dir=$lab/apt/$1 opt="[signed-by=$keyring]"

	# the lists of a tree that was moved are elsewhere
	[ ! -e "$dir/ready" ] ||
		[ "$(cat "$dir/apt.conf")" != "$(apt_conf "$suite")" ] || return 0
	need_apt "Debian's packages "
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	apt_conf "$suite" >"$dir/apt.conf"
	echo "deb $opt $mirror/debian $suite main" >"$dir/sources.list"
	[ "$suite" = sid ] || echo "deb $opt $mirror/debian-security $suite-security main" \
		>>"$dir/sources.list"
	# the source of QEMU
	if [ "$suite" = bookworm ]; then
		sed -i 'p; s/^deb /deb-src /' "$dir/sources.list"
	fi
	echo "setup: package lists of Debian $suite"
	retry env APT_CONFIG="$dir/apt.conf" apt-get update \
		-o APT::Update::Error-Mode=any ||
		fail "cannot read Debian $suite from $mirror (build/lab/setup.log)"
	touch "$dir/ready"
}

# fetch SUITE DIR COMMAND...: apt-get COMMAND in the empty folder DIR. Lists may be too
# old: then once more with new ones.
fetch()
{
	local suite=$1 dir=$2 try

	shift 2
	rm -rf "$dir"
	mkdir -p "$dir"
	for try in once retry; do
		apt_prepare "$suite"
		! (cd "$dir" && "$try" env APT_CONFIG="$lab/apt/$suite/apt.conf" \
			apt-get "$@") || return 0
		rm -f "$lab/apt/$suite/ready"
	done
	return 1
}

# download SUITE DIR PACKAGE...: afterwards DIR has these .debs and nothing else
download()
{
	local suite=$1 dir=$2

	shift 2
	echo "setup: fetching from $suite: $*"
	fetch "$suite" "$dir" download "$@" ||
		fail "cannot fetch $* (build/lab/setup.log)"
}

# unpack_all DEBDIR ROOT
unpack_all()
{
	local deb

	mkdir -p "$2/usr/lib" "$2/usr/lib64" "$2/usr/sbin" "$2/usr/bin"
	for deb in lib lib64 sbin bin; do
		[ -e "$2/$deb" ] || ln -s "usr/$deb" "$2/$deb"
	done
	for deb in "$1"/*.deb; do
		dpkg-deb -x "$deb" "$2"
	done
	rm -r "$1"
}

suite_of()
{
	case $1 in
	4.17) echo bookworm ;;
	4.20) echo trixie ;;
	*) fail "Xen $1: not known (want 4.17 or 4.20)" ;;
	esac
}

xen_headers()
{
	local root=$lab/xen-$1 libs="call1 devicemodel1 evtchn1 foreignmemory1
		gnttab1 hypfs1 store4 toolcore1 toollog1"

	[ ! -e "$root/.headers" ] || return 0
	# shellcheck disable=SC2046,SC2086 # a list of words
	download "$(suite_of "$1")" "$lab/debs-$1" libxen-dev \
		"libxenmisc$1" $(printf 'libxen%s ' $libs)
	unpack_all "$lab/debs-$1" "$root"
	touch "$root/.headers"
}

xen_tools()
{
	local root=$lab/xen-$1 libs="libc6 libyajl2 libuuid1 zlib1g liblzma5
		libzstd1 libgcc-s1 libfdt1 libnl-3-200 libnl-route-3-200
		libbz2-1.0 liblzo2-2 libsystemd0 libcap2"

	[ ! -e "$root/.tools" ] || return 0
	if [ "$1" = 4.20 ]; then
		libs="$libs libjson-c5"
	fi
	# shellcheck disable=SC2086 # a list of words
	download "$(suite_of "$1")" "$lab/debs-$1" "xen-utils-$1" \
		"xen-hypervisor-$1-amd64" xen-utils-common xenstore-utils $libs
	unpack_all "$lab/debs-$1" "$root"
	gzip -dc "$root/boot/xen-$1-amd64.gz" >"$root/xen"
	touch "$root/.tools"
}

# Debian 13's CBMC; bookworm has 5.x. It runs with the libraries of its own release, while
# gcc, which it calls for its preprocessor, is this machine's.
cbmc()
{
	local root=$lab/cbmc

	[ ! -e "$root/run" ] || return 0
	rm -rf "$root"
	download trixie "$lab/debs-cbmc" cbmc minisat libc6 libgcc-s1 libstdc++6 \
		zlib1g
	unpack_all "$lab/debs-cbmc" "$root"
	cat >"$root/run.new" <<-'END'
	#!/bin/sh
	usr=${0%/*}/usr
	lib=$usr/lib/x86_64-linux-gnu
	exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$usr/lib" \
		"$usr/bin/cbmc" "$@"
	END
	chmod 755 "$root/run.new"
	"$root/run.new" --version >>"$lab/setup.log" 2>&1 ||
		fail "CBMC does not run (build/lab/setup.log)"
	mv "$root/run.new" "$root/run"
}

# Debian 12's libvirt for its Xen 4.17, and the libraries that it is linked to; the
# first three are what is run.
libvirt()
{
	local root=$lab/libvirt

	[ ! -e "$root/.unpacked" ] || return 0
	# shellcheck disable=SC2046 # a list of words
	download bookworm "$lab/debs-libvirt" libvirt-daemon libvirt-clients \
		libvirt-daemon-driver-xen libvirt0 $(printf 'lib%s ' acl1 \
		apparmor1 audit1 blkid1 brotli1 cap-ng0 com-err2 curl3-gnutls \
		ffi8 glib2.0-0 gmp10 gnutls30 gssapi-krb5-2 hogweed6 icu72 \
		idn2-0 k5crypto3 keyutils1 krb5-3 krb5support0 ldap-2.5-0 \
		mount1 nettle8 nghttp2-14 numa1 p11-kit0 pcre2-8-0 psl5 \
		readline8 rtmp1 sasl2-2 selinux1 ssh-4 ssh2-1 ssl3 stdc++6 \
		tasn1-6 tinfo6 tirpc3 unistring2 xml2)
	rm -rf "$root"
	unpack_all "$lab/debs-libvirt" "$root"
	touch "$root/.unpacked"
}

# field FILE OFFSET BYTES: a little-endian number
field()
{
	od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# extract_vmlinux BZIMAGE OUT: the ELF in it, compressed by xz (Linux's boot.rst:
# setup_sects, payload_offset, payload_length)
extract_vmlinux()
{
	local sects offset length

	sects=$(field "$1" $((0x1f1)) 1)
	offset=$(($(field "$1" $((0x248)) 4) + (sects + 1) * 512))
	length=$(field "$1" $((0x24c)) 4)
	# The last 4 bytes are the unpacked size and not part of the xz stream.
	tail -c +$((offset + 1)) "$1" | head -c $((length - 4)) |
		xz -dc >"$2" || true
	readelf -n "$2" 2>/dev/null | grep -q Xen ||
		fail "$1: no vmlinux with Xen notes inside"
}

# What of a kernel's packages is unpacked: its image, and the modules that dom0 or
# a guest load
kernel_parts="./boot/* */vmlinuz */drivers/xen/* */arch/x86/kernel/*
	*/drivers/virtio/* */drivers/char/* */drivers/block/*"

# unpack_kernel DIR DEB...: leaves vmlinuz, modules/ and its name in release
unpack_kernel()
{
	local dir=$1 all=$1/all image deb

	shift
	mkdir -p "$dir/modules" "$all"
	for deb; do
		set -f # not every package has every part
		# shellcheck disable=SC2086 # a list of patterns
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$all" --wildcards \
			$kernel_parts >>"$lab/setup.log" 2>&1 || true
		set +f
	done
	image=$(find "$all" -name 'vmlinuz*' -type f | head -n 1)
	[ -n "$image" ] || fail "$*: no kernel inside"
	cp "$image" "$dir/vmlinuz"
	find "$all" -type d -path '*/lib/modules/*' -prune -printf '%f\n' |
		head -n 1 >"$dir/release"
	find "$all" -name '*.ko*' -print0 | xargs -0 cp -t "$dir/modules"
	find "$dir/modules" -name '*.xz' -exec xz -d {} +
	find "$dir/modules" -name '*.zst' -exec zstd -q -d --rm {} +
	[ -e "$dir/modules/xen-privcmd.ko" ] || fail "$*: no xen-privcmd inside"
	rm -rf "$all"
}

# kernel_depends SUITE PACKAGE REGEX: those of its dependencies
kernel_depends()
{
	APT_CONFIG=$lab/apt/$1/apt.conf apt-cache depends "$2" |
		sed -nE "s/.*Depends: ($3)$/\1/p"
}

# kernel SUITE NAME PACKAGE REGEX: the kernel that PACKAGE of Debian SUITE depends on,
# to linux-NAME. Since 7.x its package has no files, but others that have.
kernel()
{
	local suite=$1 dir=$lab/linux-$2 image parts

	[ "$(cat "$dir/.unpacked" 2>/dev/null)" != "$kernel_parts" ] || return 0
	apt_prepare "$suite"
	image=$(kernel_depends "$suite" "$3" "$4" | head -n 1)
	[ -n "$image" ] || fail "Debian $suite has no $4"
	parts=$(kernel_depends "$suite" "$image" 'linux-(binary|modules)-.*')
	# shellcheck disable=SC2086 # a list of words
	download "$suite" "$lab/debs-linux" ${parts:-$image}
	rm -rf "$dir"
	unpack_kernel "$dir" "$lab"/debs-linux/*.deb
	rm -r "$lab/debs-linux"
	if [ "$2" = 6.1 ]; then
		extract_vmlinux "$dir/vmlinuz" "$dir/vmlinux"
	fi
	printf %s "$kernel_parts" >"$dir/.unpacked"
}

# more_kernel SUITE NAME PACKAGE REGEX: one that make soak can do without
more_kernel()
{
	local why=$lab/linux-$2.why

	# a list of some weeks ago names what is no longer there
	[ -e "$lab/linux-$2/.unpacked" ] || rm -f "$lab/apt/$1/ready"
	kernel "$@" 2>"$why" &
	wait $! || echo "setup: Linux $2 of Debian $1 is left out: $(
		sed 's/^setup: //' "$why" | tail -n 1)"
}

# wrap_tools ROOT DIR...: programs that this machine's C library is too old for run on
# the one in ROOT
wrap_tools()
{
	local tool libs=$1/usr/lib/x86_64-linux-gnu

	shift
	find "$@" -type f -perm /111 | while read -r tool; do
		[ "$(head -c 4 "$tool" | tr -d '\0')" = $'\x7fELF' ] || continue
		mv "$tool" "$tool.elf"
		cat >"$tool" <<-END
		#!/bin/sh
		exec $libs/ld-linux-x86-64.so.2 --argv0 $tool \
			--library-path $libs $tool.elf "\$@"
		END
		chmod 755 "$tool"
	done
}

# headers_of SUITE NAME: what modules for linux-NAME are built with, in the folder that
# headers-NAME/kdir names, with the compiler of that kernel, if this machine's is another
headers_of()
{
	local suite=$1 dir=$lab/headers-$2 release list gcc vars as=

	release=$(cat "$lab/linux-$2/release") ||
		fail "Linux $2 is not there (make setup)"
	[ "$(cat "$dir/.unpacked" 2>/dev/null)" != "$release" ] || return 0
	apt_prepare "$suite"
	list=$(kernel_depends "$suite" "linux-headers-$release" \
		'linux-(headers|kbuild)-.*')
	[ -n "$list" ] || fail "Debian $suite has no linux-headers-$release"
	rm -rf "$dir"
	# shellcheck disable=SC2086 # a list of words
	download "$suite" "$lab/debs-$2" "linux-headers-$release" $list
	unpack_all "$lab/debs-$2" "$dir"
	vars=$dir/usr/src/linux-headers-$release/.kernelvariables
	gcc=$(sed -nE 's/.*\)gcc-([0-9]+).*/\1/p' "$vars" | head -n 1)
	if ! command -v "gcc-$gcc" >/dev/null; then
		# its compiler wants a newer assembler than this machine's
		[ "$suite" != sid ] || as="binutils-x86-64-linux-gnu libbinutils
			$(kernel_depends sid libbinutils 'libsframe[0-9]*')"
		# shellcheck disable=SC2086 # a list of words
		download "$suite" "$lab/debs-$2" "gcc-$gcc-x86-64-linux-gnu" \
			"cpp-$gcc-x86-64-linux-gnu" "libgcc-$gcc-dev" libisl23 \
			libmpc3 libmpfr6 libgmp10 libcc1-0 libgcc-s1 libstdc++6 \
			libc6 libelf1t64 zlib1g libzstd1 libssl3t64 $as
		unpack_all "$lab/debs-$2" "$dir"
		[ -z "$as" ] || ln -s "$dir/usr/bin/x86_64-linux-gnu-as" \
			"$dir/usr/libexec/gcc/x86_64-linux-gnu/$gcc/as"
		wrap_tools "$dir" "$dir"/usr/lib/linux-kbuild-* \
			"$dir"/usr/{bin,libexec/gcc}
		sed -i "s%[$](CROSS_COMPILE)gcc-$gcc%$dir/usr/bin/x86_64-linux-gnu-gcc-$gcc%" \
			"$vars"
	fi
	find "$dir/usr/src" -maxdepth 2 -name Makefile \
		-exec sed -i "s%/usr/src/%$dir/usr/src/%" {} +
	echo "$dir/usr/src/linux-headers-$release" >"$dir/kdir"
	echo "$release" >"$dir/.unpacked"
}

# more_headers SUITE NAME: they can be done without
more_headers()
{
	local why=$lab/headers-$2.why

	headers_of "$@" 2>"$why" &
	wait $! || echo "setup: no driver for Linux $2: $(
		sed 's/^setup: //' "$why" | tail -n 1)"
}

# Linux's own check of style, for the driver. It comes with all of Linux's source alone.
checkpatch()
{
	local dir=$lab/checkpatch

	[ ! -e "$dir/checkpatch.pl" ] || return 0
	(download bookworm "$lab/debs-checkpatch" linux-source-6.1) || {
		echo "setup: no checkpatch.pl: cannot fetch linux-source-6.1"
		return 0
	}
	rm -rf "$dir"
	mkdir -p "$dir"
	dpkg-deb --fsys-tarfile "$lab"/debs-checkpatch/*.deb |
		tar -xO ./usr/src/linux-source-6.1.tar.xz |
		tar -xJ -C "$dir" --strip-components=2 --wildcards '*/scripts/checkpatch.pl' \
			'*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
	rm -r "$lab/debs-checkpatch"
}

# Linux's checker of address spaces, for the driver
sparse()
{
	[ ! -e "$lab/sparse/usr/bin/sparse" ] || return 0
	(download bookworm "$lab/debs-sparse" sparse) || {
		echo "setup: no sparse: cannot fetch it"
		return 0
	}
	rm -rf "$lab/sparse"
	unpack_all "$lab/debs-sparse" "$lab/sparse"
}

# For the driver, of make soak
driver_more()
{
	more_kernel sid sid linux-image-amd64 'linux-image-[0-9].*'
	more_headers sid sid
	checkpatch
	sparse
}

# What builds unified kernel images; bookworm has none.
ukify()
{
	[ ! -e "$lab/ukify/.unpacked" ] || return 0
	download trixie "$lab/debs-ukify" systemd-ukify systemd-boot-efi \
		python3-pefile
	rm -rf "$lab/ukify"
	unpack_all "$lab/debs-ukify" "$lab/ukify"
	touch "$lab/ukify/.unpacked"
}

# What pygrub of that Xen needs in dom0: Python, and to read ext4
pygrub()
{
	local root=$lab/pygrub-$1 python=3.11 ext=libext2fs2

	[ ! -e "$root/.ready" ] || return 0
	[ "$1" = 4.17 ] || { python=3.13; ext=libext2fs2t64; }
	download "$(suite_of "$1")" "$lab/debs-pygrub" "python$python-minimal" \
		"libpython$python-minimal" "libpython$python-stdlib" \
		libexpat1 libffi8 libncursesw6 libtinfo6 ncurses-base libcom-err2 $ext
	rm -rf "$root"
	unpack_all "$lab/debs-pygrub" "$root"
	ln -s "python$python" "$root/usr/bin/python3"
	touch "$root/.ready"
}

# GRUB for PVH, and of what writes GRUB's configuration the parts that are scripts
grub()
{
	local root=$lab/grub

	[ ! -e "$root/.unpacked" ] || return 0
	rm -rf "$root"
	download bookworm "$lab/debs-grub" grub-xen-host grub-common \
		libdevmapper1.02.1 libselinux1 libpcre2-8-0 libudev1
	unpack_all "$lab/debs-grub" "$root"
	touch "$root/.unpacked"
}

qemu()
{
	local dir=$lab/qemu sum

	sum=$(cat "$top"/tests/xen/qemu*.sh | cksum)
	[ "$(cat "$dir/.sum" 2>/dev/null)" != "$sum" ] || return 0
	echo "setup: fetching from bookworm: the source of qemu"
	fetch bookworm "$dir" source --only-source --download-only qemu ||
		fail "cannot fetch the source of qemu (build/lab/setup.log)"
	"$top/tests/xen/qemu.sh" "$dir" "$lab/setup.log"
	echo "$sum" >"$dir/.sum"
}

# bochs_source DIR: the source archive alone; some mirrors have nothing else of Bochs
bochs_source()
{
	local name=bochs_3.0+dfsg.orig.tar.xz
	local sum=78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b

	echo "setup: fetching the source of Bochs"
	retry /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file \
		"$mirror/debian/pool/main/b/bochs/$name" "$1/$name" \
		"SHA256:$sum" ||
		fail "Bochs: cannot fetch $name with SHA256 $sum from $mirror (build/lab/setup.log)"
}

# bochs_parts DIR: BIOS, GRUB's image, and xorriso, which writes the boot CD
bochs_parts()
{
	local root=$1/root

	download bookworm "$lab/debs-bochs" bochsbios vgabios grub-pc-bin \
		grub-common libdevmapper1.02.1 libselinux1 libpcre2-8-0 libudev1 \
		liblzma5 xorriso libisoburn1 libisofs6 libburn4 libjte2 libacl1 \
		libbz2-1.0 zlib1g libreadline8 libtinfo6
	unpack_all "$lab/debs-bochs" "$root"
	LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu \
		"$root/usr/bin/grub-mkimage" -O i386-pc-eltorito -p /boot/grub \
		-d "$root/usr/lib/grub/i386-pc" -o "$1/grub.img" biosdisk iso9660 \
		multiboot2 serial terminal configfile normal echo \
		>>"$lab/setup.log" 2>&1 ||
		fail "Bochs: grub-mkimage failed (build/lab/setup.log)"
}

bochs()
{
	local dir=$lab/bochs sum

	sum=$(cat "$top"/tests/xen/bochs.sh "$top"/tests/xen/bochs-mend.sh | cksum)
	[ "$(cat "$dir/.ready" 2>/dev/null)" != "$sum" ] || return 0
	host_install "$bochs_tools"
	rm -rf "$dir"
	mkdir -p "$dir"
	bochs_source "$dir"
	bochs_parts "$dir"
	"$top/tests/xen/bochs.sh" "$dir" "$lab/setup.log"
	echo "$sum" >"$dir/.ready"
}

no_bochs()
{
	sed -i 's/^setup: //' "$lab/bochs.why"
	echo "setup: no Intel CPU for the lab: $(tail -n 1 "$lab/bochs.why")"
}

# lab_for XEN CPU: builds both emulators, which takes longest, while the rest is fetched.
# Without QEMU it fails; without Bochs the lab has no Intel CPU.
lab_for()
{
	local xen=$1 vendor=$2 qemu bochs=

	set -m
	qemu &
	qemu=$!
	if [ "$vendor" = intel ]; then
		bochs 2>"$lab/bochs.why" &
		bochs=$!
	fi
	set +m
	# shellcheck disable=SC2064 # expanded on purpose
	trap "kill -- -$qemu ${bochs:+-$bochs} 2>/dev/null || true" EXIT
	xen_tools "$xen"
	kernel bookworm 6.1 linux-image-amd64 'linux-image-6\.1\..*'
	kernel trixie 6.12 linux-image-amd64 'linux-image-6\.12\..*'
	ukify
	grub
	wait "$qemu"
	[ -z "$bochs" ] || wait "$bochs" || no_bochs
}

what=${1:-4.17}
mkdir -p "$lab"
exec 9>"$lab/setup.lock"
flock -n 9 || {
	echo "setup: another one has build/lab/setup.lock, waiting for it"
	flock -w 1800 9 || fail "another one holds build/lab/setup.lock for half an hour: end it (fuser build/lab/setup.lock names it)"
}
case $what in
headers)
	host_install "$build_tools"
	xen_headers 4.17
	xen_headers 4.20
	;;
soak)
	host_install "/sbin/mke2fs=e2fsprogs"
	(host_install "rustc=rustc gfortran=gfortran") || true
	more_kernel bullseye 5.10 linux-image-amd64 'linux-image-5\.10\..*'
	# lz4 inside; the others have xz or zstd
	more_kernel bookworm 6.1-cloud linux-image-cloud-amd64 'linux-image-6\.1\..*'
	more_kernel trixie 6.12-rt linux-image-rt-amd64 'linux-image-6\.12\..*-rt-.*'
	driver_more
	pygrub 4.17
	pygrub 4.20
	;;
check)
	host_install "$build_tools $check_tools $deb_tools"
	grub
	;;
deb)
	host_install "$build_tools $deb_tools"
	;;
libvirt)
	libvirt
	;;
cbmc)
	cbmc
	;;
driver-more)
	driver_more
	;;
driver)
	host_install "$build_tools /usr/lib/x86_64-linux-gnu/libelf.so.1=libelf1
		make=make"
	more_headers bookworm 6.1
	more_headers trixie 6.12
	;;
*)
	suite_of "$what" >/dev/null
	host_install "$host_tools $qemu_tools"
	apt_prepare bookworm
	lab_for "$what" "${2:-amd}"
	;;
esac
