#!/bin/sh
# SPDX-License-Identifier: MIT
# libxl-vnuma and xl-vnuma without Xen, with stub libraries.
# Usage: test_xl_vnuma.sh BUILD HEADERS [VERSION...]
# BUILD has libxl-vnuma-VERSION.so and xl-vnuma, HEADERS the folders
# xen-VERSION/usr/include. CC and CFLAGS are used if set.

build=$(cd "$1" && pwd -P)
headers=$2
shift 2
[ $# -gt 0 ] || set -- 4.17 4.20
src=$(dirname "$0")
dir=$build/tests/xl-vnuma
failures=0

report()
{
	if [ "$1" = 0 ]; then
		echo "pass: xl_vnuma: $2"
	else
		echo "FAIL: xl_vnuma: $2"
		failures=$((failures + 1))
	fi
}

# same WHAT SEEN WANT: the two texts are equal
same()
{
	[ "$2" = "$3" ]
	report $? "$1"
	[ "$2" = "$3" ] || printf '  seen: %s\n  want: %s\n' "$2" "$3"
}

compile()
{
	# shellcheck disable=SC2086 # CFLAGS are several words
	${CC:-cc} -std=gnu11 $CFLAGS -isystem "$inc" "$@" || exit 1
}

# stub FOLDER LIBRARY SOURCE: builds it with versioned symbols, as the real one has
stub()
{
	compile -shared -fPIC -Wl,--default-symver \
		-Wl,-soname,"lib$2" -o "$dir/$1/lib$2" "$src/$3"
}

# programs FOLDER VERSION: on libraries that call themselves VERSION
programs()
{
	mkdir -p "$dir/$1"
	stub "$1" "xenguest.so.$2" test_xl_vnuma_guest.c
	stub "$1" "xenlight.so.$2" test_xl_vnuma_light.c
	for name in test_xl_vnuma test_xl_vnuma_shim; do
		compile -o "$dir/$1/$name" "$src/$name.c" -L"$dir/$1" \
			-l:"libxenguest.so.$2" -l:"libxenlight.so.$2" \
			-Wl,-rpath,"$dir/$1"
	done
}

# run FOLDER VERSION [refuse]: runs the program with the library built for VERSION
run()
{
	folder=$1
	library=$build/libxl-vnuma-$2.so
	shift 2
	LD_PRELOAD=$library "$dir/$folder/test_xl_vnuma" "$@" \
		>"$dir/stdout" 2>"$dir/stderr"
	status=$?
	sed "s/xl_vnuma:/& $folder:/" "$dir/stdout"
	report $status "$folder: exit status"
}

# warned CASE: libxl-vnuma's lines during that case, whose name comes before them
warned()
{
	awk -v name="$1" '/^libxl-vnuma: / { if (on) print; next }
		$0 != "again" { on = $0 == name }' "$dir/stderr"
}

# spans VNODES VCPUS CPUID: the warning, twice, as the domain is created twice
spans()
{
	line="libxl-vnuma: cpuid= lets vCPUs $2 of vnodes $1 share a package or cache\
 (want $3, or none of these)"
	printf '%s\n%s\n' "$line" "$line"
}

test_version()
{
	inc=$headers/xen-$1/usr/include
	of_4="proccount=8,procpkg=7,nc=7,apicidsize=3"
	of_1="proccount=2,procpkg=1,nc=1,apicidsize=1"

	programs "$1" "$1"
	run "$1" "$1"
	same "$1: warned once" "$(sed '/^4+4$/,$d' "$dir/stderr")" \
		"libxl-vnuma: vcpus= is missing beside vnuma=: 1 vCPU enabled\
 (want vcpus=8 for all)"
	same "$1: proccount" "$(warned "user's proccount spans")" \
		"$(spans "0 and 1" "0 and 4" "$of_4")"
	same "$1: apicidsize" "$(warned "user's apicidsize spans")" \
		"$(spans "0 and 1" "0 and 3" "$of_1")"
	same "$1: procpkg" "$(warned "user's procpkg spans")" \
		"$(spans "0 and 1" "0 and 4" "$of_4")"
	same "$1: of the host" "$(warned "user's cache spans")" ""
	same "$1: cache" "$(warned "user's cache spans more")" \
		"$(spans "0 and 1" "0 and 4" "$of_4")"
	same "$1: libxl fails" "$(warned "libxl fails")" \
		"libxl-vnuma: libxl refuses cpuid= for packages: vnodes may\
 share them
libxl-vnuma: libxl does not show what cpuid= has set: left as it is, vnodes may\
 share packages"
	same "$1: no other warning" \
		"$(grep -c '^libxl-vnuma: ' "$dir/stderr")" 11

	programs "$1-on-4.99" 4.99
	run "$1-on-4.99" "$1" refuse
	same "$1: refused in one line" "$(cat "$dir/stderr")" \
		"libxl-vnuma: found libxenguest.so.4.99 (want\
 libxenguest.so.$1), no domain is built: there are libraries for Xen 4.17 and\
 4.20 (XL_VNUMA_LIB=FILE names one); on others use sidecar.vnuma= instead of\
 vnuma="

	# the program finds the function in the preloaded library and nowhere else
	compile -o "$dir/$1/alone" "$src/test_xl_vnuma_alone.c"
	same "$1: without libxenlight, in one line" \
		"$(LD_PRELOAD=$build/libxl-vnuma-$1.so "$dir/$1/alone" 2>&1)" \
		"libxl-vnuma: no libxenlight (want libxenlight.so.$1), no\
 domain is built: for xl alone, run xl-vnuma instead of LD_PRELOAD"
}

# said CASE LINE: the one line about that guest, whose name has a line feed
said()
{
	same "$version: shim: $1" "$(awk -v name="$1" '/^libxl-vnuma: / {
		if (on) print; next } { on = $0 == name }' "$dir/stderr")" \
		"libxl-vnuma: $2"
}

