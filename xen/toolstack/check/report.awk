# SPDX-License-Identifier: MIT
# Reads what xen-sidecar-check has found out, for report-txt.awk, report-json.awk and
# report-svg.awk: files of fields between tabs, named facts, results, left, figures,
# histogram and bad.

BEGIN { FS = "\t" }

FNR == 1 { file = FILENAME; sub(/.*\//, "", file) }

file == "facts" { fact[$1] = $2; facts[++nr_facts] = $1 }

file == "results" {
	name[++nr] = $1
	verdict[nr] = $2
	checks[nr] = $3
	wrong[nr] = $4
	skips[nr] = $5
	seconds[nr] = $6
	all_checks += $3
	all_skips += $5
	failed += $2 != "ok"
	# by the shim
	shimmed += $1 != "linux-alone"
}

file == "left" { left[++nr_left] = $1; why[nr_left] = $2 }

file == "figures" { value[$1] = $2; figures[++nr_figures] = $1 }

file == "histogram" {
	from[++nr_rows] = $1
	sidecar[nr_rows] = $2
	beside[nr_rows] = $3
	has_beside = has_beside || $3 != ""
}

file == "bad" { bad_of[++nr_bad] = $1; bad[nr_bad] = $2 }

# count N NOUN
function count(n, noun)
{
	return n " " noun (n == 1 ? "" : "s")
}

# time NS: as people read it
function time(ns)
{
	if (ns >= 10000000) return sprintf("%.0f ms", ns / 1000000)
	if (ns >= 1000000) return sprintf("%.1f ms", ns / 1000000)
	if (ns >= 10000) return sprintf("%.0f us", ns / 1000)
	if (ns >= 1000) return sprintf("%.1f us", ns / 1000)
	return sprintf("%.0f ns", ns)
}

function the_verdict()
{
	if (!nr) return "nothing was run"
	if (failed)
		return count(failed, "case") " of " nr " failed: this host needs a look"
	return (shimmed ? "the sidecar works on this host" : "nothing was run with the shim") \
		": " count(nr, "case") ", " count(all_checks, "check") ", none failed" \
		(nr_left ? ", " count(nr_left, "case") " left out" : "")
}
