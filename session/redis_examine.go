package session

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Finding is one thing that Examine looked at. It holds no secret.
type Finding struct {
	// About is the server's address, or empty for all of them together.
	About string
	// Check is what was looked at, in a word or two.
	Check string
	// Said is what was found, one line; Fix is what mends it, empty where
	// nothing has to be or where Err, a failure on the way there, says enough.
	Said, Fix string
	Err       error
}

const (
	// examinePatience bounds each server, and what is asked of all.
	examinePatience = 10 * time.Second
	// examineRounds are timed; their median above slowRound is too slow, since
	// each request of a session that is not remembered waits for it.
	examineRounds = 21
	slowRound     = 20 * time.Millisecond
)

// Examine tries everything that sessions need of the servers, in the order in
// which a connection meets it, and stops where nothing further could be told. One
// key that ends by itself is written and removed; nothing else is changed.
func (c *Redis) Examine(ctx context.Context) []Finding {
	x := &redisExaminer{Redis: c}
	servers := c.options.Addresses
	if c.options.SentinelMaster != "" {
		servers = x.sentinels(ctx)
	}
	reached := false
	for _, address := range servers {
		reached = x.server(ctx, address) || reached
	}
	if reached {
		x.together(ctx)
	}
	return x.found
}

// redisExaminer writes down what it finds.
type redisExaminer struct {
	*Redis
	found []Finding
}

func (x *redisExaminer) good(about, check, said string, args ...any) bool {
	x.found = append(x.found, Finding{About: about, Check: check, Said: fmt.Sprintf(said, args...)})
	return true
}

func (x *redisExaminer) bad(about, check, fix string, said string, args ...any) bool {
	x.found = append(x.found, Finding{About: about, Check: check, Fix: fix, Said: fmt.Sprintf(said, args...)})
	return false
}

// lost is bad by a failure on the way to the server.
func (x *redisExaminer) lost(about, check string, err error) bool {
	x.found = append(x.found, Finding{About: about, Check: check, Said: firstLine(err), Err: err})
	return false
}

// sentinels asks each of them, and returns where the master is.
func (x *redisExaminer) sentinels(ctx context.Context) []string {
	var masters []string
	for _, address := range x.options.Addresses {
		ctx, cancel := context.WithTimeout(ctx, examinePatience)
		client := x.enter(ctx, address, x.options.SentinelUsername, x.options.SentinelPassword, 0)
		if client == nil {
			cancel()
			continue
		}
		at, err := client.Do(ctx, client.B().SentinelGetMasterAddrByName().Master(x.options.SentinelMaster).Build()).AsStrSlice()
		client.Close()
		cancel()
		name := x.options.SentinelMaster
		switch {
		case rueidis.IsRedisNil(err):
			x.bad(address, "master", "Correct session.redis.sentinel_master, or have the sentinel watch it (sentinel monitor).", "this sentinel watches no master called %s", name)
		case err != nil || len(at) != 2:
			x.bad(address, "master", "What answers there seems to be no sentinel: correct session.redis.urls, or remove sentinel_master.", "it does not say where %s is: %v", name, err)
		default:
			master := net.JoinHostPort(at[0], at[1])
			x.good(address, "master", "%s is at %s", name, master)
			if !slices.Contains(masters, master) {
				masters = append(masters, master)
			}
		}
	}
	return masters
}

// server looks at one, and reports whether it let us in.
func (x *redisExaminer) server(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, examinePatience)
	defer cancel()
	client := x.enter(ctx, address, x.options.Username, x.options.Password, x.options.Database)
	if client == nil {
		return false
	}
	defer client.Close()
	text, err := client.Do(ctx, client.B().Info().Build()).ToString()
	if err != nil {
		return x.good(address, "info", "not told (%s), so version, role and eviction are not looked at", firstLine(err))
	}
	info := map[string]string{}
	for line := range strings.SplitSeq(text, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		info[name] = value
	}
	x.version(address, info)
	if on := info["cluster_enabled"] == "1"; on != x.options.Cluster {
		fix := "Set session.redis.cluster: true, and name several nodes in urls."
		if !on {
			fix = "Remove session.redis.cluster, or name the nodes of a cluster."
		}
		x.bad(address, "cluster", fix, "cluster mode is %s here", map[bool]string{true: "on", false: "off"}[on])
	}
	x.role(address, info)
	x.eviction(address, info)
	return true
}

