# SPDX-License-Identifier: MIT
# The report of xen-sidecar-check as a picture; report.awk has read it. On a white ground
# of its own, so that it can be read in dark mode too.

function escaped(text)
{
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function put(x, y, class, text)
{
	printf "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, class,
		escaped(text)
}

function box(x, y, width, height, fill)
{
	printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
		x, y, width, height, fill
}

function ink(i)
{
	return verdict[i] == "ok" ? GOOD : BAD
}

function draw_cases(y,    i)
{
	put(24, y, "h", "Cases")
	for (i = 1; i <= nr; i++) {
		y += 22
		box(24, y - 11, 12, 12, ink(i))
		put(44, y, "t", name[i])
		put(170, y, "n", verdict[i] == "ok" ? count(checks[i], "check") ", none failed" : \
			wrong[i] " of " count(checks[i], "check") " failed")
	}
	for (i = 1; i <= nr_left; i++) {
		y += 22
		box(24, y - 11, 12, 12, "#bbbbbb")
		put(44, y, "t", left[i])
		put(170, y, "n", "left out: " why[i])
	}
	return y
}

function draw_figure(y, what, text)
{
	put(24, y, "t", what)
	put(170, y, "n", text)
	return y + 22
}

function draw_figures(y)
{
	put(24, y, "h", "Figures")
	y += 22
	if ("start.us" in value)
		y = draw_figure(y, "start", value["start.vcpus"] " vCPUs in " \
			time(value["start.us"] * 1000))
	if ("trips.p50_ns" in value)
		y = draw_figure(y, "round trip", "half within " \
			time(value["trips.p50_ns"]) ", 99 % within " \
			time(value["trips.p99_ns"]))
	if ("linux.uptime_s" in value)
		y = draw_figure(y, "boot, 8 vCPUs", value["linux.uptime_s"] " s to init" \
			("alone.uptime_s" in value ? "; without the shim " \
			value["alone.uptime_s"] " s" : ""))
	if ("jitter.longest_ns" in value)
		y = draw_figure(y, "longest gap", time(value["jitter.longest_ns"]) \
			" of a job in " time(value["jitter.ms"] * 1000000))
	return y
}

# Each power of ten is as long as the one before: one long gap counts among millions. In
# between it is linear, as an awk may have no log().
function length_of(n,    tens)
{
	if (n <= 0) return 0
	for (tens = 0; n >= 10; tens++) n /= 10
	return 4 + 30 * (tens + (n - 1) / 9)
}

function draw_gaps(y,    i, h)
{
	if (!nr_rows) return y
	h = has_beside ? 11 : 14
	put(24, y, "h", "Gaps between two looks at the clock, by length")
	y += 22
	put(24, y, "n", "bars: how many, a step for each power of ten")
	box(330, y - 11, 12, 12, SIDECAR)
	put(348, y, "n", "job on a parked vCPU")
	if (has_beside) {
		box(500, y - 11, 12, 12, LINUX)
		put(518, y, "n", "thread on a CPU of Linux")
	}
	for (i = 1; i <= nr_rows; i++) {
		y += 30
		put(24, y, "t", "from " time(from[i]))
		box(170, y - h, length_of(sidecar[i]), h, SIDECAR)
		put(178 + length_of(sidecar[i]), y - 2, "s", sidecar[i])
		if (!has_beside) continue
		box(170, y + 1, length_of(beside[i]), h, LINUX)
		put(178 + length_of(beside[i]), y + 10, "s", beside[i])
	}
	return y + 24
}

END {
	GOOD = "#2a8a3e"; BAD = "#c62828"; SIDECAR = "#1f5fa8"; LINUX = "#d98a00"
	height = 150 + 22 * (nr + nr_left) + 160 + (nr_rows ? 80 + 30 * nr_rows : 0)
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"%d\" viewBox=\"0 0 760 %d\">\n",
		height, height
	print "<title>xen-sidecar-check: " escaped(the_verdict()) "</title>"
	print "<style>text{font-family:sans-serif;fill:#1a1a1a}.v{font-size:18px;font-weight:bold}" \
		".h{font-size:14px;font-weight:bold}.t{font-size:13px}.n{font-size:13px;fill:#444444}" \
		".s{font-size:10px;fill:#444444}</style>"
	box(0, 0, 760, height, "#ffffff")
	box(0, 0, 8, height, failed || !nr ? BAD : GOOD)
	put(24, 34, "v", toupper(substr(the_verdict(), 1, 1)) substr(the_verdict(), 2))
	put(24, 58, "n", fact["cpu"] ", " count(fact["cpus"], "CPU") ", " \
		count(fact["nodes"], "NUMA node"))
	put(24, 78, "n", "Xen " fact["xen"] ", dom0 " fact["dom0"] ", " fact["date"])
	y = draw_cases(112)
	y = draw_figures(y + 36)
	draw_gaps(y + 20)
	print "</svg>"
}
