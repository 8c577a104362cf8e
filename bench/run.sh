#!/usr/bin/env bash
# Measures every row of README.md's table side by side with the yardsticks and
# prints Markdown; the attacks follow, because speed must not cost a check.
# README.md lists the settings and says how to read the table.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/prepare.sh

need nginx nginx-light
need haproxy haproxy
need h2load nghttp2-client
need redis-server redis-server
need apache2 apache2
[[ -e /usr/lib/apache2/modules/mod_auth_openidc.so ]] || need "" libapache2-mod-auth-openidc

"$bin/compare" -bin "$bin"
[[ ${BENCH_ATTACK:-1} == 0 ]] || scripts/attack.sh
