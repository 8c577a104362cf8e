#!/usr/bin/env bash
# Writes pprof files of the signed-in run (CPU, heap, allocs) to a directory,
# bench/results unless named: bench/profile.sh [DIRECTORY]
#
#   BENCH_SECONDS=10   of load
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/prepare.sh
BENCH_SECONDS=${BENCH_SECONDS:-10} BENCH_PROFILE=${1:-bench/results} "$bin/compare" -bin "$bin"
