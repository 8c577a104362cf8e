#!/usr/bin/env bash
# Runs the attack suite and prints the score of each area. Arguments go to go
# test: scripts/attack.sh -race -run Paths
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT
if go test -count=1 -v "$@" ./attack >"$out" 2>&1; then
  grep -E '^[a-z].*: [0-9]+/[0-9]+$' "$out"
else
  grep -vE '^ *(=== |--- (PASS|SKIP))' "$out"
  exit 1
fi
