#!/usr/bin/env bash
# Everything that CI holds us to. Installs what the tests need when it may and
# names what it had to skip; with CI=true a skip is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin"
skipped=()

# need PROGRAM PACKAGE: true when the program is there or could be installed.
need() {
  command -v "$1" >/dev/null && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    [ -n "${updated:-}" ] || { apt-get update -qq >/dev/null && updated=1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || true
  fi
  command -v "$1" >/dev/null
}

skip() { skipped+=("$1"); echo "skipped: $1"; }

echo '== lint'
scripts/lint.sh

echo '== unit tests'
if need gcc gcc; then
  go test -race ./...
else
  go test ./...
  skip 'the race detector (it needs gcc)'
fi

echo '== fuzzing'
FUZZTIME=${FUZZTIME:-5s} scripts/fuzz.sh

if [ -d e2e ]; then
  echo '== end to end'
  if need chromium chromium; then
    (cd e2e && go vet ./... && go test ./...)
  else
    skip 'the browser tests (they need chromium)'
  fi
fi

if [ ${#skipped[@]} -gt 0 ]; then
  printf 'skipped in all: %s\n' "${skipped[@]}"
  [ "${CI:-}" != true ] || { echo 'in CI nothing may be skipped' >&2; exit 1; }
fi
echo 'all tests passed'
