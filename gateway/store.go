package gateway

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// store is what a Build keeps sessions in: in cookies or on Redis.
type store struct {
	session.Store
	cookie *session.CookieStore // one of the two
	redis  *session.RedisStore
	// servers are those of redis, and nil with cookies.
	servers *session.Redis
	// former are the servers before the last change of them, which requests
	// under way may still ask.
	former *session.Redis
}

// newStore makes the store that c names. What it was made of goes on from prev,
// as far as c still wants it.
func newStore(c *config.Config, prev *Build, keys *session.Keys, names session.Names, process Process) (store, error) {
	idle, absolute := c.Session.Idle.Std(), c.Session.Absolute.Std()
	before := prev.previousStore()
	former := before.former
	if c.Session.Store != "redis" {
		if before.servers != nil {
			former = before.servers
		}
		cookie, err := session.NewCookieStore(session.Options{
			Keys: keys, Names: names, Now: process.Now,
			Idle: idle, Absolute: absolute, RememberMax: int64(c.Session.RememberMax), Previous: before.cookie,
		})
		return store{Store: cookie, cookie: cookie, former: former}, err
	}
	o, err := redisOptions(c, process)
	if err != nil {
		return store{}, err
	}
	servers := before.servers
	if servers == nil || !servers.Same(o) {
		if servers != nil {
			former = servers
		}
		if servers, err = session.NewRedis(o); err != nil {
			return store{}, err
		}
	}
	redis, err := session.NewRedisStore(session.RedisStoreOptions{
		Redis: servers, Keys: keys, Names: names, Now: process.Now, Log: process.Log,
		Idle: idle, Absolute: absolute, RememberMax: int64(c.Session.RememberMax), Previous: before.redis,
	})
	return store{Store: redis, redis: redis, servers: servers, former: former}, err
}

// redisOptions translates the session.redis block.
func redisOptions(c *config.Config, process Process) (session.RedisOptions, error) {
	r := &c.Session.Redis
	servers := r.Servers()
	o := session.RedisOptions{
		Addresses: servers.Addresses, Username: servers.Username, Password: servers.Password, Database: servers.Database,
		SentinelMaster: r.SentinelMaster, SentinelUsername: r.SentinelUsername, SentinelPassword: r.SentinelPassword.Reveal(),
		Cluster: r.Cluster, KeyPrefix: r.KeyPrefix, Untracked: r.ClientCache == "off", Log: process.Log,
	}
	if servers.Secure {
		var err error
		if o.TLS, o.TLSMark, err = redisTLS(&r.TLS); err != nil {
			return o, fmt.Errorf("session.redis.tls: %w", err)
		}
	}
	return o, nil
}

// redisTLS reads the block's files. The mark changes with anything in them.
func redisTLS(t *config.RedisTLS) (*tls.Config, string, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.InsecureSkipVerify}
	mark := sha256.New()
	fmt.Fprintf(mark, "%+v", *t)
	for _, name := range []string{t.CA, t.Cert, t.Key} {
		if name == "" {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, "", err
		}
		fmt.Fprintf(mark, " %d ", len(data))
		mark.Write(data)
	}
	if t.CA != "" {
		out.RootCAs = x509.NewCertPool()
		if err := appendRoots(out.RootCAs, t.CA); err != nil {
			return nil, "", err
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, "", errors.New("cert and key do not fit together")
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, string(mark.Sum(nil)), nil
}

// lifetime is how long the store's sessions count.
func (s store) lifetime() session.Lifetime {
	if s.redis != nil {
		return s.redis.Lifetime()
	}
	return s.cookie.Lifetime()
}

// remembered is how many opened sessions are in memory.
func (s store) remembered() int {
	n := 0
	if s.redis != nil {
		n, _ = s.redis.Remembered()
	} else {
		n, _ = s.cookie.Remembered()
	}
	return n
}

// up reports whether the store answers. Cookies always do.
func (s store) up() bool { return s.servers == nil || s.servers.Up() }

// handOver lets go of what next does not share. Servers that were replaced stay
// open for a minute (session.Redis.Run).
func (s store) handOver(next store) {
	if s.redis != nil {
		s.redis.Release(next.redis)
	}
}

// close ends the connections.
func (s store) close() {
	for _, servers := range []*session.Redis{s.servers, s.former} {
		if servers != nil {
			servers.Close()
		}
	}
}

// marks are what replicas tell each other, nil where they share nothing.
func (s store) marks() session.Marks {
	if s.redis == nil {
		return nil
	}
	return s.redis
}

// tickets take a session to another host, nil where none can be taken there.
func (s store) tickets() session.Tickets {
	if s.redis == nil {
		return nil
	}
	return s.redis
}