# The library lies in a folder as it is installed, with the shim below it.
test_shim()
{
	where=$dir/$1/lib
	rm -rf "$where"
	mkdir -p "$where/boot"
	printf '\177ELF etc.' >"$where/shim.elf"
	cp "$where/shim.elf" "$where/a shim.elf"
	cp "$where/shim.elf" "$where/boot/shim.elf"
	echo 'text, not a shim' >"$where/text"
	: >"$where/empty"
	ln -s loop "$where/loop"
	mkfifo "$where/fifo"
	cp "$build/libxl-vnuma-$1.so" "$where/libxl-vnuma.so"
	LD_PRELOAD=$where/libxl-vnuma.so timeout 60 \
		"$dir/$1/test_xl_vnuma_shim" "$where" \
		>"$dir/stdout" 2>"$dir/stderr"
	status=$?
	sed "s/xl_vnuma:/& $1:/" "$dir/stdout"
	report $status "$1: shim: exit status"

	without="it is booted without the shim"
	said 'default unknown' \
		'XEN_SIDECAR_DOMAINS: "all?" (want asked or numa)'
	while read -r case file why; do
		said "$(echo "$case" | tr _ ' ')" \
			"the?guest: shim $file: $why: $without"
	done <<-END
	missing $where/nowhere No such file or directory
	relative boot/shim.elf not an absolute path
	a_folder $where/boot not a regular file
	a_FIFO $where/fifo not a regular file
	a_device /dev/null not a regular file
	empty $where/empty not an ELF file
	text $where/text not an ELF file
	escapes $where/?[2J? No such file or directory
	a_loop_of_links $where/loop Too many levels of symbolic links
	environment_is_wrong $where/text not an ELF file
	END
	said 'no path' "the?guest: shim : not an absolute path: $without"
	said 'an open quote' "the?guest: shim \"$where/shim.elf quiet: not an\
 absolute path: $without"
	for case in HVM PV; do
		said $case "the?guest: xen-sidecar on its command line: not a\
 PVH guest, $without"
	done
	for case in 1 0; do
		said "config has pvshim=$case" "the?guest: pvshim= of its config\
 is used, not xen-sidecar on its command line"
	done
	for case in '' 'by default, '; do
		said "${case}1024 characters" "the?guest: command line of 1024\
 characters (want at most 1023 with the shim): $without"
	done
	same "$1: shim: no other line" \
		"$(grep -c '^libxl-vnuma: ' "$dir/stderr")" 19
}

# xl_vnuma ARG...: with a fake xl that shows its preload list and arguments
xl_vnuma()
{
	PATH=$dir/bin:$PATH "$dir/prefix/sbin/xl-vnuma" "$@" 2>&1
}

test_command()
{
	rm -rf "${dir:?}/prefix" "${dir:?}/bin"
	mkdir -p "$dir/prefix/sbin" "$dir/prefix/lib/xen" "$dir/bin"
	cp "$build/xl-vnuma" "$dir/prefix/sbin"
	cat >"$dir/bin/xl" <<-'XL'
		#!/bin/sh
		printf '%s' "$LD_PRELOAD"
		printf ' <%s>' "$@"
		exit 3
	XL
	chmod +x "$dir/bin/xl"

	same "command: no library" "$(xl_vnuma list)" \
		"xl-vnuma: libxl-vnuma.so: not found (want it beside\
 $dir/prefix/sbin/xl-vnuma, in $dir/prefix/lib/xen or in XL_VNUMA_LIB)"

	lib=$dir/prefix/lib/xen/libxl-vnuma.so
	cp "$build/libxl-vnuma-$1.so" "$lib"
	same "command: in ../lib/xen, arguments kept" \
		"$(xl_vnuma create 'a b' vcpus=8 '')" \
		"$lib <create> <a b> <vcpus=8> <>"
	xl_vnuma list >"$dir/stdout"
	same "command: exit status of xl" $? 3

	other=$build/libxl-vnuma-$1.so
	same "command: an earlier preload is kept" \
		"$(LD_PRELOAD=$other xl_vnuma list)" "$lib:$other <list>"
	same "command: XL_VNUMA_LIB wins" \
		"$(XL_VNUMA_LIB=$other xl_vnuma list)" "$other <list>"
	same "command: XL_VNUMA_LIB names no file" \
		"$(XL_VNUMA_LIB=/nowhere xl_vnuma list)" \
		"xl-vnuma: XL_VNUMA_LIB: cannot read /nowhere"

	cp "$lib" "$dir/prefix/sbin/libxl-vnuma.so"
	same "command: beside itself first" "$(xl_vnuma list)" \
		"$dir/prefix/sbin/libxl-vnuma.so <list>"
	ln -s "$dir/prefix/sbin/xl-vnuma" "$dir/bin/xl-vnuma"
	same "command: by a symbolic link" \
		"$(PATH=$dir/bin:$PATH xl-vnuma list)" \
		"$dir/prefix/sbin/libxl-vnuma.so <list>"
}

for version; do
	test_version "$version"
	test_shim "$version"
done
test_command "$1"

[ "$failures" = 0 ]
