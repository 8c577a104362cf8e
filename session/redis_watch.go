package session

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// watch keeps the clock and the state, and has the servers be there before the
// first request is, until Close.
func (c *Redis) watch() {
	tick := time.NewTicker(redisWatch)
	defer tick.Stop()
	for {
		c.probe()
		select {
		case <-c.closed:
			return
		case <-tick.C:
		}
	}
}

// probe asks the servers the time.
func (c *Redis) probe() {
	answer, err := c.do(context.Background(), func(b rueidis.Builder) rueidis.Completed { return b.Time().Build() })
	var now []int64
	if err == nil {
		if now, err = answer.AsIntSlice(); err == nil && len(now) == 2 {
			c.clock.sync(time.Unix(now[0], now[1]*1000))
		}
	}
	if errors.Is(err, rueidis.ErrNoCache) && !c.options.Untracked {
		// The servers were replaced by some that cannot track: begin anew.
		if client := c.current.Swap(nil); client != nil {
			client.Close()
		}
	}
	c.settle(err)
}

// settle tells once when the servers are lost and when they are back.
func (c *Redis) settle(err error) {
	if err != nil {
		if c.state.Swap(stateDown) != stateDown {
			c.log.Error("the session store cannot be reached: requests with a session get 503 and keep their cookies until it is back",
				"error", err, "hint", redisHint(err))
		}
		return
	}
	if c.state.Swap(stateUp) != stateUp {
		client := c.current.Load()
		c.log.Info("the session store is there", "client_cache", client != nil && client.tracked)
	}
}

// redisHint is what an operator would look at first.
func redisHint(err error) string {
	text := err.Error()
	for _, known := range []struct{ sign, hint string }{
		{"WRONGPASS", "user name and password are part of session.redis.urls"},
		{"NOAUTH", "the server asks for a password: write it into session.redis.urls, redis://:password@host:port"},
		{"invalid password", "user name and password are part of session.redis.urls"},
		{"NOPERM", "the user's ACL must allow @read, @write, @scripting, @connection and TIME on the keys below session.redis.key_prefix"},
		{"connection refused", "nothing listens at the address in session.redis.urls"},
		{"no such host", "the host in session.redis.urls does not resolve"},
		{"x509", "session.redis.tls.ca names the roots to trust"},
		{"first record does not look like", "the server speaks no TLS: write redis:// instead of rediss://"},
		{"LOADING", "the server is reading its data; wait"},
		{"CLUSTERDOWN", "the cluster lacks a majority or slots: redis-cli --cluster check"},
		{"cluster support disabled", "the server is no cluster: remove session.redis.cluster"},
	} {
		if strings.Contains(text, known.sign) {
			return known.hint
		}
	}
	return "docs/sessions.md, Redis"
}

// serverClock is the servers' time, which all replicas share, carried on by the
// monotonic clock between two looks. This machine's own clock may jump.
type serverClock struct{ at atomic.Pointer[clockReading] }

type clockReading struct{ server, local time.Time }

// now is this machine's time as long as no server has been asked.
func (c *serverClock) now() time.Time {
	at := c.at.Load()
	if at == nil {
		return time.Now()
	}
	return at.server.Add(time.Since(at.local))
}

// sync takes the servers' word, unless their clock has gone back by more than
// replicas may differ: sessions are then neither prolonged nor, as being from
// the future, refused.
func (c *serverClock) sync(server time.Time) {
	now := c.now()
	if c.at.Load() != nil && now.Sub(server) > time.Duration(clockSkew)*time.Second {
		return
	}
	c.at.Store(&clockReading{server: server, local: time.Now()})
}
