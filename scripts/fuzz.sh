#!/usr/bin/env bash
# Runs every fuzz target of the module for FUZZTIME (default 10s) each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${FUZZTIME:-10s}

grep -rl --include='*_test.go' '^func Fuzz' --exclude-dir=e2e . | xargs -n1 dirname | sort -u | while read -r package; do
  grep -rho '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
    echo "fuzz: $package $target for $time"
    go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5x >/tmp/fuzz.$$ 2>&1 </dev/null || { cat /tmp/fuzz.$$; exit 1; }
  done
done
rm -f /tmp/fuzz.$$
