#!/bin/bash
# SPDX-License-Identifier: MIT
# make install and make uninstall with DESTDIR: each file is installed, works from there
# and is removed again. The guest's part is built without apt and without Xen.
# Usage: test_install.sh BUILD_DIR
set -euo pipefail

cd "$(dirname "$0")/../.."
build=$1
work=$(mktemp -d)
# sidecarctl was built with another PREFIX: build it again
trap 'rm -rf "$work"; make -s B="$build" "$build/sidecarctl"' EXIT
root=$work/root
prefix=/opt/sidecar
here=$root$prefix
version=$(sed -n 's/^.define SIDECAR_VERSION_M[AI][JN]OR //p' \
	include/sidecar/libsidecar.h | paste -sd .)
release=$(sed -n 's/^xen-sidecar (\(.*\)) .*/\1/p' debian/changelog | head -n 1)

fail()
{
	echo "FAIL: install: $*"
	exit 1
}

wanted()
{
	local page job

	cat <<-END
	boot/shim.elf
	etc/default/grub.d/xen-sidecar.cfg
	etc/dracut.conf.d/50-xen-sidecar.conf
	etc/grub.d/11_xen_sidecar
	etc/systemd/system/xen-sidecar.service
	etc/udev/rules.d/00-xen-sidecar.rules
	etc/udev/rules.d/50-xen-sidecar.rules
	etc/udev/rules.d/zz-xen-sidecar.rules
	END
	while read -r page; do
		echo "${prefix#/}/$page"
	done <<-END
	bin/job-cc
	bin/sidecar-plan
	include/xen-sidecar/abi/job.h
	include/xen-sidecar/abi/sidecar.h
	include/xen-sidecar/sidecar/driver.h
	include/xen-sidecar/sidecar/job.h
	include/xen-sidecar/sidecar/libsidecar.h
	include/xen-sidecar/sidecar/ring.h
	lib/libsidecar.a
	lib/libsidecar.so
	lib/libsidecar.so.${version%.*}
	lib/libsidecar.so.$version
	lib/pkgconfig/libsidecar.pc
	lib/libjob.a
	lib/xen-sidecar/xen-sidecar-setup
	lib/xen/boot/shim.elf
	lib/xen/libvirt/example.xml
	lib/xen/libvirt/preload
	lib/xen/libvirt/xen-sidecar.conf
	lib/xen/libxl-vnuma-4.17.so
	lib/xen/libxl-vnuma-4.20.so
	lib/xen/libxl-vnuma.so
	sbin/sidecarctl
	sbin/xen-sidecar-check
	sbin/xl-vnuma
	share/bash-completion/completions/sidecar-plan
	share/bash-completion/completions/sidecarctl
	share/bash-completion/completions/xen-sidecar-check
	share/zsh/site-functions/_sidecarctl
	share/xen-sidecar/job/check.sh
	share/xen-sidecar/job/entry.S
	share/xen-sidecar/job/start.c
	share/xen-sidecar/job/flags.mk
	share/xen-sidecar/job/job.lds
	share/xen-sidecar/job/job.mk
	END
	for job in sidecar/jobs/*.c; do
		[ "$job" != sidecar/jobs/start.c ] || continue
		echo "${prefix#/}/lib/xen-sidecar/jobs/$(basename "$job" .c).job"
	done
	for page in "$build"/check/prefix/lib/xen-sidecar/check/*; do
		echo "${prefix#/}/lib/xen-sidecar/check/$(basename "$page")"
	done
	for page in configs/*.cfg; do
		echo "${prefix#/}/share/doc/xen-sidecar-host/examples/$(basename "$page")"
	done
	for page in sidecar/install/elastic/*; do
		echo "${prefix#/}/share/doc/xen-sidecar-guest/examples/elastic/$(basename "$page")"
	done
	for page in docs/man/*; do
		echo "${prefix#/}/share/man/man${page##*.}/$(basename "$page")"
	done
}

listed()
{
	(cd "$root" && find . -mindepth 1 ! -type d -printf '%P\n') |
		LC_ALL=C sort
}

tools()
{
	local seen

	"$here/sbin/sidecarctl" -h | grep -q '^Usage: sidecarctl' ||
		fail "sidecarctl -h"
	"$here/bin/sidecar-plan" --help | grep -q '^Usage: sidecar-plan' ||
		fail "sidecar-plan --help"
	for tool in sbin/sidecarctl bin/sidecar-plan sbin/xl-vnuma sbin/xen-sidecar-check; do
		seen=$("$here/$tool" --version)
		[ "$seen" = "${tool#*/} $release" ] || fail "$tool --version: $seen"
	done
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\necho "$LD_PRELOAD"\n' >"$work/xl"
	chmod +x "$work/xl"
	seen=$(PATH=$work:$PATH "$here/sbin/xl-vnuma")
	[[ $seen = "$here"/lib/xen/libxl-vnuma* ]] ||
		fail "xl-vnuma: preloads \"$seen\""
	mkdir "$work/version"
	echo 4 >"$work/version/major"
	echo 20 >"$work/version/minor"
	"$here/lib/xen/libvirt/preload" "$work/env" "$work/version"
	[ "$(cat "$work/env")" = "LD_PRELOAD=$here/lib/xen/libxl-vnuma-4.20.so" ] ||
		fail "libvirt/preload: $(cat "$work/env")"
	grep -qx "ExecStartPre=-$prefix/lib/xen/libvirt/preload .*" \
		"$here/lib/xen/libvirt/xen-sidecar.conf" ||
		fail "libvirt/xen-sidecar.conf starts no preload"
	seen=$("$here/sbin/sidecarctl" -h | sed -n 's/^JOB is .* in \(.*\)\.$/\1/p')
	[ -e "$root$seen/hello.job" ] ||
		fail "sidecarctl looks for jobs in \"$seen\""
}

