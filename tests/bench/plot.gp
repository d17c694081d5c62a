# SPDX-License-Identifier: MIT
# bench.svg: Linux's own bring-up beside the sidecar's start, and the time to
# init while more and more vCPUs park. gnuplot -e "csv='...'; out='...'"
set terminal svg size 900,420 font "sans-serif,12" background "white"
set output out
set datafile separator comma
set style line 1 lc rgb "#8a8a8a" lw 2 pt 7
set style line 2 lc rgb "#1f6fb4" lw 2 pt 7
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set key top left
set multiplot layout 1,2
pick(s, f) = sprintf("< awk -F , '$1 == \"%s\" && $4 == \"%s\" { print $2 \",\" $5 }' %s | sort -n", s, f, csv)

set title "A vCPU comes up: Linux's own bring-up, the sidecar's start"
set xlabel "vCPUs of the guest"
set ylabel "milliseconds per vCPU"
set logscale y
set xtics (2, 4, 8)
set xrange [1:9]
plot pick("direct", "smp_us") using 1:($2 / 1000 / ($1 - 1)) smooth unique with linespoints ls 1 title "Linux alone", \
     pick("shim", "start_us") using 1:($2 / 1000 / ($1 - 1)) smooth unique with linespoints ls 2 title "sidecar, until parked", \
     pick("shim", "call_us") using 1:($2 / 1000 / ($1 - 1)) smooth unique with linespoints ls 2 dt 2 title "sidecar, the multicall"

unset logscale y
set title "xl create to init, Linux on four vCPUs, the rest parked"
set ylabel "seconds"
set xtics (4, 16, 32, 64, 127)
set xrange [0:131]
set yrange [0:*]
set key bottom right
plot pick("many", "init_ms") using 1:($2 / 1000) smooth unique with linespoints ls 2 title "create to init", \
     pick("many", "linux_ms") using 1:($2 / 1000) smooth unique with linespoints ls 1 title "of it Linux"
unset multiplot
