package gateway

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// Process is what outlives a configuration.
type Process struct {
	Log     *slog.Logger
	Metrics *telemetry.Metrics
	Now     func() time.Time // nil: time.Now
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
	store     *session.CookieStore
	pools     []*upstream.Pool
}

// Compile builds what c says. It reads the files that c names and touches no
// network.
func Compile(c *config.Config, process Process) (*Build, error) {
	b := &Build{Config: c}
	keep := keptClaims(c)
	for i := range c.Providers {
		p, err := newProvider(&c.Providers[i], keep, len(c.Providers) == 1, process)
		if err != nil {
			return nil, err
		}
		b.Providers = append(b.Providers, p)
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
	b.store, err = session.NewCookieStore(session.Options{
		Keys: keys, Names: names, Now: process.Now,
		Idle: c.Session.Idle.Std(), Absolute: c.Session.Absolute.Std(), RememberMax: int64(c.Session.RememberMax),
	})
	if err != nil {
		return nil, err
	}
	routes, err := b.routes(c, &names, process)
	if err != nil {
		return nil, err
	}
	b.Runtime, err = proxy.NewRuntime(proxy.Options{
		Door:      door(&c.Server),
		AuthPath:  c.Server.AuthPath,
		Routes:    routes,
		Pages:     pages,
		Store:     b.store,
		AccessLog: telemetry.NewAccessLog(process.Log, c.Log.Access),
		Metrics:   process.Metrics,
		Remember:  c.Session.RememberMax > 0,
		Log:       process.Log,
		NewLogin: func(rs proxy.Routes) *login.Login {
			return login.New(login.Options{
				AuthPath:     c.Server.AuthPath,
				Providers:    b.Providers,
				Store:        b.store,
				Attempts:     session.NewAttempts(keys, names, process.Now),
				Redeemed:     session.NewRedeemed(process.Now),
				Confirm:      session.NewConfirmations(keys, process.Now),
				Pages:        pages,
				ReturnTo:     login.NewReturner(c.Server.AuthPath, rs.IsOrigin),
				AfterSignOut: c.Session.AfterSignOut,
				Lifetime:     b.store.Lifetime(),
				ProvidersFor: rs.Providers,
				Apps:         rs.Apps,
				Starts:       login.NewLimiter(startEvery, startBurst, process.Now),
				Failures:     login.NewLimiter(failureEvery, failureBurst, process.Now),
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