# completes WANT WORD...: bash completes the last word to WANT, among others
completes()
{
	local want=$1 seen

	shift
	# shellcheck disable=SC2016 # for the other bash
	seen=$(PATH=$here/sbin:$PATH bash -c '. "$0"; COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1)); _sidecarctl; printf "%s " "${COMPREPLY[@]}"' \
		"$work/completion" "$@")
	[[ " $seen" = *" $want "* ]] || fail "bash completes $*: $seen (want $want)"
}

completion()
{
	sed "s|$prefix|$here|" "$here/share/bash-completion/completions/sidecarctl" \
		>"$work/completion"
	completes 'return' sidecarctl re
	completes 'jitter' sidecarctl -j ''
	completes '--json' sidecarctl list --j
	completes '--gang' sidecarctl run hello --g
	completes '--watch' sidecarctl --w
	completes '--wait' sidecarctl run --w
	! (completes '--watch' sidecarctl run --w) >/dev/null ||
		fail "bash completes --watch for run"
	completes 'hello' sidecarctl run he
	completes 0 sidecarctl run hello ''
	! command -v zsh >/dev/null || zsh -n "$here/share/zsh/site-functions/_sidecarctl" ||
		fail "zsh: _sidecarctl"
}

# The files that the man pages name are installed.
pages()
{
	local path nr=0

	if grep -r /usr/local "$here/share/man"; then
		fail "a man page knows another PREFIX"
	fi
	while read -r path; do
		nr=$((nr + 1))
		[ -e "$root$path" ] || fail "a man page says $path"
	done < <(grep -rhoE "$prefix/[a-z/-]+(\.[a-z]+)?" "$here/share/man")
	[ "$nr" -ge 4 ] || fail "man pages name $nr installed files"
}

