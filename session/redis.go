package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	// redisPatience is how long a request waits for the servers. Reading what
	// is not remembered takes a fraction of a millisecond when all is well.
	redisPatience = time.Second
	// redisPing is how often a quiet connection is tried, and redisSilence how
	// long it may owe an answer. Together they bound how long something can be
	// believed that a connection, dead without a word, no longer takes back.
	redisPing, redisSilence = time.Second, time.Second
	// redisPause is how long a failed connect speaks for those that follow.
	redisPause = 250 * time.Millisecond
	// redisFarewell is how long a connection outlives the configuration that
	// named it.
	redisFarewell = time.Minute
	// redisWatch is how often the servers are asked the time.
	redisWatch = time.Second
)

// RedisOptions say where the servers are.
type RedisOptions struct {
	// Addresses are host:port: of one server, of some of a cluster's, or of the
	// sentinels.
	Addresses          []string
	Username, Password string
	Database           int
	TLS                *tls.Config // nil: plaintext
	// TLSMark differs whenever TLS does.
	TLSMark string
	// SentinelMaster names the master that the sentinels at Addresses watch.
	SentinelMaster                     string
	SentinelUsername, SentinelPassword string
	Cluster                            bool
	// KeyPrefix begins every key, so that several gateways can share a server.
	KeyPrefix string
	// Untracked does without the servers' word on changes, at the price of a
	// round trip for every request.
	Untracked bool
	Log       *slog.Logger
}

// Redis is the connection to one server, to a master that sentinels watch, or
// to a cluster. It outlives the stores that are built on it with each reload.
// Nothing is dialled before the first use.
type Redis struct {
	options RedisOptions
	log     *slog.Logger
	clock   serverClock
	// memories are what is forgotten when a server tells of a change.
	memories struct {
		sync.Mutex
		list []*memory
	}

	current atomic.Pointer[redisClient]
	dialing chan struct{} // holds a token while somebody connects; guards failed
	failed  struct {
		at  time.Time
		err error
	}
	state  atomic.Int32 // what was last logged: stateUnknown, stateUp, stateDown
	start  sync.Once    // of watch
	end    sync.Once    // of everything
	closed chan struct{}
	done   sync.WaitGroup
}

// redisClient is a connected client. If tracked, it tells of every change to a
// session, and when it no longer can.
type redisClient struct {
	rueidis.Client
	tracked bool
}

const (
	stateUnknown = iota
	stateUp
	stateDown
)

