#!/usr/bin/env bash
# Formatting, no built files, vet and module hygiene.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files --cached --others --exclude-standard '*.go' | xargs -r gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'not gofmt-ed:\n%s\n' "$unformatted" >&2
  exit 1
fi
large=$(git ls-files --cached --others --exclude-standard -z | xargs -0 -r ls -lL 2>/dev/null | awk '$5 > 1048576 {print $NF}')
if [ -n "$large" ]; then
  printf 'larger than a source file, probably built:\n%s\n' "$large" >&2
  exit 1
fi
go vet ./...
go mod verify >/dev/null
go mod tidy -diff
echo 'lint: ok'
