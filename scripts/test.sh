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
    echo "installing $2"
    [ -n "${updated:-}" ] || { apt-get update -qq >/dev/null && updated=1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || true
  fi
  command -v "$1" >/dev/null
}

skip() { skipped+=("$1"); echo "skipped: $1"; }

echo '== lint'
scripts/lint.sh

echo '== unit and acceptance tests'
need redis-server redis-server && need redis-sentinel redis-sentinel || skip 'the Redis store (it needs redis-server and redis-sentinel)'
race=()
if need gcc gcc; then
  export CGO_ENABLED=1
  race=(-race)
else
  skip 'the race detector (it needs gcc)'
fi
# The attacks come next, with their scores.
go list ./... | grep -v '/attack$' | xargs go test "${race[@]}"
# The race detector allocates, and has a shadow of all memory, so ceilings are
# held without it.
go test -run 'Allocat|Idle|Light' ./cmd/gatehouse ./gateway

echo '== attacks'
scripts/attack.sh "${race[@]}"

echo '== fuzzing'
# Two dozen targets take some two minutes of two cores, and their instrumented
# builds one more. make fuzz gives each a minute.
scripts/fuzz.sh

echo '== end to end'
# The tests skip, by name, what is not there after this.
need chromium chromium || skip 'the browser tests (they need chromium)'
need nginx nginx-light || skip 'the tests behind nginx'
need caddy caddy || skip 'forward auth for Caddy'
if ! need node nodejs || ! need npm npm; then
  skip 'the third provider (it needs node and npm)'
fi
(cd e2e && go vet ./... && go test ./...)

echo '== deployment'
need systemd-analyze systemd || skip 'the systemd units (they need systemd-analyze)'
(cd deploy && go vet ./... && go test ./...)

if [ ${#skipped[@]} -gt 0 ]; then
  printf 'skipped in all: %s\n' "${skipped[@]}"
  [ "${CI:-}" != true ] || { echo 'in CI nothing may be skipped' >&2; exit 1; }
fi
echo 'all tests passed'
