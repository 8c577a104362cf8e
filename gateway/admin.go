package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

// probes serves what kubelet and Prometheus need, and nothing else.
func (s *Server) probes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.process.Metrics.Handler(s.process.Log))
	return mux
}

// admin serves the operators: the probes and, with the token, the profiler.
func (s *Server) admin() http.Handler {
	mux := s.probes()
	guarded := func(pattern string, h http.HandlerFunc) {
		mux.Handle(pattern, s.withToken(h))
	}
	guarded("GET /debug/pprof/", pprof.Index)
	guarded("GET /debug/pprof/cmdline", pprof.Cmdline)
	guarded("GET /debug/pprof/profile", pprof.Profile)
	guarded("GET /debug/pprof/symbol", pprof.Symbol)
	guarded("GET /debug/pprof/trace", pprof.Trace)
	return s.withHost(mux)
}

// admit makes c count for whoever asks from now on. Token and hosts are checked
// for the address that stands beside them: while another one is being listened
// on, what was checked for that goes on.
func (s *Server) admit(c *config.Admin) {
	if before := s.operators.Load(); before == nil || before.Listen == c.Listen {
		s.operators.Store(c)
	}
}

// withHost refuses every Host but loopback and the listed ones, so that a page
// whose name was rebound to our address cannot read through a browser.
func (s *Server) withHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = identity.FoldASCII(strings.Trim(host, "[]"))
		address, err := netip.ParseAddr(host)
		loopback := host == "localhost" || err == nil && address.Unmap().IsLoopback()
		if !loopback && !slices.ContainsFunc(s.operators.Load().Hosts, func(h string) bool { return identity.FoldASCII(h) == host }) {
			http.Error(w, "this host name is not listed in server.admin.hosts", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withToken asks for the admin token. Without one configured the listener is
// loopback or a unix socket, and whoever reaches it may.
func (s *Server) withToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := s.operators.Load().Token.Reveal()
		want := sha256.Sum256([]byte(token))
		if token != "" {
			sent, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			got := sha256.Sum256([]byte(sent))
			if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || !isBearer {
				w.Header().Set("WWW-Authenticate", `Bearer realm="gatehouse admin"`)
				http.Error(w, "this address needs server.admin.token", http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
