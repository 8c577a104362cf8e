#!/usr/bin/env bash
# Measures what one signed-in person feels while others attack, and prints
# Markdown. README.md says how to read it.
#
#   BENCH_SECONDS=10   of each measurement
#   BENCH_PORT=9320    first of three free ports on 127.0.0.1
set -euo pipefail
cd "$(dirname "$0")/.."
port=${BENCH_PORT:-9320}
upstream=127.0.0.1:$port idp=127.0.0.1:$((port + 1)) gateway=127.0.0.1:$((port + 2))

tmp=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
go build -trimpath -ldflags "-s -w" -o "$tmp/gatehouse" ./cmd/gatehouse
for program in upstream idp signin canary; do go build -o "$tmp/$program" "./bench/$program"; done

wait_for() {
	for _ in $(seq 100); do (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null && return; sleep 0.1; done
	echo "canary: nobody listens on $1" >&2
	cat "$tmp"/*.log >&2
	exit 1
}

# The gateway has a core of its own: what is measured is how it shares that,
# and not how the kernel shares cores with the load.
own=() others=()
if [ "$(nproc)" -gt 1 ] && command -v taskset >/dev/null; then
	others=(taskset -c "0-$(($(nproc) - 2))") own=(env GOMAXPROCS=1 taskset -c $(($(nproc) - 1)))
fi

"${others[@]}" "$tmp/upstream" -listen "$upstream" & pids+=($!)
"${others[@]}" "$tmp/idp" -listen "$idp" -redirect-uris "http://$gateway/.auth/callback/bench" & pids+=($!)
cat >"$tmp/gatehouse.yaml" <<-END
	server:
	  listen: $gateway
	  admin: {listen: ""}
	session:
	  keys: ["$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')"]
	providers:
	  - name: bench
	    type: pingone
	    environment_id: $("$tmp/idp" -print-environment)
	    base_url: http://$idp
	    client_id: bench
	    client_secret: bench-secret
	routes:
	  - {name: app, from: "http://$gateway", to: "http://$upstream", policy: [{allow: {email_domain: example.com}}]}
	log: {format: json, access: false}
END
wait_for "$upstream"
wait_for "$idp"
"${own[@]}" "$tmp/gatehouse" serve --config "$tmp/gatehouse.yaml" 2>"$tmp/gatehouse.log" & pids+=($!)
pid=$!
wait_for "$gateway"
cookie=$("$tmp/signin" -url "http://$gateway/1k")
ulimit -n "$(ulimit -Hn)"
echo "$(nproc) cores, load average $(cut -d ' ' -f 1 /proc/loadavg) before; ${BENCH_SECONDS:-10} s each; ${own[*]:+the gateway on one core, all else on the others}"
echo
"${others[@]}" "$tmp/canary" -to "$gateway" -cookie "$cookie" -pid "$pid" -seconds "${BENCH_SECONDS:-10}"
