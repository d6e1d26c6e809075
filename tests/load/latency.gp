# gnuplot -c latency.gp SIZE…: the share of a burst's documents that had landed a time after their
# answer. Run in the folder of the columns.
set terminal svg size 480 * ARGC, 360 font "sans,12" background "white"
set output "latency.svg"
set multiplot layout 1, ARGC
set key top left
set grid
set logscale x
set format x "%.0f"
set xlabel "milliseconds from the answer until in all stores"
set ylabel "per cent of documents"
set yrange [0:100]
do for [i = 1:ARGC] {
  set title sprintf("%s deliveries at once", ARGV[i])
  plot for [path in "direct temporal"] sprintf("burst-%s-%s.dat", ARGV[i], path) using 1:2 \
       with lines linewidth 2 title path
}
