#!/bin/sh
# SPDX-License-Identifier: MIT
# Jobs in other languages, by job-cc: BUILD_DIR/rust.elf and BUILD_DIR/fortran.elf. Says
# of which there is no compiler here.
# Usage: build.sh BUILD_DIR
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -f "$build/rust.elf" "$build/fortran.elf"
if rustc --version >/dev/null 2>&1; then
	rustc --edition 2021 -O -D warnings --crate-type staticlib -C panic=abort \
		--out-dir "$work" "$here/rust.rs"
	"$build/job-cc" -Wl,-S -o "$build/rust.elf" "$work/librust.a"
else
	echo "languages: no rustc here"
fi
if command -v gfortran >/dev/null; then
	gfortran -O2 -Wall -Wextra -Werror -std=f2018 -fno-asynchronous-unwind-tables \
		-fcf-protection=none -fstack-clash-protection -J "$work" \
		-c "$here/fortran.f90" -o "$work/fortran.o"
	"$build/job-cc" -o "$build/fortran.elf" "$work/fortran.o"
else
	echo "languages: no gfortran here"
fi