# A program that uses the library with its header and its .pc file. Even in a guest with a
# sidecar it ends with an error, as its job has no file.
library()
{
	local flags seen

	cat >"$work/program.c" <<-'END'
	#include <sidecar/libsidecar.h>
	#include <sidecar/job.h>
	#include <stdio.h>

	int main(void)
	{
		struct sidecar_job job = {.size = sizeof(job)};
		struct sidecar_vcpu *cpu;
		char why[SIDECAR_DETAIL_SIZE];
		struct sidecar *s;
		enum sidecar_error e = sidecar_open(&s);

		if (!e)
			e = sidecar_find_cpu(s, 1, &cpu);
		if (!e)
			e = sidecar_job_start(cpu, &job);
		sidecar_get_detail(s, why, sizeof(why));
		printf("%s: %s: %s\n", sidecar_version(),
		       sidecar_error_text(e), why);
		sidecar_close(s);
		return !e;
	}
	END
	export PKG_CONFIG_PATH=$here/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
	[ "$(pkg-config --modversion libsidecar)" = "$version" ] ||
		fail "libsidecar.pc: version"
	flags=$(pkg-config --cflags --libs libsidecar)
	# shellcheck disable=SC2086 # several flags
	${CC:-cc} -Wall -Werror -o "$work/program" "$work/program.c" $flags
	readelf -d "$work/program" |
		grep -qF "[libsidecar.so.${version%.*}]" || fail "SONAME"
	seen=$(LD_LIBRARY_PATH=$here/lib "$work/program") ||
		fail "the program has no error"
	[[ $seen = "$version: "?*": "?* ]] || fail "the program says $seen"
	# shellcheck disable=SC2086
	${CC:-cc} -static -o "$work/program" "$work/program.c" $flags
	[ "$("$work/program")" = "$seen" ] || fail "libsidecar.a"
}

# A C++ program calls the same functions.
library_in_cplusplus()
{
	local flags

	cat >"$work/program.cc" <<-'END'
	#include <sidecar/libsidecar.h>
	#include <sidecar/ring.h>

	int main()
	{
		alignas(64) static unsigned char memory[4096];
		sidecar_ring writer, reader;
		unsigned long word = 42, got = 0;
		sidecar_job job = {};
		sidecar *s;

		if (!sidecar_ring_init(memory, sizeof(memory), 4, 8) ||
		    !sidecar_ring_writer(&writer, memory, sizeof(memory), 4, 8) ||
		    !sidecar_ring_reader(&reader, memory, sizeof(memory), 4, 8) ||
		    sidecar_ring_put(&writer, &word) != 1 ||
		    sidecar_ring_get(&reader, &got) != 1 || got != word)
			return 1;
		job.size = sizeof(job);
		sidecar_open(&s);
		sidecar_close(s);
		return sidecar_error_text(SIDECAR_OK)[0] != 'o';
	}
	END
	flags=$(pkg-config --cflags --libs libsidecar)
	# shellcheck disable=SC2086
	g++ -std=c++17 -Wall -Wextra -Werror -pedantic -fsyntax-only \
		"$work/program.cc" $flags
	# shellcheck disable=SC2086
	g++ -std=c++17 -o "$work/program" "$work/program.cc" $flags
	LD_LIBRARY_PATH=$here/lib "$work/program" || fail "the C++ program"
}

# The library exports the functions of its header, with a version, and no data.
symbols()
{
	local header="$here/include/xen-sidecar/sidecar/libsidecar.h"

	diff <(sed -n 's/^[a-z].*[ *]\(sidecar_[a-z_]*\)(.*/\1/p' "$header" |
		LC_ALL=C sort) \
		<(nm -D --defined-only "$here/lib/libsidecar.so" |
			sed -n 's/^[0-9a-f]* T \(.*\)@@LIBSIDECAR_[0-9.]*$/\1/p' |
			LC_ALL=C sort) ||
		fail "symbols (< header, > library)"
	if nm -D --defined-only "$here/lib/libsidecar.so" | grep -v ' [TA] '; then
		fail "the library exports data"
	fi
}

