package gateway

import (
	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// lasting is what one Build hands on to the next as it is, because forgetting
// it would let somebody do twice what may be done once, or would cost what was
// learnt. Whatever must survive a reload is named here, or handed on by one of
// the functions below.
//
// Metrics and the log live in Process. The session store hands on its own
// insides by session.Options.Previous: revocations, renewals, locks, refreshed
// sessions, and opened sessions while the keys are the same. The connection to
// Redis goes on while its options are the same.
type lasting struct {
	redeemed *session.Redeemed // an attempt is redeemed once
	starts   *login.Limiter    // what each client has left of its sign-ins
	failures *login.Limiter    // and of failed callbacks
	signOffs *login.Limiter    // and of front-channel sign-outs
	tests    *login.Tests      // operators' test sign-ins
	buffers  *upstream.Buffers
	recent   *telemetry.Recent // what the operators' page shows

	refreshes *login.Refreshes // one grant for all, and failures that call for patience
	logoutIDs *login.LogoutIDs // a logout token counts once
	errands   *login.Errands
}

// inherit returns what prev hands on, and all of it new without a prev.
func inherit(prev *Build, process Process) lasting {
	if prev != nil {
		return prev.lasting
	}
	return lasting{
		redeemed: session.NewRedeemed(process.Now),
		starts:   login.NewLimiter(startEvery, startBurst, process.Now),
		tests:    login.NewTests(process.Now),
		failures: login.NewLimiter(failureEvery, failureBurst, process.Now),
		signOffs: login.NewLimiter(startEvery, startBurst, process.Now),
		buffers:  new(upstream.Buffers),
		recent:   new(telemetry.Recent),

		refreshes: login.NewRefreshes(process.Now),
		logoutIDs: login.NewLogoutIDs(process.Now),
		errands:   login.NewErrands(),
	}
}

// previousStore is the store that a new one follows.
func (b *Build) previousStore() store {
	if b == nil {
		return store{}
	}
	return b.store
}

// reuseProvider returns b's provider if it was made from the same options: its
// discovery and keys are at hand, and it goes on running.
func (b *Build) reuseProvider(o provider.Options) *provider.Provider {
	if b == nil {
		return nil
	}
	for _, p := range b.Providers {
		if p.MadeFrom(o) {
			return p
		}
	}
	return nil
}

// reuseIssuer does the same for an issuer of bearer tokens.
func (b *Build) reuseIssuer(o provider.IssuerOptions) *provider.Issuer {
	if b == nil {
		return nil
	}
	for _, i := range b.issuers {
		if i.MadeFrom(o) {
			return i
		}
	}
	return nil
}

// reusePool returns the pool of b's route of that name if it was made from the
// same options: its connections are open, and it knows its targets.
func (b *Build) reusePool(route string, o upstream.Options) *upstream.Pool {
	if b == nil {
		return nil
	}
	if p := b.pools[route]; p != nil && p.MadeFrom(o) {
		return p
	}
	return nil
}

// background lists what b needs running beside its requests.
func (b *Build) background() []runner {
	var list []runner
	for _, p := range b.Providers {
		list = append(list, p)
	}
	for _, i := range b.issuers {
		list = append(list, i)
	}
	for _, pool := range b.pools {
		list = append(list, pool)
	}
	if b.acme != nil {
		list = append(list, b.acme)
	}
	if b.store.servers != nil {
		list = append(list, b.store.servers)
	}
	if b.exporter != nil {
		list = append(list, b.exporter)
	}
	return list
}
