#!/usr/bin/env bash
# Runs the benchmark programs of a build and names the machine they ran on.
#   tools/run_benches.sh BIN_DIR [REGEX]        REGEX chooses among the benchmarks' names
# How a whole scan compares with hashdeep: tools/bench_scan.py
set -euo pipefail

bin=$1
choose=${2:-.}
model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
echo "machine: ${model:-unknown}, $(nproc) processors, Linux $(uname -r)"
shopt -s nullglob
programs=("$bin"/*_bench)
if [ ${#programs[@]} -eq 0 ]; then
    echo "run_benches.sh: no benchmark in $bin: run \`make bench\`" >&2
    exit 1
fi
state=$bin/../test_postgresql
tools=$(dirname "$0")
"$tools/test_postgresql.py" start-durable "$state"
trap '"$tools/test_postgresql.py" stop "$state"' EXIT
for program in "${programs[@]}"; do
    echo "== ${program##*/}"
    "$program" --benchmark_filter="$choose" --benchmark_counters_tabular=true
done