# The commands of docs/jobs.md, with installed files alone
job()
{
	local line name

	mkdir "$work/job"
	cp docs/examples/*.[ch] "$work/job/"
	while read -r line; do
		name=${line##* }
		(cd "$work/job" && eval "${line//\/usr\/local/$here}" \
			"JOB_INCLUDE=$here/include/xen-sidecar" >"$work/job.log" 2>&1) ||
			{ cat "$work/job.log"; fail "docs/jobs.md: $line"; }
		cmp "$work/job/$name" "$build/jobs/$name" ||
			fail "$name is another one out of the tree"
	done < <(sed -n 's/^    \(make -f .*\)/\1/p' docs/jobs.md)
	[ "$name" = control-job.job ] || fail "docs/jobs.md: commands: $name"
}

guest()
{
	local seen

	grep -qx 'boot=/boot' "$root/etc/grub.d/11_xen_sidecar" ||
		fail "11_xen_sidecar looks elsewhere"
	if grep -rE '@[A-Z]+@' "$root/etc" "$here/lib/pkgconfig" "$here/lib/xen/libvirt" \
		"$here/share"; then
		fail "a variable is left"
	fi
	sed "s|=$prefix|=$here|" "$root/etc/systemd/system/xen-sidecar.service" \
		>"$work/xen-sidecar.service"
	seen=$(systemd-analyze verify --man=no "$work/xen-sidecar.service" \
		2>&1) || fail "systemd-analyze: $seen"
	[ -z "$seen" ] || fail "systemd-analyze: $seen"
	bash -c "install_items=; . '$root/etc/dracut.conf.d/50-xen-sidecar.conf'
		for f in \$install_items; do [ -e '$root'\$f ] || exit 1; done" ||
		fail "dracut: a rule that is not there"
}

# Only the sources, without apt-get, git and Xen's headers. Installing over a running
# service must leave the service and its CPUs alone.
elsewhere()
{
	local tool

	mkdir -p "$work/tree" "$work/bin"
	git ls-files -co --exclude-standard -- . ':!tests/host/corpus' |
		tar -c --ignore-failed-read -T - | tar -x -C "$work/tree"
	for tool in apt-get apt-cache git dpkg-deb systemctl udevadm modprobe; do
		printf '#!/bin/sh\necho "%s is not here" >&2\nexit 1\n' $tool \
			>"$work/bin/$tool"
		chmod +x "$work/bin/$tool"
	done
	for tool in guest lib dev; do
		PATH=$work/bin:$PATH make -s -C "$work/tree" "install-$tool" \
			CC="${CC:-cc}" DESTDIR="$work/else" PREFIX=/usr \
			>>"$work/log" 2>&1 ||
			{ cat "$work/log"; fail "install-$tool elsewhere"; }
	done
	if grep 'is not here' "$work/log"; then
		fail "install-guest, -lib or -dev wants it"
	fi
	# the shim needs Xen's headers
	[ ! -e "$work/else/boot/shim.elf" ] || fail "shim.elf elsewhere"
	grep -q 'no /boot/shim.elf for GRUB' "$work/log" ||
		fail "elsewhere: no word about shim.elf"
	for tool in sbin/sidecarctl lib/systemd/system/xen-sidecar.service \
		lib/udev/rules.d/00-xen-sidecar.rules \
		lib/dracut/dracut.conf.d/50-xen-sidecar.conf \
		lib/xen-sidecar/jobs/hello.job; do
		[ -e "$work/else/usr/$tool" ] || fail "PREFIX=/usr: no $tool"
	done
	cmp "$work/else/usr/lib/xen-sidecar/jobs/hello.job" \
		"$build/jobs/hello.job" || fail "hello.job is another one elsewhere"
}

# Without DESTDIR make runs ldconfig.
linker()
{
	make -s B="$build" PREFIX="$work/own" SYSCONFDIR="$work/own/etc" \
		LDCONFIG="touch $work/called" install-lib
	[ -e "$work/called" ] || fail "ldconfig is not run"
	make -s B="$build" PREFIX="$work/own" SYSCONFDIR="$work/own/etc" \
		BOOTDIR="$work/own/boot" uninstall >/dev/null
	[ -z "$(find "$work/own" ! -type d)" ] || fail "left: $work/own"
}

# make_in_root TARGET...: make with this test's DESTDIR and PREFIX
make_in_root()
{
	make -s B="$build" DESTDIR="$root" PREFIX=$prefix \
		LDCONFIG="touch $work/called" "$@"
}

make_in_root install >/dev/null
[ ! -e "$work/called" ] || fail "ldconfig is run with DESTDIR"
diff <(wanted | LC_ALL=C sort) <(listed) || fail "files (< wanted, > seen)"
tools
completion
pages
library
library_in_cplusplus
symbols
job
guest
# as systemctl enable does
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s /etc/systemd/system/xen-sidecar.service \
	"$root/etc/systemd/system/multi-user.target.wants/"
make_in_root uninstall >/dev/null
[ -z "$(listed)" ] || fail "left: $(listed)"
left=$(find "$here" -type d '(' -name '*sidecar?*' -o -name xen -o -name boot ')')
[ -z "$left" ] || fail "left: $left"
linker
elsewhere
echo "pass: install, use, uninstall"
