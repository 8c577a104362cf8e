package gateway

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/gatehouse-proxy/gatehouse/acme"
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
	"github.com/gatehouse-proxy/gatehouse/trace"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// Process is what outlives a configuration.
type Process struct {
	Log     *slog.Logger
	Metrics *telemetry.Metrics
	Now     func() time.Time // nil: time.Now
	Version string           // of the build, for what is told about it
	Source  *Source          // nil: the configuration is fixed
	// Inherited are listeners that are open already, by their names; see
	// Inherit.
	Inherited map[string]net.Listener
	// Descriptors is how many open files the process may have; 0 asks the system.
	Descriptors int
	// Notify tells the service manager of a change of state; see Notifier.
	Notify func(state string)
	// Trim gives back memory that only starts and reloads need; it is called
	// shortly after each. nil keeps it.
	Trim func()
}

func (p *Process) notify(state string) {
	if p.Notify != nil {
		p.Notify(state)
	}
}

// What one client may do before it has to wait: a whole office behind one
// address may come to work at the same minute.
const (
	startEvery, startBurst     = 200 * time.Millisecond, 300
	failureEvery, failureBurst = time.Second, 100
)

// Build is a compiled configuration: everything a Runtime needs, nothing
// started yet.
type Build struct {
	Config    *config.Config
	Providers []*provider.Provider
	Runtime   *proxy.Runtime
	issuers   []*provider.Issuer // of bearer tokens
	store     store
	pools     map[string]*upstream.Pool // by route
	tls       *tls.Config               // nil on a plaintext listener
	exporter  *trace.Exporter           // nil traces nothing
	acme      *acme.Manager             // nil unless it obtains the certificates
	lasting   lasting
	loaded    time.Time
}

// Compile builds what c says. It reads the files that c names and touches no
// network. prev is the Build that c follows, nil at the start: what has not
// changed since is taken over from it, and prev goes on serving meanwhile.
func Compile(c *config.Config, prev *Build, process Process) (*Build, error) {
	b := &Build{Config: c, pools: map[string]*upstream.Pool{}, lasting: inherit(prev, process), loaded: time.Now()}
	keep := keptClaims(c)
	for i := range c.Providers {
		o, err := providerOptions(&c.Providers[i], keep, len(c.Providers) == 1, process)
		if err != nil {
			return nil, err
		}
		p := prev.reuseProvider(o)
		if p == nil {
			if p, err = provider.New(o); err != nil {
				return nil, err
			}
		}
		b.Providers = append(b.Providers, p)
		process.Metrics.Provider(p.Name())
	}
	var err error
	if b.tls, err = compileTLS(c); err != nil {
		return nil, err
	}
	if b.acme = managed(c, prev, process); b.acme != nil {
		b.tls = b.acme.TLS()
	}
	pages, err := newPages(c, process)
	if err != nil {
		return nil, err
	}
	keys, err := session.NewKeys(c.Session.KeyBytes())
	if err != nil {
		return nil, err
	}
	names, err := session.NewNames(c.Session.Cookie.Name)
	if err != nil {
		return nil, err
	}
	b.store, err = newStore(c, prev, keys, names, process)
	if err != nil {
		return nil, err
	}
	asserting, err := newAsserting(c)
	if err != nil {
		return nil, err
	}
	cloudflare, err := asserting.addresses()
	if err != nil {
		return nil, err
	}
	bearers, err := b.bearers(c, prev, keep, process)
	if err != nil {
		return nil, err
	}
	routes, err := b.routes(c, prev, &names, asserting, bearers, process)
	if err != nil {
		return nil, err
	}
	tracer, err := b.newTracer(&c.Telemetry, prev, process)
	if err != nil {
		return nil, err
	}
	b.Runtime, err = proxy.NewRuntime(proxy.Options{
		AuthOrigin: authOrigin(&c.Server),
		Door:       door(&c.Server),
		AuthPath:   c.Server.AuthPath,
		Routes:     routes,
		Pages:      pages,
		Store:      b.store.Store,
		Lifetime:   b.store.lifetime(),
		JWKS:       asserting.jwks(),
		Cloudflare: cloudflare,
		Desk:       desk(c, process),
		Now:        process.Now,
		AccessLog:  telemetry.NewAccessLog(process.Log, c.Log.Access),
		Metrics:    process.Metrics,
		Tracer:     tracer,
		Recent:     b.lasting.recent,
		Remember:   int64(c.Session.RememberMax),
		Log:        process.Log,
		NewLogin: func(rs proxy.Routes) *login.Login {
			return login.New(login.Options{
				AuthPath:     c.Server.AuthPath,
				Providers:    b.Providers,
				Store:        b.store.Store,
				Attempts:     session.NewAttempts(keys, names, process.Now),
				Redeemed:     b.lasting.redeemed,
				Marks:        b.store.marks(),
				Confirm:      session.NewConfirmations(keys, process.Now),
				Pages:        pages,
				ReturnTo:     login.NewReturner(c.Server.AuthPath, rs.IsOrigin, cloudflarePaths(cloudflare)...),
				AuthOrigin:   authOrigin(&c.Server),
				Tickets:      b.store.tickets(),
				AfterSignOut: c.Session.AfterSignOut,
				Lifetime:     b.store.lifetime(),
				ProvidersFor: rs.Providers,
				LevelFor:     rs.Level,
				Apps:         rs.Apps,
				Starts:       b.lasting.starts,
				Failures:     b.lasting.failures,
				SignOffs:     b.lasting.signOffs,
				Renewal:      renewal(c),
				Refreshes:    b.lasting.refreshes,
				SignOuts:     session.NewSignOutStates(keys, process.Now),
				LogoutIDs:    b.lasting.logoutIDs,
				Errands:      b.lasting.errands,
				Tests:        b.lasting.tests,
				LastChoice:   session.NewLastChoice(names),
				Metrics:      process.Metrics,
				Log:          process.Log,
				Now:          process.Now,
			})
		},
	})
	return b, err
}

// door translates whom to believe.
func door(s *config.Server) proxy.Door {
	d := proxy.Door{Believe: s.TrustedHeaders}
	for _, t := range s.TrustedProxies {
		if t.Unix {
			d.TrustUnix = true
		} else {
			d.Trusted = append(d.Trusted, t.Prefix)
		}
	}
	return d
}

func prefixes(list []config.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = p.Prefix
	}
	return out
}
