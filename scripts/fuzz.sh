#!/usr/bin/env bash
# Runs every fuzz target of the module for FUZZTIME (default 10s) each, as many
# beside each other as there are cores, and tells of all that fail.
set -euo pipefail
cd "$(dirname "$0")/.."
export time=${FUZZTIME:-10s}

one() {
  log=$(mktemp)
  status=0
  go test "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 5x -parallel 1 >"$log" 2>&1 </dev/null || status=$?
  # Before Go 1.27 the end of the time may itself be called a failure
  # (go.dev/issue/75804). A target that fails names its input or what crashed.
  if [ "$status" != 0 ] && grep -q '^    context deadline exceeded$' "$log" &&
    ! grep -qE 'Failing input|panic|fuzzing process|_test\.go:' "$log"; then
    status=0
  fi
  if [ "$status" = 0 ]; then
    echo "fuzz: $1 $2 for $time"
  else
    echo "fuzz: $1 $2 failed"
    cat "$log"
  fi
  rm -f "$log"
  return "$status"
}
export -f one

grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' --exclude-dir=e2e . |
  sed -E 's|^(.*)/[^/]*_test.go:func (.*)$|\1 \2|' | sort -u |
  xargs -P "$(nproc)" -L 1 bash -c 'one "$@"' _
