package gateway_test

import (
	"net"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// redisFile keeps its sessions at ${REDIS}.
const redisFile = `
session:
  keys: ["${KEY}"]
  store: redis
  redis: {urls: "${REDIS}"}
routes:
  - {name: wiki, from: "https://wiki.example.test", to: "${APP}", policy: public}
`

// TestDoctorLooksAtRedis: what keeps sessions from a server, beside the same
// server as it should be.
func TestDoctorLooksAtRedis(t *testing.T) {
	t.Parallel()
	app := newApp(t).url
	fine := redistest.Start(t)
	t.Cleanup(func() {
		if keys := fine.Do("INFO", "keyspace"); strings.Contains(keys, "keys=") {
			t.Errorf("left behind: %q", keys)
		}
	})
	locked := redistest.Start(t, "--requirepass", "secret-of-redis")
	locked.DoAs("secret-of-redis", "ACL", "SETUSER", "reader", "on", ">secret-of-reader", "~*", "+@read", "+@connection", "+client|tracking")
	locked.DoAs("secret-of-redis", "ACL", "SETUSER", "gatehouse", "on", ">secret-of-gatehouse", "~gatehouse:*",
		"+@connection", "+@read", "+@write", "+@scripting", "+time", "+scan", "+client|tracking", "+client|setname")
	replica := redistest.Start(t, "--replicaof", "127.0.0.1", fine.Port())
	evicting := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	full := redistest.Start(t, "--maxmemory", "1")
	nobody := "127.0.0.1:" + freePort(t)
	for _, c := range []struct {
		name, url     string
		check, detail string
		fix           string // empty: that check is fine, and so are all others
	}{
		{"all is well", "redis://" + fine.Address + "/3", "latency", "a round trip takes", ""},
		{"all is well, with a password", "redis://:secret-of-redis@" + locked.Address, "auth", "the password holds", ""},
		{"all is well, with the rights that the document lists", "redis://gatehouse:secret-of-gatehouse@" + locked.Address, "info", "not told", ""},
		{"volatile-ttl", "redis://" + fine.Address, "eviction", "none", ""},
		{"nobody is there", "redis://" + nobody, "connect", "connection refused", "Nobody listens there"},
		{"no such host", "redis://no-such-server.invalid", "connect", "no-such-server.invalid", "host name"},
		{"a password is missing", "redis://" + locked.Address, "auth", "NOAUTH", "Put user name and password"},
		{"a wrong password", "redis://:secret-wrong@" + locked.Address, "auth", "WRONGPASS", "Correct user name and password"},
		{"TLS where there is none", "rediss://" + fine.Address, "tls", "", "TLS"},
		{"no such database", "redis://" + fine.Address + "/99", "auth", "DB index", "number of the database"},
		{"rights are missing", "redis://reader:secret-of-reader@" + locked.Address, "write", "NOPERM", "rights"},
		{"a replica", "redis://" + replica.Address, "role", "a replica of 127.0.0.1", "Name the master"},
		{"it evicts", "redis://" + evicting.Address, "eviction", "allkeys-lru", "noeviction"},
		{"it is full", "redis://" + full.Address, "write", "OOM", "maxmemory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := examined(t, redisFile, nil, map[string]string{"REDIS": c.url, "APP": app})
			d, there := found[c.check]
			if !there || !strings.Contains(d.Detail, c.detail) || (d.Fix == "") != (c.fix == "") || !strings.Contains(d.Fix, c.fix) {
				t.Errorf("%s: %+v; want %q → %q", c.check, d, c.detail, c.fix)
			}
			for check, d := range found {
				if c.fix == "" && !d.OK {
					t.Errorf("%s: %s → %s", check, d.Detail, d.Fix)
				}
			}
		})
	}
}

func TestDoctorGoesBySentinelsAndClusters(t *testing.T) {
	t.Parallel()
	app := newApp(t).url
	watched := redistest.StartWatched(t)
	several := func(addresses []string) string { return `["redis://` + strings.Join(addresses, `", "redis://`) + `"]` }
	file := func(master, urls, more string) string {
		return strings.Replace(redisFile, `urls: "${REDIS}"`, `urls: `+urls+master+more, 1)
	}
	env := func() map[string]string { return map[string]string{"APP": app} }
	found := examined(t, file(", sentinel_master: gatehouse", several(watched.Addresses()), ""), nil, env())
	for check, d := range found {
		if !d.OK {
			t.Errorf("%s: %+v", check, d)
		}
	}
	if d := found["role"]; !strings.HasSuffix(d.Subject, watched.Master.Address) || d.Detail != "a master; replicas: 1" {
		t.Errorf("%+v", d)
	}
	if d := examined(t, file(", sentinel_master: gatehous", several(watched.Addresses()), ""), nil, env())["master"]; d.OK || !strings.Contains(d.Fix, "sentinel_master") {
		t.Errorf("a master that nobody watches: %+v", d)
	}
	if d := examined(t, file(", sentinel_master: gatehouse", several([]string{watched.Master.Address}), ""), nil, env())["master"]; d.OK || !strings.Contains(d.Fix, "no sentinel") {
		t.Errorf("a server in place of a sentinel: %+v", d)
	}
	cluster := redistest.StartCluster(t)
	for check, d := range examined(t, file("", several(cluster.Addresses()), ", cluster: true"), nil, env()) {
		if !d.OK {
			t.Errorf("cluster: %s: %+v", check, d)
		}
	}
	found = examined(t, file("", several(cluster.Addresses()[:1]), ""), nil, env())
	if d := found["cluster"]; d.OK || !strings.Contains(d.Fix, "cluster: true") {
		t.Errorf("a cluster that is taken for one server: %+v", found)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
