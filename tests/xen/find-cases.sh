# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced, with the tree's folder in $top: finds cases by name, wherever they are below
# configs/, and what has passed. No other file knows the subfolders of configs/.
# shellcheck disable=SC2154 # top

# has_passed NAME RESULTS: a file of lines `ok NAME SECONDS` and `FAIL NAME SECONDS`
has_passed()
{
	awk -v name="$1" '$1 == "ok" && $2 == name { found = 1; exit }
		END { exit !found }' "$2"
}

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
