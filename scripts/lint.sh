#!/usr/bin/env bash
# Formatting, vet and module hygiene.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files --cached --others --exclude-standard '*.go' | xargs -r gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'not gofmt-ed:\n%s\n' "$unformatted" >&2
  exit 1
fi
go vet ./...
go mod verify >/dev/null
go mod tidy -diff
echo 'lint: ok'
