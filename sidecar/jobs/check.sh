#!/bin/sh
# SPDX-License-Identifier: MIT
# Whether all that a job was linked from lies where its header says: no part of
# it may be cut off, zeroed, or code that cannot be run.
# Usage: check.sh NAME.elf NAME.job; removes a NAME.job that is wrong.

LC_ALL=C # readelf speaks other languages
export LC_ALL
elf=$1
job=$2

# header OFFSET: a member of struct job_header
header()
{
	od -An -tu4 -j"$1" -N4 "$job" | tr -d ' '
}

refuse()
{
	echo "$job: $*" >&2
	rm -f "$job"
	exit 1
}

# section NAME TYPE START END FLAGS: offsets in the job
section()
{
	where="lies outside of the job's"
	[ "$4" -le "$memory" ] || refuse "section $1 $where memory"
	[ "$2" = NOBITS ] || [ "$4" -le "$size" ] ||
		refuse "section $1 $where file"
	case $5 in
	*X*) [ "$4" -le "$text" ] || refuse "section $1 $where text" ;;
	*W*) [ "$3" -ge "$text" ] || refuse "section $1 $where data" ;;
	esac
}

size=$(header 8)
text=$(header 12)
memory=$(header 16)
entry=$(readelf -hW "$elf" | sed -n 's/.*Entry point address: *//p')
va=$((entry - $(header 24)))
readelf -SW "$elf" >"$job.sections" || refuse "readelf failed"
# [number] name type address offset bytes entry-bytes flags ...
sed -n 's/^ *\[ *[0-9]*\] *//p' "$job.sections" |
	while read -r name type address _ bytes _ flags _; do
		# zeroed thread-local variables take no memory there
		[ "$type" != NOBITS ] || flags=${flags##*T*}
		case $flags in
		*A*) start=$((0x$address - va))
			[ $((0x$bytes)) -eq 0 ] || section "$name" "$type" \
				$start $((start + 0x$bytes)) "$flags" ;;
		esac
	done
status=$?
rm -f "$job.sections"
[ $status = 0 ] || exit $status
[ "$(wc -c <"$job")" -eq "$size" ] ||
	refuse "its header says $size bytes, it has $(wc -c <"$job")"
