# SPDX-License-Identifier: MIT
# bench.svg: Linux alone beside the shim, above; more and more parked vCPUs,
# below. Medians, bars from the least to the most.
# gnuplot -e "csv='...'; out='...'"
set terminal svg size 900,760 font "sans-serif,12" background "white"
set output out
set datafile separator comma
set style line 1 lc rgb "#8a8a8a" lw 2 pt 7 ps 0.6
set style line 2 lc rgb "#1f6fb4" lw 2 pt 7 ps 0.6
set style line 3 lc rgb "#d9822b" lw 2 pt 7 ps 0.6
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set multiplot layout 2,2
# lines VCPUS,VALUE to lines VCPUS,MEDIAN,LEAST,MOST
median = "sort -t , -k 1n -k 2n | awk -F , 'function done() { if (n) \
	print at \",\" (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2 \",\" v[1] \",\" v[n]; n = 0 } \
	$1 != at { done(); at = $1 } { v[++n] = $2 } END { done() }'"
pick(s, f) = sprintf("< awk -F , '$1 == \"%s\" && $4 == \"%s\" { print $2 \",\" $5 }' %s | %s", s, f, csv, median)
# a figure of the whole, for each of them
each(s, f, of) = sprintf("< awk -F , '$1 == \"%s\" && $4 == \"%s\" { n[$2 \",\" $3] = $5 } \
	$1 == \"%s\" && $4 == \"%s\" { v[$2 \",\" $3] = $5 } \
	END { for (i in v) if (n[i] > 0) { split(i, k, \",\"); \
	print k[1] \",\" v[i] / n[i] } }' %s | %s", s, of, s, f, csv, median)

set xlabel "vCPUs of the guest"
set xtics (2, 4, 8)
set xrange [1:9]
set title "xl create to init: all vCPUs in Linux, or one and the rest parked"
set ylabel "seconds"
set yrange [0:*]
set key bottom right
plot pick("direct", "init_ms") using 1:($2 / 1000):($3 / 1000):($4 / 1000) with yerrorlines ls 1 title "Linux alone", \
     pick("shim", "init_ms") using 1:($2 / 1000):($3 / 1000):($4 / 1000) with yerrorlines ls 2 title "by the shim"

set title "A vCPU comes up: Linux's own bring-up, the sidecar's start"
set ylabel "milliseconds per vCPU"
set logscale y
set yrange [*:*]
set key center right
scale(t, n) = t / 1000 / (n - 1)
plot pick("direct", "smp_us") using 1:(scale($2, $1)):(scale($3, $1)):(scale($4, $1)) with yerrorlines ls 1 title "Linux alone", \
     pick("shim", "start_us") using 1:(scale($2, $1)):(scale($3, $1)):(scale($4, $1)) with yerrorlines ls 2 title "sidecar, until parked", \
     pick("shim", "call_us") using 1:(scale($2, $1)):(scale($3, $1)):(scale($4, $1)) with yerrorlines ls 3 title "sidecar, the multicall"
unset logscale y

set xtics (4, 16, 32, 64, 127)
set xrange [0:131]
set title "xl create to init, Linux on four vCPUs, the rest parked"
set ylabel "seconds"
set yrange [0:*]
set key bottom right
plot pick("many", "init_ms") using 1:($2 / 1000):($3 / 1000):($4 / 1000) with yerrorlines ls 2 title "create to init", \
     pick("many", "linux_ms") using 1:($2 / 1000):($3 / 1000):($4 / 1000) with yerrorlines ls 1 title "of it Linux"

set title "Starting them: the boot vCPU's time for each"
set ylabel "milliseconds per vCPU"
set key top left
plot each("many", "call_us", "by_call") using 1:($2 / 1000):($3 / 1000):($4 / 1000) with yerrorlines ls 2 title "by multicall", \
     each("many", "sipi_us", "by_sipi") using 1:($2 / 1000):($3 / 1000):($4 / 1000) with yerrorlines ls 3 title "by SIPI"
unset multiplot
