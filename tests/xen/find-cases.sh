# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced, with the tree's folder in $top: finds cases by name, wherever they are below
# configs/. No other file knows its subfolders.
# shellcheck disable=SC2154 # top

# all_cases: the .cfg of each, sorted by name; none if two have the same name
all_cases()
{
	local list twice

	list=$(find "$top/configs" -name '*.cfg' -printf '%f\t%p\n' | LC_ALL=C sort)
	twice=$(cut -f 1 <<<"$list" | uniq -d | paste -sd ' ')
	if [ -n "$twice" ]; then
		echo "cases: more than one file below configs/ is named $twice" >&2
		return 1
	fi
	cut -f 2- <<<"$list"
}

# find_case NAME: its .cfg
find_case()
{
	local cfg

	cfg=$(all_cases) || return 1
	cfg=$(awk -F / -v name="$1.cfg" '$NF == name' <<<"$cfg")
	if [ -z "$cfg" ]; then
		echo "cases: none below configs/ is named $1" >&2
		return 1
	fi
	echo "$cfg"
}
