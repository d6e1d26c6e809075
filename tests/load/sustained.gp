# What a fixed pace left to do, and what was done each second. Run in the folder of the columns.
set terminal svg size 960, 640 font "sans,12" background "white"
set output "sustained.svg"
set multiplot layout 2, 1
set key above
set grid
set xlabel "seconds"
set yrange [0:*]
set title "answered and not yet in all stores"
set ylabel "documents"
plot for [path in "direct temporal"] sprintf("sustained-%s.dat", path) using 1:4 \
     with lines title path, \
     "sustained-temporal.dat" using 1:5 with lines title "temporal: in the inbox"
set title "landed"
set ylabel "documents/s, mean of 10 s"
plot for [path in "direct temporal"] sprintf("sustained-%s.dat", path) using 1:11 \
     with lines title path
