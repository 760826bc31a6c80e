#!/usr/bin/env bash
# Peak resident memory of a sweep of many short fits, and of its report:
#
#     benches/memory.sh [RUNS]            # 1,000,000 if left out
#
# The sweep goes to target/memory and is removed. Linux only: the peak is VmHWM in /proc.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-1000000}
folder=target/memory
runner=target/debug/runner
[ -n "${RUNNER_BUILT:-}" ] || cargo build --quiet --locked -p runner
rm -rf $folder
mkdir -p $folder
cat >$folder/short.toml <<CONFIG
name = "short"
seed = 1
replicates = $((runs / 4))

[[dataset.mixture]]
id = "pair"
n = 50
weights = [0.5, 0.5]
means = [[0.0], [3.0]]
covariances = [[[1.0]], [[1.0]]]
components = [2]

[grid]
method = ["em", "k-means"]
start = ["tutorial", "random-points"]

[stop]
gain-per-row = 1e-4
max-iterations = 20
CONFIG

peak() {
    local what=$1 begun=$SECONDS peak=0 now
    shift
    "$@" >/dev/null 2>$folder/messages &
    local process=$!
    # The high-water mark only rises: the last look before the end counts.
    while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$process/status" 2>/dev/null) && [ -n "$now" ]; do
        peak=$now
        sleep 0.1
    done
    wait $process
    echo "$what: $((peak / 1024)) MiB, $((SECONDS - begun)) s"
}

peak "sweep of $runs runs" $runner $folder/short.toml --out $folder/results --no-report
peak "its report" $runner report $folder/results
du -sh $folder/results | cut -f1 | sed 's/^/size on disk: /'
rm -rf $folder
