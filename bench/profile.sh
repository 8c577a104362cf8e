#!/usr/bin/env bash
# Writes pprof files of Gatehouse (CPU, heap, allocs) in the rows that BENCH_ROWS
# names, or signed in with 1 KiB over 64 connections, to a directory,
# bench/results unless named: bench/profile.sh [DIRECTORY]
#
#   BENCH_SECONDS=10   of load
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/prepare.sh
BENCH_SECONDS=${BENCH_SECONDS:-10} BENCH_PROFILE=${1:-bench/results} "$bin/compare" -bin "$bin"