// NewRedis checks o. Close what it returns.
func NewRedis(o RedisOptions) (*Redis, error) {
	if len(o.Addresses) == 0 {
		return nil, errors.New("no Redis address")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Redis{options: o, log: o.Log, dialing: make(chan struct{}, 1), closed: make(chan struct{})}, nil
}

// Same reports whether a connection with o would be this one.
func (c *Redis) Same(o RedisOptions) bool {
	mine := c.options
	mine.Log, o.Log = nil, nil
	mine.TLS, o.TLS = nil, nil // TLSMark stands for it
	return reflect.DeepEqual(mine, o)
}

// Run stays connected until ctx ends. The connection is closed a while later,
// when the requests that were under way no longer need it, or by Close.
func (c *Redis) Run(ctx context.Context) {
	c.Start()
	<-ctx.Done()
	time.AfterFunc(redisFarewell, c.Close)
}

// Close ends all connections. Running commands fail.
func (c *Redis) Close() {
	c.end.Do(func() {
		close(c.closed)
		c.start.Do(func() {}) // nobody starts any more
		c.done.Wait()
		c.dialing <- struct{}{}
		defer func() { <-c.dialing }()
		if client := c.current.Swap(nil); client != nil {
			client.Close()
		}
	})
}

// Up reports whether the servers answered when last asked.
func (c *Redis) Up() bool { return c.state.Load() == stateUp }

// Start connects in the background and stays connected until Close.
func (c *Redis) Start() {
	c.start.Do(func() { c.done.Go(c.watch) })
}

// key names a place: kind "s" holds sessions. What belongs to one session has
// its ref in braces, which keeps it on one server of a cluster.
func (c *Redis) key(kind, ref string) string {
	return c.options.KeyPrefix + kind + ":{" + ref + "}"
}

// refOfKey is the way back for sessions.
func (c *Redis) refOfKey(key string) (string, bool) {
	ref, ok := strings.CutPrefix(key, c.options.KeyPrefix+"s:{")
	ref, closed := strings.CutSuffix(ref, "}")
	return ref, ok && closed
}

// do runs one command. Its error is nil, errNil for an absent value, or
// ErrUnavailable with the cause.
func (c *Redis) do(ctx context.Context, build func(b rueidis.Builder) rueidis.Completed) (rueidis.RedisResult, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	client, err := c.client(ctx)
	if err != nil {
		return rueidis.RedisResult{}, err
	}
	result := client.Do(ctx, build(client.B()))
	return result, redisError(result.Error())
}

// run runs a script on one key.
func (c *Redis) run(ctx context.Context, script *rueidis.Lua, key string, args ...string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	client, err := c.client(ctx)
	if err != nil {
		return 0, err
	}
	n, err := script.Exec(ctx, client, []string{key}, args).AsInt64()
	return n, redisError(err)
}

// errNil: there is nothing at this key.
var errNil = errors.New("no such key")

// redisError keeps the one answer that says something of a session apart from
// all that say nothing: OOM, READONLY, LOADING, NOAUTH, CLUSTERDOWN, a reset, a
// time-out, and whatever a later server may come up with.
func redisError(err error) error {
	switch {
	case err == nil:
		return nil
	case rueidis.IsRedisNil(err):
		return errNil
	}
	return fmt.Errorf("%w: redis: %w", ErrUnavailable, err)
}

// client returns the connected client, connecting if need be.
func (c *Redis) client(ctx context.Context) (*redisClient, error) {
	if client := c.current.Load(); client != nil {
		return client, nil
	}
	c.Start()
	select {
	case <-c.closed:
		return nil, fmt.Errorf("%w: closed", ErrUnavailable)
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: redis: %w", ErrUnavailable, ctx.Err())
	case c.dialing <- struct{}{}:
	}
	defer func() { <-c.dialing }()
	select {
	case <-c.closed: // both were ready, and select chose the other
		return nil, fmt.Errorf("%w: closed", ErrUnavailable)
	default:
	}
	if client := c.current.Load(); client != nil {
		return client, nil
	}
	if time.Since(c.failed.at) < redisPause {
		return nil, c.failed.err
	}
	client, err := c.connect()
	if err != nil {
		c.failed.err = fmt.Errorf("%w: redis: %w", ErrUnavailable, err)
		c.failed.at = time.Now()
		return nil, c.failed.err
	}
	c.current.Store(client)
	return client, nil
}

// connect dials with tracking and, if the servers cannot do it, without.
func (c *Redis) connect() (*redisClient, error) {
	tracked := !c.options.Untracked
	client, err := rueidis.NewClient(c.clientOptions(tracked))
	if tracked && errors.Is(err, rueidis.ErrNoCache) {
		c.log.Warn("the Redis server cannot tell of changes (CLIENT TRACKING with RESP3, Redis 6 or newer), so every request costs a round trip to it; "+
			"session.redis.client_cache: off says that this is meant", "error", firstLine(err))
		tracked = false
		client, err = rueidis.NewClient(c.clientOptions(false))
	}
	if err != nil {
		return nil, err
	}
	return &redisClient{client, tracked}, nil
}

// clientOptions: one connection to each server carries everything, so that a
// change is told in the order in which commands were answered.
func (c *Redis) clientOptions(tracked bool) rueidis.ClientOption {
	o := &c.options
	dialer := net.Dialer{Timeout: redisPatience, KeepAlive: redisPing}
	out := rueidis.ClientOption{
		InitAddress: o.Addresses, Username: o.Username, Password: o.Password, SelectDB: o.Database,
		TLSConfig: o.TLS, Dialer: dialer, ConnWriteTimeout: redisSilence,
		ClientName: "gatehouse", PipelineMultiplex: -1,
		ReadBufferEachConn: 64 << 10, WriteBufferEachConn: 64 << 10,
		DisableCache: !tracked, ForceSingleClient: !o.Cluster,
		// A server or what stands between may have closed an idle connection:
		// reading is tried once more.
		RetryDelay: func(attempts int, _ rueidis.Completed, _ error) time.Duration {
			if attempts > 1 {
				return -1
			}
			return 10 * time.Millisecond
		},
	}
	if o.SentinelMaster != "" {
		out.Sentinel = rueidis.SentinelOption{
			MasterSet: o.SentinelMaster, Username: o.SentinelUsername, Password: o.SentinelPassword,
			TLSConfig: o.TLS, Dialer: dialer,
			// A demoted master goes on answering, and a sentinel's one word
			// on it may be missed.
			TopologyRefreshInterval: time.Second,
		}
	}
	if o.Cluster {
		out.ClusterOption.ShardsRefreshInterval = 2 * time.Second
	}
	if tracked {
		// Broadcasting costs the server no memory for each session. Every
		// replica hears of every change to a session, few a second.
		out.ClientTrackingOptions = []string{"BCAST", "PREFIX", o.KeyPrefix + "s:"}
		out.CacheSizeEachConn = 1 // the client's own cache is not used
		out.OnInvalidations = c.changed
	}
	return out
}

// changed forgets what a server says has changed; nil is everything, which
// rueidis also says of a connection that has ended.
func (c *Redis) changed(keys []rueidis.RedisMessage) {
	c.memories.Lock()
	list := c.memories.list
	c.memories.Unlock()
	if keys == nil {
		for _, m := range list {
			m.outdateAll()
		}
		return
	}
	for i := range keys {
		key, err := keys[i].ToString()
		if err != nil {
			continue
		}
		if ref, ok := c.refOfKey(key); ok {
			for _, m := range list {
				m.outdate(ref)
			}
		}
	}
}

// attach has m forget what changes from now on.
func (c *Redis) attach(m *memory) {
	c.memories.Lock()
	defer c.memories.Unlock()
	if m != nil && !slices.Contains(c.memories.list, m) {
		c.memories.list = append(slices.Clone(c.memories.list), m)
	}
}

// detach undoes attach.
func (c *Redis) detach(m *memory) {
	c.memories.Lock()
	defer c.memories.Unlock()
	c.memories.list = slices.DeleteFunc(slices.Clone(c.memories.list), func(other *memory) bool { return other == m })
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
