#!/bin/sh
# SPDX-License-Identifier: MIT
# iasl reads every standard table that test_acpi_write writes, and must not complain.
# Usage: test_iasl.sh TEST_ACPI_WRITE
set -eu

test_acpi_write=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

command -v iasl >/dev/null ||
	{ echo "test_iasl: iasl is missing (package acpica-tools)" >&2; exit 1; }

"$test_acpi_write" "$dir" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }

nr=0
for table in "$dir"/*.dat; do
	out=$dir/out
	iasl -d "$table" >"$out" 2>&1 || { cat "$out"; exit 1; }
	if grep -iE 'warning|error|remark|invalid|unknown|\*\*\*\*' "$out" \
		"${table%.dat}.dsl"; then
		echo "FAIL $(basename "$table")"
		exit 1
	fi
	nr=$((nr + 1))
done
# 8 cases with at least MADT and XSDT each
[ "$nr" -ge 16 ] || { echo "test_iasl: only $nr tables"; exit 1; }
echo "test_iasl: $nr tables read without a remark"