func (x *redisExaminer) version(address string, info map[string]string) {
	product, version := "Redis", info["redis_version"]
	if v := info["valkey_version"]; v != "" {
		product, version = "Valkey", v
	}
	major, _ := strconv.Atoi(strings.SplitN(version, ".", 2)[0])
	if major < 6 {
		x.bad(address, "version", "Sessions need Redis 6 or newer, or Valkey.", "%s %s", product, version)
		return
	}
	x.good(address, "version", "%s %s", product, version)
}

func (x *redisExaminer) role(address string, info map[string]string) {
	switch {
	case info["loading"] == "1":
		x.bad(address, "role", "Wait until it has read its data; until then there are no sessions.", "it is loading its data")
	case info["role"] == "slave" && !x.options.Cluster:
		fix := "Name the master in session.redis.urls; where it may move, name sentinels there and sentinel_master."
		if x.options.SentinelMaster != "" {
			fix = "The sentinels point at a replica: a failover is under way, or they disagree. Look at their logs."
		}
		x.bad(address, "role", fix, "a replica of %s, which takes no writes", net.JoinHostPort(info["master_host"], info["master_port"]))
	case info["role"] == "slave":
		x.good(address, "role", "a replica")
	default:
		x.good(address, "role", "a master; replicas: %s", info["connected_slaves"])
	}
}

func (x *redisExaminer) eviction(address string, info map[string]string) {
	policy, limit := info["maxmemory_policy"], info["maxmemory_human"]
	switch {
	case info["maxmemory"] == "0":
		x.good(address, "eviction", "none: %s used, without maxmemory", info["used_memory_human"])
	case policy == "noeviction", policy == "volatile-ttl":
		x.good(address, "eviction", "maxmemory-policy %s, %s of %s used", policy, info["used_memory_human"], limit)
	default:
		x.bad(address, "eviction", "Set maxmemory-policy to noeviction or volatile-ttl: what goes is somebody's session, or the note that one was ended.",
			"maxmemory-policy %s: sessions in use look idle, since remembered ones are not read, and go first above %s", policy, limit)
	}
}

// enter connects, shakes hands and signs in: nil if it got not so far.
func (x *redisExaminer) enter(ctx context.Context, address, user, password string, database int) rueidis.Client {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		x.lost(address, "connect", err)
		return nil
	}
	defer conn.Close()
	x.good(address, "connect", "%s", conn.RemoteAddr())
	if x.options.TLS != nil {
		secure := tls.Client(conn, x.named(address))
		soon, cancel := context.WithTimeout(ctx, 3*time.Second) // a server without TLS waits for a line's end
		err := secure.HandshakeContext(soon)
		cancel()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			x.bad(address, "tls", "It seems to speak no TLS there: correct the port, or write redis:// in session.redis.urls.", "no answer to a TLS handshake")
			return nil
		case err != nil:
			x.lost(address, "tls", err)
			return nil
		}
		state := secure.ConnectionState()
		x.good(address, "tls", "%s, certificate until %s", tls.VersionName(state.Version), state.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly))
	}
	o := x.clientOptions(false)
	o.InitAddress, o.ForceSingleClient, o.Sentinel = []string{address}, true, rueidis.SentinelOption{}
	o.Username, o.Password, o.SelectDB = user, password, database
	client, err := rueidis.NewClient(o)
	if err != nil {
		x.refused(address, err, password != "")
		return nil
	}
	switch {
	case password == "":
		x.good(address, "auth", "it asks for no password")
	case user == "":
		x.good(address, "auth", "the password holds")
	default:
		x.good(address, "auth", "signed in as %s", user)
	}
	return client
}

// named is the TLS configuration with the name to verify.
func (x *redisExaminer) named(address string) *tls.Config {
	out := x.options.TLS.Clone()
	if host, _, err := net.SplitHostPort(address); err == nil && out.ServerName == "" {
		out.ServerName = host
	}
	return out
}

