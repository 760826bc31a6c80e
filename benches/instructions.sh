#!/bin/sh
# Prints instructions per fit of a sweep from start to finished tables, of the fit alone and of one iteration, for the
# row S of the benches (iris, K = 3, full, random starts to a gain of 1e-6 per row). What is printed is the difference of a
# longer and a shorter sweep, so that what a process does once does not count. Counts disturb no neighbour and are disturbed
# by none, but only counts of the same machine and profile compare: valgrind knows AVX2 at most, has no instructions for
# SHA-256, and counts every step of a repeated store.
#
#     benches/instructions.sh [PROGRAM]      # default: target/debug/runner; needs valgrind
set -eu
cd "$(dirname "$0")/.."
program=${1:-target/debug/runner}
shorter=256 longer=512
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for fits in $shorter $longer; do
    valgrind --tool=callgrind --callgrind-out-file="$work/$fits" "$program" benches/iris.toml replicates=$fits \
        --out "$work/results-$fits" --no-report --quiet --jobs 1 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
    # Lines such as: 1,234 (0.1%)  < ???:function (56x) [program]: what is marked `*` is called by what is marked `<`.
    callgrind_annotate --tree=caller --inclusive=yes --threshold=100 "$work/$fits" > "$work/tree-$fits"
done

# Total, those inside the fits, and number of M-steps. Calls stand before the function that is called.
count() {
    awk '
        { number = $1; gsub(",", "", number) }
        /PROGRAM TOTALS/ { total = number }
        /%\)  < / { if (match($0, /\([0-9,]+x\)/)) { text = substr($0, RSTART + 1, RLENGTH - 3); gsub(",", "", text); calls += text } }
        /  \*  / {
            if (/:em::fit::fit_with_remedies/) fit = number
            if (/EmMap<.* as em::scheme::Steps>::maximize/) steps = calls
        }
        /^ *$/ || /  \*  / { calls = 0 }
        END { print total + 0, fit + 0, steps + 0 }
    ' "$work/tree-$1"
}

{ count $shorter; count $longer; } | awk -v fits=$((longer - shorter)) '
    NR == 1 { total = $1; fit = $2; steps = $3 }
    NR == 2 {
        total = $1 - total; fit = $2 - fit; steps = $3 - steps
        if (steps <= 0) { print "no M-step was counted: is the program without symbols?" > "/dev/stderr"; exit 1 }
        printf "instructions per fit, end to end  %10.0f\n", total / fits
        printf "  of these in em::fit             %10.0f\n", fit / fits
        printf "  beside it                       %10.0f\n", (total - fit) / fits
        printf "iterations per fit                %10.1f\n", steps / fits
        printf "instructions per iteration        %10.0f\n", fit / steps
    }'
