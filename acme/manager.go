package acme

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// Options make a Manager.
type Options struct {
	// Email is the account's, to which the authority writes. It may be empty.
	Email string
	// Directory is the authority's directory URL.
	Directory string
	// Cache is the directory where account, keys and certificates are kept.
	Cache string
	// Log takes what happens to certificates.
	Log *slog.Logger
}

// Manager holds the certificates of a changing list of names. It is safe for
// concurrent use.
type Manager struct {
	o       Options
	running atomic.Pointer[running] // nil before Run and after
	loaded  chan struct{}           // closed when what the cache holds is at hand

	mu               sync.Mutex // guards the rest
	names            []string
	public, redirect net.Addr
}

// running is what exists while Run does.
type running struct {
	ctx    context.Context
	cache  *certmagic.Cache
	magic  *certmagic.Config
	issuer *certmagic.ACMEIssuer
}

// New makes a Manager that has begun nothing yet.
func New(o Options) *Manager { return &Manager{o: o, loaded: make(chan struct{})} }

// Listen says where the proofs will be asked for; redirect may be nil. Call it
// before Run.
func (m *Manager) Listen(public, redirect net.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.public, m.redirect = public, redirect
}

// Follow makes names the ones that have certificates. Those that are new are
// obtained in the background.
func (m *Manager) Follow(names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.names
	m.names = slices.Clone(names)
	if r := m.running.Load(); r != nil {
		r.manage(without(names, before), m.o.Log)
		r.drop(without(before, names))
	}
}

// Run loads, obtains and renews certificates until ctx ends. Failures are told
// in the log and tried again, ever more rarely.
func (m *Manager) Run(ctx context.Context) {
	log := zap.New(&bridge{to: m.o.Log.Handler()})
	r := &running{ctx: ctx}
	r.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return r.magic, nil },
		Logger:           log,
	})
	defer r.cache.Stop()
	m.mu.Lock()
	names := m.names
	r.magic = certmagic.New(r.cache, certmagic.Config{Storage: &certmagic.FileStorage{Path: m.o.Cache}, Logger: log})
	if len(names) > 0 {
		r.magic.DefaultServerName = names[0] // for clients that ask for no name
	}
	r.issuer = certmagic.NewACMEIssuer(r.magic, m.issuer(log))
	r.magic.Issuers = []certmagic.Issuer{r.issuer}
	for _, name := range names {
		_, _ = r.magic.CacheManagedCertificate(ctx, name) // what is not there is obtained next
	}
	m.running.Store(r)
	close(m.loaded)
	r.manage(names, m.o.Log)
	m.mu.Unlock()
	<-ctx.Done()
	m.running.Store(nil)
}

// issuer needs the lock. The ports are those of our own listeners, which are
// open already, so that certmagic opens none.
func (m *Manager) issuer(log *zap.Logger) certmagic.ACMEIssuer {
	host, port := split(m.public)
	issuer := certmagic.ACMEIssuer{
		CA: m.o.Directory, Email: m.o.Email, Agreed: true, Logger: log,
		ListenHost: host, AltTLSALPNPort: port,
		DisableHTTPChallenge: m.redirect == nil,
	}
	_, issuer.AltHTTPPort = split(m.redirect)
	return issuer
}

func split(a net.Addr) (host string, port int) {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return "", 0
	}
	if tcp.IP.IsUnspecified() {
		return "", tcp.Port
	}
	return tcp.IP.String(), tcp.Port
}

// manage obtains what is missing. Its error concerns the list, not the network.
func (r *running) manage(names []string, log *slog.Logger) {
	if err := r.magic.ManageAsync(r.ctx, names); err != nil {
		log.Error("certificates cannot be managed", "error", err.Error())
	}
}

func (r *running) drop(names []string) {
	subjects := make([]certmagic.SubjectIssuer, len(names))
	for i, name := range names {
		subjects[i].Subject = name
	}
	r.cache.RemoveManaged(subjects)
}

// TLS is for the public listener.
func (m *Manager) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12, // RFC 9325
		NextProtos:     []string{"h2", "http/1.1", "acme-tls/1"},
		GetCertificate: m.certificate,
	}
}

// certificate finds the one for a handshake, be it for a client or for the
// authority's proof. Names that are not ours reach neither disk nor network.
func (m *Manager) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	select {
	case <-m.loaded:
	case <-hello.Context().Done():
		return nil, hello.Context().Err()
	}
	r := m.running.Load()
	switch {
	case r == nil:
		return nil, errors.New("certificates are not managed any more")
	case hello.ServerName != "" && !m.has(hello.ServerName):
		return nil, fmt.Errorf("no route is called %q", hello.ServerName)
	}
	return r.magic.GetCertificate(hello)
}

// Answer answers r if it is the authority's question for a proof over HTTP, and
// reports whether it did.
func (m *Manager) Answer(w http.ResponseWriter, r *http.Request) bool {
	now := m.running.Load()
	if now == nil || !certmagic.LooksLikeHTTPChallenge(r) {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return m.has(host) && now.issuer.HandleHTTPChallenge(w, r)
}

func (m *Manager) has(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.names, strings.ToLower(strings.TrimSuffix(name, ".")))
}

// without lists what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(name string) bool { return slices.Contains(b, name) })
}
