#!/bin/bash
# SPDX-License-Identifier: MIT
# What the documents name exists: files, links and make's targets. Our tools accept the
# command lines in them, and the lab runs each command of sidecarctl. docs/sidecar.md has
# the code's table of states, docs/troubleshooting.md each error line of the code and no
# other.
# Usage: test_docs.sh SIDECARCTL SIDECAR_PLAN TEST_ARGUMENTS
# TEST_ARGUMENTS: the program that says whether words are a command line of sidecarctl
# shellcheck disable=SC2016 # backquotes are Markdown's
set -euo pipefail

ctl=$(realpath "$1")
plan=$(realpath "$2")
parse=$(realpath "$3")
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

# Paths of this tree in backquotes, without those that have NAME or * in them
paths()
{
	local doc path

	for doc in "${docs[@]}"; do
		while read -r path; do
			[ -e "$path" ] || bad "$doc: no file $path"
		done < <(grep -oE '`(lib|pvh|sidecar|xen|include|configs|tests|docs)/[a-z0-9_./-]+`' \
			"$doc" | tr -d '`')
	done
}

# --- commands

# commands TOOL: each command line of it in the documents
commands()
{
	{ cat "${docs[@]}" | grep -oE "(^    (# )?|\`)$1 [^\`#]*"
	  cat docs/man/* | grep -oE "^[#\$] $1 .*" || true; } |
		sed -E 's/^[ #`$]*//; s/ *[|].*//'
}

# The targets of make: .PHONY
phony()
{
	awk '/^\.PHONY:/ { on = 1; sub(/^[^:]*:/, "") }
		on { on = /\\$/; sub(/\\$/, ""); print }' \
		Makefile install.mk tests/checks.mk | tr -s ' \t' '\n' |
		grep -vx -e '' -e FORCE
}

make_targets()
{
	local target

	while read -r target; do
		phony | grep -qxF -e "$target" ||
			[[ $target == build/* ]] || bad "make $target: no such target"
	done < <(commands make | grep -v '^make -f ' | awk '{ for (i = 2; i <= NF; i++)
		if ($i !~ /=/) { print $i; break } }' | sort -u)
}

# make help has each of them and no other, in 80 columns.
make_help()
{
	local seen

	make -s help >"$work/help"
	seen=$(diff <(phony | grep -vx help | sort) <(sed -nE 's/^  ([a-z-]+) .*/\1/p' "$work/help" |
		cat - <(grep -oE '\bcheck-[a-z]+' "$work/help") | sort)) ||
		bad "make help (< targets, > help): $seen"
	[ "$(wc -L <"$work/help")" -lt 80 ] || bad "make help: a line is too long"
}

# Command lines of sidecarctl, with something for each word that stands for it
ctl_commands()
{
	commands sidecarctl | sed 's/ && /\n/g' | grep '^sidecarctl ' |
		grep -vxF 'sidecarctl [OPTION...] COMMAND [CPU...]' |
		sed -E 's/\bCPU\b/5/; s/\bJOB\b/hello/; s/ *$//' | sort -u
}

# One word may just be the name of a command; anything longer must be a command line.
ctl_accepts()
{
	local line

	while read -r line; do
		if [[ $line == *' '*' '* ]]; then
			# shellcheck disable=SC2086 # a command line
			"$parse" ${line#sidecarctl } 2>"$work/err" ||
				bad "$line: $(cat "$work/err")"
		else
			"$ctl" -h | grep -qE "^  ${line#* }\b" ||
				bad "$line: not in its help"
		fi
	done < <(ctl_commands)
}

# guest-parts without the parts that no config asks for
lab_parts()
{
	local part unused=()

	while read -r part; do
		grep -rqE --include "*.cfg" "lab\.parts=([a-z_]+,)*$part\b" configs ||
			unused+=(-e "/^part_$part()/,/^}/d")
	done < <(sed -n 's/^part_\(.*\)()$/\1/p' tests/xen/guest-parts)
	sed "${unused[@]}" -e '' tests/xen/guest-parts
}

# The commands of sidecarctl that the lab runs, directly or by ctl and json, whose first
# argument is a name. Options come before the command.
lab_commands()
{
	lab_parts | sed -E 's/"\$\([^)]*\)"/X/g; s/ "\$@"//g' |
		grep -oE '\b(sidecarctl|(ctl|json) [^ ]+) .*' |
		sed -E 's/^(sidecarctl|ctl [^ ]+|json [^ ]+) //
			s/^(-[acNntw] [^ ]+ |-[^ ]+ )*//; s/[^a-z].*//'
}

ctl_is_run()
{
	local word

	lab_commands | sort -u >"$work/lab"
	while read -r word; do
		grep -qx -e "$word" "$work/lab" ||
			bad "sidecarctl $word: no part of the lab runs it (tests/xen/guest-parts)"
	done < <("$ctl" -h | sed -n 's/^  \([a-z]\+\) .*/\1/p')
}

plan_commands()
{
	local line

	while read -r line; do
		# shellcheck disable=SC2086 # a command line
		(cd "$work" && "$plan" ${line#sidecar-plan }) >/dev/null 2>&1 ||
			bad "$line: exit code $?"
	done < <(commands sidecar-plan | sort -u |
		sed -E "s#(CONFIG(\.\.\.)?|\*\.cfg|/etc/xen/guest\.cfg)#$PWD/configs/two-nodes.cfg#")
}

# docs/tree.md: its picture is the one drawn from the includes, and each folder of
# sources has a row.
tree()
{
	local folder

	tests/host/tree_svg.py | cmp -s - docs/tree.svg ||
		bad "docs/tree.svg: not what tests/host/tree_svg.py draws"
	while read -r folder; do
		grep -qF "| \`$folder/\`" docs/tree.md ||
			bad "docs/tree.md: no row for $folder/"
	done < <(git ls-files include lib pvh sidecar xen | sed 's#/[^/]*$##' | sort -u)
}

# docs/testing.md: each folder of cases has a row.
case_folders()
{
	local folder

	while read -r folder; do
		grep -qF "| \`$folder/\`" docs/testing.md ||
			bad "docs/testing.md: no row for $folder/"
	done < <(find configs -mindepth 1 -type d)
}

# docs/two-nodes.svg is what this build draws when no file of the config is there.
picture()
{
	"$plan" --root "$work" --svg "$work/two-nodes.svg" \
		configs/two-nodes.cfg >/dev/null
	cmp -s "$work/two-nodes.svg" docs/two-nodes.svg ||
		bad "docs/two-nodes.svg: not what sidecar-plan --svg draws"
}

# docs/charts/: what tests/bench/charts.py draws of the figures that were recorded.
charts()
{
	local chart

	mkdir -p "$work/charts"
	tests/bench/charts.py tests/bench/recorded "$work/charts" >/dev/null
	for chart in docs/charts/*.svg "$work"/charts/*.svg; do
		cmp -s "docs/charts/${chart##*/}" "$work/charts/${chart##*/}" ||
			bad "docs/charts/${chart##*/}: not what tests/bench/charts.py draws"
	done
}

# --- lines

# The first cells of the tables about our own tools
lines()
{
	sed '/^## Without an error line/,$d' "$trouble" | grep '^| `' |
		sed 's/ | .*//' | grep -oE '`[^`]+`' | tr -d '`'
}

# Each error line of the code is in those cells, and each of them is in the code.
messages()
{
	local line

	LC_ALL=C sort -u <(tests/host/messages.py) >"$work/code"
	LC_ALL=C sort -u <(lines) >"$work/lines"
	[ "$(wc -l <"$work/code")" -ge 300 ] || bad "messages.py finds too little"
	while read -r line; do
		bad "$trouble has no line $line"
	done < <(LC_ALL=C comm -23 "$work/code" "$work/lines")
	while read -r line; do
		bad "$trouble: in no code: $line"
	done < <(LC_ALL=C comm -13 "$work/code" "$work/lines")
}

# The code of docs/jobs.md is that of docs/examples/, which the lab runs.
examples()
{
	local what

	while read -r what; do
		bad "docs/jobs.md: not the same as in docs/examples/: $what"
	done < <(tests/host/examples.py)
}

# --- the vCPU's states

# FROM,TO,BY for each row of the table; a cell FROM may be a list
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
	# shellcheck disable=SC2086 # CC may be several words
	printf '#include "abi/sidecar.h"\n#define T(f, t, w) f,t,w;\n%s\n' \
		'SIDECAR_TRANSITIONS(T)' | ${CC:-gcc} -E -P -Iinclude -x c - |
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
make_help
ctl_accepts
ctl_is_run
plan_commands
tree
case_folders
picture
charts
messages
examples
states
[ "$failed" = 0 ] && echo "pass: docs"