// refused tells what a server has against us.
func (x *redisExaminer) refused(address string, err error, withPassword bool) {
	text := firstLine(err)
	_, answered := rueidis.IsRedisErr(err)
	has := func(word string) bool { return strings.Contains(text, word) }
	fix := "See the server's log."
	switch {
	case has("NOAUTH") && !withPassword:
		fix = "Put user name and password into session.redis.urls: redis://user:password@host:6379/0 (those of sentinels into sentinel_username and sentinel_password)."
	case has("WRONGPASS"), has("NOAUTH"), has("without any password configured"):
		fix = "Correct user name and password in session.redis.urls (a password alone is redis://:password@host), or the ACL of the server."
	case has("NOPERM"):
		fix = "Give the user the rights that docs/sessions.md lists."
	case has("DB index"), has("SELECT is not allowed"):
		fix = "Correct the number of the database at the end of session.redis.urls; a cluster has only 0."
	case has("DENIED"):
		fix = "The server takes only loopback (protected-mode): give it a password."
	case !answered && x.options.TLS == nil:
		fix = "What answers there does not speak Redis as expected: if it wants TLS write rediss://, otherwise correct host and port."
	case !answered:
		fix = "What answers there does not speak Redis: correct host and port."
	}
	x.bad(address, "auth", fix, "%s", text)
}

// together uses the servers as sessions do.
func (x *redisExaminer) together(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, examinePatience)
	defer cancel()
	client, err := x.connect()
	if err != nil {
		x.bad("", "connection", "Mend what is said above; for a cluster, session.redis.cluster: true is needed, and elsewhere harmful.", "%s", firstLine(err))
		return
	}
	defer client.Close()
	switch {
	case client.tracked:
		x.good("", "client cache", "the server tells of changes, so that sessions in use cost no round trip")
	case x.options.Untracked:
		x.good("", "client cache", "off, as configured: each request costs a round trip")
	default:
		x.bad("", "client cache", "Use Redis 6 or newer without a proxy before it, and give the user +client|tracking; session.redis.client_cache: off says that a round trip for each request is meant.",
			"the server cannot tell of changes, so each request costs a round trip")
	}
	key := x.key("doctor", rand.Text())
	b := client.B()
	err = client.Do(ctx, b.Set().Key(key).Value("x").ExSeconds(10).Build()).Error()
	if err == nil {
		err = rueidis.NewLuaScript(`return redis.call("DEL", KEYS[1])`).Exec(ctx, client, []string{key}, nil).Error()
	}
	if err != nil {
		x.unwritten(firstLine(err))
		return
	}
	x.good("", "write", "a key under %s was written and removed", x.options.KeyPrefix)
	var rounds []time.Duration
	for range examineRounds {
		began := time.Now()
		if err := client.Do(ctx, b.Get().Key(key).Build()).Error(); err != nil && !rueidis.IsRedisNil(err) {
			x.lost("", "latency", errors.New(firstLine(err)))
			return
		}
		rounds = append(rounds, time.Since(began))
	}
	slices.Sort(rounds)
	median := rounds[len(rounds)/2]
	if median > slowRound {
		x.bad("", "latency", "Every request of a session that is not remembered waits so long: put the server nearer, or see what keeps it busy (SLOWLOG).", "a round trip takes %v", median.Round(time.Millisecond))
		return
	}
	x.good("", "latency", "a round trip takes %v", median.Round(10*time.Microsecond))
}

func (x *redisExaminer) unwritten(text string) {
	fix := "See the server's log."
	switch {
	case strings.Contains(text, "NOPERM"):
		fix = "Give the user the rights that docs/sessions.md lists, for keys that begin with " + x.options.KeyPrefix + "."
	case strings.Contains(text, "READONLY"):
		fix = "It is a replica: name the master, or sentinels."
	case strings.Contains(text, "OOM"):
		fix = "Its memory is full: raise maxmemory."
	case strings.Contains(text, "MISCONF"):
		fix = "It cannot save to disk and therefore takes no writes: make room there, or switch saving off."
	case strings.Contains(text, "CLUSTERDOWN"):
		fix = "Parts of the cluster are missing: start them, or assign their slots."
	case strings.Contains(text, "MOVED"), strings.Contains(text, "cluster"):
		fix = "It is a node of a cluster: set session.redis.cluster: true."
	}
	x.bad("", "write", fix, "%s", text)
}
