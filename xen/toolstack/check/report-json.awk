# SPDX-License-Identifier: MIT
# The report of xen-sidecar-check as JSON; report.awk has read it.

function quoted(text,    i, c, out)
{
	out = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\"" || c == "\\") c = "\\" c
		else if (c < " " || c > "~") c = "?"
		out = out c
	}
	return "\"" out "\""
}

function scalar(text)
{
	return text ~ /^(0|[1-9][0-9]*)(\.[0-9]+)?$/ ? text : quoted(text)
}

# between I: what comes before the Ith element of a list
function between(i)
{
	return i > 1 ? "," : ""
}

function print_cases(    i, k, n)
{
	printf "  \"cases\": ["
	for (i = 1; i <= nr; i++) {
		printf "%s\n    {\"name\": %s, \"passed\": %s, \"checks\": %d, \"failed\": %d, \"not_compared\": %d, \"seconds\": %d, \"differences\": [",
			between(i), quoted(name[i]),
			verdict[i] == "ok" ? "true" : "false", checks[i],
			wrong[i], skips[i], seconds[i]
		n = 0
		for (k = 1; k <= nr_bad; k++)
			if (bad_of[k] == name[i])
				printf "%s%s", between(++n), quoted(bad[k])
		printf "]}"
	}
	print "\n  ],"
}

END {
	print "{"
	printf "  \"passed\": %s,\n", nr && !failed ? "true" : "false"
	printf "  \"verdict\": %s,\n  \"host\": {", quoted(the_verdict())
	for (i = 1; i <= nr_facts; i++)
		printf "%s\n    %s: %s", between(i), quoted(facts[i]),
			facts[i] ~ /^(cpus|nodes)$/ ? scalar(fact[facts[i]]) : \
			quoted(fact[facts[i]])
	print "\n  },"
	print_cases()
	printf "  \"left_out\": ["
	for (i = 1; i <= nr_left; i++)
		printf "%s\n    {\"name\": %s, \"why\": %s}", between(i),
			quoted(left[i]), quoted(why[i])
	printf "\n  ],\n  \"figures\": {"
	for (i = 1; i <= nr_figures; i++)
		printf "%s\n    %s: %s", between(i), quoted(figures[i]),
			scalar(value[figures[i]])
	printf "\n  },\n  \"gaps\": ["
	for (i = 1; i <= nr_rows; i++)
		printf "%s\n    {\"from_ns\": %d, \"sidecar\": %d%s}", between(i),
			from[i], sidecar[i], has_beside ? \
			", \"linux\": " (beside[i] + 0) : ""
	print "\n  ]\n}"
}
