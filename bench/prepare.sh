# What run.sh and profile.sh begin with: the Debian packages of the programs
# named in $needs, and Gatehouse and the programs of bench/ built into $bin.
# Sourced from the top of the repository.
export PATH="$PATH:/usr/sbin"

say() { echo "bench: $*" >&2; }
die() { say "$*"; exit 1; }

# need PROGRAM PACKAGE: true when the program is there or could be installed.
need() {
	command -v "$1" >/dev/null && return
	if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
		say "installing $2"
		[[ -n ${updated:-} ]] || { apt-get update -qq >&2 && updated=1; }
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$2" >&2 || true
	fi
	command -v "$1" >/dev/null || die "missing: $1 (Debian's package $2; as root this script installs it)"
}

need go golang
need taskset util-linux
need wrk wrk

say "building"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$bin/gatehouse" ./cmd/gatehouse
go build -o "$bin" ./bench/...
ulimit -n "$(ulimit -Hn)"
