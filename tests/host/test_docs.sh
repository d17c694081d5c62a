#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents say is there: files and links, make's targets, commands of
# our tools and that a test runs them, the table of a vCPU's states, each line of
# docs/troubleshooting.md in the code, and each warning of the shim in there.
# Usage: test_docs.sh SIDECARCTL SIDECAR_PLAN
# shellcheck disable=SC2016 # backquotes are Markdown's
set -euo pipefail

ctl=$(realpath "$1")
plan=$(realpath "$2")
cd "$(dirname "$0")/../.."
docs=(README.md docs/*.md)
trouble=docs/troubleshooting.md
failed=0

bad()
{
	echo "FAIL docs: $*"
	failed=1
}

# --- files and links

links()
{
	local doc target

	for doc in "${docs[@]}"; do
		while read -r target; do
			[ -e "$(dirname "$doc")/$target" ] ||
				bad "$doc: link to $target"
		done < <(grep -oE '\]\([^):]+\)' "$doc" | sed 's/^](//; s/)$//')
	done
}

# Paths of this tree in backquotes; those with a NAME or * in them are patterns.
paths()
{
	local doc path

	for doc in "${docs[@]}"; do
		while read -r path; do
			[ -e "$path" ] || bad "$doc: no file $path"
		done < <(grep -oE '`(pvh|sidecar|xen|include|configs|tests|docs)/[a-z0-9_./-]+`' \
			"$doc" | tr -d '`')
	done
}

# --- commands

# commands TOOL: how the documents call it, a line each, from its name on
commands()
{
	cat "${docs[@]}" | grep -oE "(^    (# )?|\`)$1 [^\`#]*" |
		sed -E 's/^[ #`]*//'
}

make_targets()
{
	local target

	while read -r target; do
		sed -n '/^\.PHONY:/,/[^\]$/p' Makefile | grep -qw -e "$target" ||
			[[ $target == build/* ]] || bad "make $target: no such target"
	done < <(commands make | awk '{ for (i = 2; i <= NF; i++)
		if ($i !~ /=/) { print $i; break } }' | sort -u)
}

sidecarctl_commands()
{
	local word option

	while read -r word; do
		"$ctl" -h | grep -qE "^  $word\b" || bad "sidecarctl $word: not in its help"
		grep -qw -e "$word" tests/xen/guest-sidecar tests/bench/guest-bench \
			tests/host/test_ctl.c || bad "sidecarctl $word: no test runs it"
	done < <(commands sidecarctl | awk '$2 ~ /^[a-z]+$/ { print $2 }' | sort -u)
	while read -r option; do
		"$ctl" -h | grep -q -e "$option" || bad "sidecarctl $option: not in its help"
	done < <(commands sidecarctl | grep -oE -e '--[a-z]+' | sort -u)
}

plan_commands()
{
	local line

	while read -r line; do
		case $line in
		*CONFIG* | *CFG*) ;;
		*) # shellcheck disable=SC2086 # a command line
			"$plan" ${line#sidecar-plan } >/dev/null 2>&1 ||
				bad "$line: exit code $?" ;;
		esac
	done < <(commands sidecar-plan | sort -u)
}

# The picture is of this build, with no file of the config at hand.
picture()
{
	"$plan" --root "$work" --svg "$work/two-nodes.svg" \
		configs/two-nodes.cfg >/dev/null
	cmp -s "$work/two-nodes.svg" docs/two-nodes.svg ||
		bad "docs/two-nodes.svg: not what sidecar-plan --svg draws"
}

# --- lines

# All of the sources on one line, a string that goes on in the next line as one.
sources()
{
	cat pvh/*.c pvh/*.h sidecar/*.c sidecar/client/*.c sidecar/kernel/*.c \
		xen/guest/*.c xen/toolstack/xl-vnuma xen/toolstack/*.c include/*.h |
		tr -d '\n\t\134' | sed -E 's/" PRI[a-zA-Z0-9]+ ?"/.../g; s/" *"//g'
}

# The first cells of the tables about our own tools
lines()
{
	sed '/^## Without a line of ours/,$d' "$trouble" | grep '^| `' |
		sed 's/ | .*//' | grep -oE '`[^`]+`' | tr -d '`' |
		grep -v '^libxl_'
}

trouble_in_code()
{
	local line piece

	sources >"$work/sources"
	while read -r line; do
		while read -r piece; do
			[ -z "$piece" ] || grep -qF -e "$piece" "$work/sources" ||
				bad "$trouble: '$line': '$piece' is not in the code"
		done < <(sed 's/^shim: //; s/^sidecarctl: //; s/\.\.\./\n/g; s/: /\n/g' \
			<<<"$line" | sed 's/^[: ]*//; s/[: ]*$//')
	done < <(lines)
}

# What the shim warns of or ends with, up to the first value in it
code_in_trouble()
{
	local text

	while read -r text; do
		grep -qF -e "$text" "$trouble" || bad "'$text' is not in $trouble"
	done < <(cat pvh/*.c sidecar/*.c | tr -d '\n\t' |
		grep -oE '(log_die|log_line)\("[^"]*"' |
		grep -E 'log_die|warning|off: ' |
		sed -E 's/^[a-z_]+\("/shim: /; s/%.*//; s/"$//; s/ *$//' | sort -u)
}

# --- the vCPU's states

# from,to,whose of each row of a table whose cells may be lists
rows()
{
	sed -n '/^| from | to | by |/,/^$/p' docs/sidecar.md | tail -n +3 |
		awk -F ' *[|] *' '{
			n = split($2, from, ", ")
			for (i = 1; i <= n; i++)
				print toupper(from[i] "," $3 "," $4)
		}' | sort -u
}

transitions()
{
	printf '#include "abi/sidecar.h"\n#define T(f, t, w) f,t,w;\n%s\n' \
		'SIDECAR_TRANSITIONS(T)' | "${CC:-gcc}" -E -P -Iinclude -x c - |
		tail -n 1 | tr -d ' ' | tr ';' '\n' | grep . | sort -u
}

states()
{
	diff <(transitions) <(rows) >"$work/states" ||
		bad "docs/sidecar.md: not SIDECAR_TRANSITIONS: $(tr '\n' ' ' <"$work/states")"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
links
paths
make_targets
sidecarctl_commands
plan_commands
picture
states
trouble_in_code
code_in_trouble
[ "$failed" = 0 ] && echo "pass: docs"
