#!/usr/bin/env bash
# Measures Gatehouse against nginx and a bare Go ReverseProxy in one interleaved
# run, and prints Markdown. README.md says what is measured and how to read it.
#
#   BENCH_ROUNDS=3           rounds; the table shows medians
#   BENCH_SECONDS=3          seconds of load for each measurement
#   BENCH_PROXIES="…"        of: nginx bare gatehouse gatehouse_log gatehouse_trace
#   BENCH_PROXY_CPU=1        core of the proxy under test
#   BENCH_LOAD_CPUS=…        cores of everything else; default all others
#   BENCH_PORT=9300          first of ten free ports on 127.0.0.1
#   BENCH_SAVE=1             also writes bench/results.md
#   OAUTH2_PROXY=, VOUCH=    reserved for those peers' binaries
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${BENCH_ROUNDS:-3}
seconds=${BENCH_SECONDS:-3}
read -ra proxies <<<"${BENCH_PROXIES:-nginx bare gatehouse gatehouse_log gatehouse_trace}"
port=${BENCH_PORT:-9300}
cores=$(nproc)
proxy_cpu=${BENCH_PROXY_CPU:-$((cores > 1 ? 1 : 0))}
load_cpus=${BENCH_LOAD_CPUS:-}
if [[ -z $load_cpus ]]; then
	for ((cpu = 0; cpu < cores; cpu++)); do
		[[ $cpu -eq $proxy_cpu && $cores -gt 1 ]] || load_cpus+=${load_cpus:+,}$cpu
	done
fi

say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }

# --- what is needed ---------------------------------------------------------

