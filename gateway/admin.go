package gateway

import (
	"crypto/rand"
	"net/http"
	"net/http/pprof"
	"sync/atomic"

	"github.com/gatehouse-proxy/gatehouse/admin"
	"github.com/gatehouse-proxy/gatehouse/config"
)

// probeAddresses are what kubelet and Prometheus need.
func (s *Server) probeAddresses() []admin.Address {
	return []admin.Address{
		{Pattern: "GET /healthz", Access: admin.Probe, Handle: healthz},
		{Pattern: "GET /readyz", Access: admin.Probe, Handle: s.readyz},
		{Pattern: "GET /metrics", Access: admin.Probe, Handle: s.process.Metrics.Handler(s.process.Log).ServeHTTP},
	}
}

// adminAddresses is the table of section "Admin listener" in docs/reference.
// Read needs the token; Change also `write: true` and no foreign Origin.
func (s *Server) adminAddresses() []admin.Address {
	console := s.console()
	return append(s.probeAddresses(), []admin.Address{
		{Pattern: "GET /{$}", Access: admin.Read, Handle: console.ServePage},
		{Pattern: "GET /api/state", Access: admin.Read, Handle: console.ServeState},
		{Pattern: "GET /providers/{name}/test", Access: admin.Read, Handle: s.showTest},
		{Pattern: "POST /providers/{name}/test", Access: admin.Read, Handle: s.openTest},
		{Pattern: "GET /api/sessions", Access: admin.Read, Handle: s.listSessions},
		{Pattern: "POST /api/sessions/revoke", Access: admin.Change, Handle: s.revokeSessions},
		{Pattern: "POST /api/reload", Access: admin.Change, Handle: s.askedToReload},
		{Pattern: "GET /debug/pprof/", Access: admin.Read, Handle: pprof.Index},
		{Pattern: "GET /debug/pprof/cmdline", Access: admin.Read, Handle: pprof.Cmdline},
		{Pattern: "GET /debug/pprof/profile", Access: admin.Read, Handle: pprof.Profile},
		{Pattern: "GET /debug/pprof/symbol", Access: admin.Read, Handle: pprof.Symbol},
		{Pattern: "GET /debug/pprof/trace", Access: admin.Read, Handle: pprof.Trace},
	}...)
}

// probes serves the probes, and nothing else, under any name and to anybody.
func (s *Server) probes() http.Handler {
	mux := http.NewServeMux()
	for _, a := range s.probeAddresses() {
		mux.Handle(a.Pattern, a.Handle)
	}
	return mux
}

// admit makes c count for whoever asks from now on. Token and hosts are checked
// for the address that stands beside them: while another one is being listened
// on, what was checked for that goes on.
func (s *Server) admit(c *config.Config) {
	o := s.operators
	if o.listen == nil || *o.listen == c.Server.Admin.Listen {
		o.listen = &c.Server.Admin.Listen
		o.follow(c, s.adminAddresses())
	}
}

// operators is the handler of the admin listener: one table of addresses under
// the rules of whichever configuration runs.
type operators struct {
	key     [32]byte // seals the form's cookie as long as the process lives
	pages   *admin.Pages
	listen  *string // the address that is listened on; whoever reloads guards it
	current atomic.Pointer[http.Handler]
}

func newOperators() *operators {
	o := &operators{pages: admin.NewPages()}
	rand.Read(o.key[:]) // never fails
	return o
}

func (o *operators) follow(c *config.Config, addresses []admin.Address) {
	handler := admin.New(admin.Options{
		Token: c.Server.Admin.Token.Reveal(),
		Write: c.Server.Admin.Write,
		Hosts: c.Server.Admin.Hosts,
		// The public listener keeps cookies of this name from applications.
		Cookie:    c.Session.Cookie.Name,
		Key:       o.key[:],
		Pages:     o.pages,
		Addresses: addresses,
	})
	o.current.Store(&handler)
}

// ServeHTTP implements http.Handler.
func (o *operators) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*o.current.Load()).ServeHTTP(w, r)
}