# need_packages installs the Debian packages of commands that are missing when
# it may, and otherwise names them.
need_packages() {
	local missing=() name
	command -v wrk >/dev/null || missing+=(wrk)
	command -v nginx >/dev/null || missing+=(nginx)
	command -v taskset >/dev/null || missing+=(util-linux)
	command -v pgrep >/dev/null || missing+=(procps)
	[[ ${#missing[@]} -eq 0 ]] && return
	if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
		say "installing ${missing[*]}"
		apt-get update -qq >&2
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
	else
		die "missing: ${missing[*]} (Debian packages; as root this script installs them)"
	fi
}

for name in OAUTH2_PROXY VOUCH; do
	[[ -z ${!name:-} ]] || say "$name is reserved and not measured yet"
done
command -v go >/dev/null || die "missing: go"
need_packages
[[ $cores -gt 1 ]] || say "one core only: load and proxy share it, so only CPU per request means anything"

tmp=$(mktemp -d)
pids=()
cleanup() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say "building"
mkdir "$tmp/bin"
wants() { [[ " ${proxies[*]} " == *" $1 "* ]]; }
programs=(upstream bare table)
with_gatehouse=false
if wants gatehouse || wants gatehouse_log || wants gatehouse_trace; then
	with_gatehouse=true
	programs+=(idp signin ready)
	go build -trimpath -ldflags "-s -w" -o "$tmp/bin/gatehouse" ./cmd/gatehouse
fi
for program in "${programs[@]}"; do
	go build -o "$tmp/bin/$program" "./bench/$program"
done

# --- the parts --------------------------------------------------------------

upstream=127.0.0.1:$port
idp=127.0.0.1:$((port + 1))
declare -A address=(
	[nginx]=127.0.0.1:$((port + 2))
	[bare]=127.0.0.1:$((port + 3))
	[gatehouse]=127.0.0.1:$((port + 4))
	[gatehouse_log]=127.0.0.1:$((port + 5))
	[gatehouse_trace]=127.0.0.1:$((port + 7))
	[start]=127.0.0.1:$((port + 6))
)
declare -A title=(
	[nginx]="nginx proxy_pass"
	[bare]="bare ReverseProxy"
	[gatehouse]="Gatehouse"
	[gatehouse_log]="Gatehouse, access log"
	[gatehouse_trace]="Gatehouse, traces at 1 %"
)
declare -A pid_of cookie

# start NAME CPUS COMMAND… runs a command in the background on CPUS, with its
# output in $tmp/NAME.log. Appending lets the file be emptied under way.
start() {
	local name=$1 cpus=$2
	shift 2
	taskset -c "$cpus" "$@" >>"$tmp/$name.log" 2>&1 &
	pid_of[$name]=$!
	pids+=($!)
}

# wait_for NAME HOST:PORT waits until somebody listens.
wait_for() {
	local name=$1 host=${2%:*} port=${2##*:}
	for _ in $(seq 100); do
		(exec 3<>"/dev/tcp/$host/$port") 2>/dev/null && return
		kill -0 "${pid_of[$name]}" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 20 "$tmp/$name.log" >&2
	die "$name does not listen on $2"
}

nginx_config() {
	cat <<-EOF_NGINX
		daemon off;
		worker_processes 1;
		pid $tmp/nginx.pid;
		error_log stderr crit;
		events { worker_connections 4096; }
		http {
			access_log off;
			client_body_temp_path $tmp/nginx-body;
			proxy_temp_path $tmp/nginx-proxy;
			fastcgi_temp_path $tmp/nginx-fastcgi;
			uwsgi_temp_path $tmp/nginx-uwsgi;
			scgi_temp_path $tmp/nginx-scgi;
			upstream app {
				server $upstream;
				keepalive 1024;
				keepalive_requests 1000000000;
			}
			server {
				listen ${address[nginx]};
				keepalive_requests 1000000000;
				location / {
					proxy_pass http://app;
					proxy_http_version 1.1;
					proxy_set_header Connection "";
					proxy_set_header Host \$http_host;
					proxy_set_header X-Forwarded-For \$remote_addr;
					proxy_set_header X-Forwarded-Proto \$scheme;
					proxy_set_header X-Forwarded-Host \$http_host;
					proxy_max_temp_file_size 0;
				}
			}
		}
	EOF_NGINX
}

# gatehouse_config HOST:PORT ACCESS is the file of one instance. The PingOne
# shape is as short as a real one; only base_url is for here.
gatehouse_config() {
	cat <<-EOF_GATEHOUSE
		server:
		  listen: $1
		  admin: {listen: ""}
		session:
		  keys: ["$session_key"]
		providers:
		  - name: bench
		    type: pingone
		    environment_id: $environment_id
		    base_url: http://$idp
		    client_id: bench
		    client_secret: bench-secret
		routes:
		  - name: app
		    from: http://$1
		    to: http://$upstream
		    policy:
		      - allow: {email_domain: example.com}
		log: {format: json, access: $2}
	EOF_GATEHOUSE
}

start upstream "$load_cpus" "$tmp/bin/upstream" -listen "$upstream"
wait_for upstream "$upstream"

if wants nginx; then
	nginx_config >"$tmp/nginx.conf"
	start nginx "$proxy_cpu" nginx -p "$tmp" -e stderr -c "$tmp/nginx.conf"
	wait_for nginx "${address[nginx]}"
fi
if wants bare; then
	start bare "$proxy_cpu" env GOMAXPROCS=1 "$tmp/bin/bare" -listen "${address[bare]}" -to "http://$upstream"
	wait_for bare "${address[bare]}"
fi
if $with_gatehouse; then
	session_key=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
	environment_id=$("$tmp/bin/idp" -print-environment)
	callbacks=
	for name in gatehouse gatehouse_log gatehouse_trace; do
		callbacks+=${callbacks:+,}http://${address[$name]}/.auth/callback/bench
	done
	start idp "$load_cpus" "$tmp/bin/idp" -listen "$idp" -redirect-uris "$callbacks"
	wait_for idp "$idp"
	for name in gatehouse gatehouse_log gatehouse_trace; do
		wants "$name" || continue
		access=false
		[[ $name != gatehouse_log ]] || access=true
		gatehouse_config "${address[$name]}" "$access" >"$tmp/$name.yaml"
		# The provider refuses what is posted there: the cost here is the same.
		[[ $name != gatehouse_trace ]] || echo "telemetry: {otlp_endpoint: \"http://$idp\", sample: 0.01}" >>"$tmp/$name.yaml"
		start "$name" "$proxy_cpu" env GOMAXPROCS=1 "$tmp/bin/gatehouse" serve --config "$tmp/$name.yaml"
		wait_for "$name" "${address[$name]}"
		if ! cookie[$name]=$("$tmp/bin/signin" -url "http://${address[$name]}/1k"); then
			tail -n 20 "$tmp/$name.log" >&2
			die "cannot sign in through $name"
		fi
	done
fi

# --- measuring --------------------------------------------------------------

# family PID prints the process and its children: nginx works in a child.
family() { echo "$1" $(pgrep -P "$1" || true); }

# cpu_seconds PID is user and system time so far, proc_pid_stat(5) 14 and 15.
# The command's name, which may hold anything, is cut off first.
cpu_seconds() {
	local pid
	for pid in $(family "$1"); do sed 's/.*) //' "/proc/$pid/stat"; done |
		awk -v hertz="$(getconf CLK_TCK)" '{ticks += $12 + $13} END {printf "%.2f", ticks / hertz}'
}

# resident_kib PID is the memory of the process and its children.
resident_kib() {
	local pid
	for pid in $(family "$1"); do cat "/proc/$pid/status"; done | awk '/^VmRSS:/ {kib += $2} END {print kib}'
}

# load NAME PATH CONNECTIONS SECONDS prints: requests seconds p50 p99 failed.
load() {
	local header=()
	[[ -z ${cookie[$1]:-} ]] || header=(-H "Cookie: ${cookie[$1]}")
	taskset -c "$load_cpus" wrk -t 1 -c "$3" -d "$4s" --latency -s bench/report.lua "${header[@]}" "http://${address[$1]}$2" |
		sed -n 's/^RESULT //p'
}

measure() {
	local round=$1 name=$2 path=$3 body=$4 connections=$5 before after result
	before=$(cpu_seconds "${pid_of[$name]}")
	result=$(load "$name" "$path" "$connections" "$seconds")
	after=$(cpu_seconds "${pid_of[$name]}")
	[[ -n $result ]] || die "wrk said nothing about $name"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$round" "$body" "$connections" "${title[$name]}" "${result// /$'\t'}" \
		"$(awk "BEGIN {print $after - $before}")" "$(resident_kib "${pid_of[$name]}")" >>"$tmp/rounds.tsv"
	: >"$tmp/$name.log"
}

for name in "${proxies[@]}"; do
	[[ -n ${address[$name]:-} && -n ${title[$name]:-} ]] || die "unknown proxy $name"
	load "$name" /1k 64 1 >/dev/null # warm up
done
for ((round = 1; round <= rounds; round++)); do
	for connections in 64 1; do
		for body in "1 KiB" "1 MiB"; do
			path=/1k
			[[ $body == "1 KiB" ]] || path=/1m
			say "round $round of $rounds: $body, $connections connections"
			for name in "${proxies[@]}"; do
				measure "$round" "$name" "$path" "$body" "$connections"
			done
		done
	done
done

# --- telling ----------------------------------------------------------------

report() {
	echo "## $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $cores cores, Linux $(uname -r)"
	echo
	echo "$(go version | cut -d ' ' -f 3), $(nginx -v 2>&1 | sed 's/.*: //'), medians of $rounds rounds of $seconds s," \
		"proxies on core $proxy_cpu, load and upstream on $load_cpus."
	echo
	"$tmp/bin/table" <"$tmp/rounds.tsv"
	if $with_gatehouse; then
		gatehouse_config "${address[start]}" false >"$tmp/start.yaml"
		read -r milliseconds mebibytes < <("$tmp/bin/ready" -url "http://${address[start]}/.auth/ok" -- \
			taskset -c "$proxy_cpu" env GOMAXPROCS=1 "$tmp/bin/gatehouse" serve --config "$tmp/start.yaml")
		echo "### Gatehouse at rest"
		echo
		echo "| start to ready | RSS, idle | binary, stripped |"
		echo "|---:|---:|---:|"
		echo "| $milliseconds ms | $mebibytes MiB | $(stat -c %s "$tmp/bin/gatehouse" | awk '{printf "%.1f", $1 / 1048576}') MiB |"
	fi
}

if [[ -n ${BENCH_SAVE:-} ]]; then
	report | tee bench/results.md
else
	report
fi
failed=$(awk -F '\t' '{failed += $9} END {print failed + 0}' "$tmp/rounds.tsv")
[[ $failed -eq 0 ]] || die "$failed requests failed; the table counts nothing until they do not"
