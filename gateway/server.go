package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Server is a gateway with its listeners open.
type Server struct {
	started      *config.Config // what the listeners were opened for
	process      Process
	serving      atomic.Pointer[Build]
	reloading    sync.Mutex // held by one reload, so that none overtakes another
	over         bool       // guarded by reloading: nothing is reloaded any more
	pending      atomic.Pointer[pending]
	files        *files // what a reload depends on
	trimmer      *time.Timer
	gateway      *proxy.Gateway
	crew         crew
	certificates certificates
	operators    *operators
	born         time.Time
	state        state
	listeners    []opened
	seats        *seats
	// requests is the context below every request's. It ends after the drain
	// and takes along what net/http has forgotten by then: WebSockets.
	requests context.Context
	end      context.CancelFunc
}

// opened is one listener and what serves it.
type opened struct {
	name     string
	listener net.Listener
	server   *http.Server
}

// Open opens every listener that the configuration names, so that an address
// in use is known before anything serves.
func Open(b *Build, process Process) (*Server, error) {
	s := &Server{process: process, born: time.Now(), started: b.Config, operators: newOperators(), files: newFiles(process.Source, b.Config), trimmer: newTrimmer(process.Trim), gateway: proxy.NewGateway(b.Runtime), seats: newSeats(cmp.Or(process.Descriptors, descriptors()), process.Log)}
	s.serving.Store(b)
	s.admit(b.Config)
	s.state.set("starting")
	c := &b.Config.Server
	s.certificates.follow(b.tls)
	secure := s.certificates.listenerConfig()
	s.requests, s.end = context.WithCancel(context.Background())
	err := errors.Join(
		s.open("public", c.Listen, s.gateway, int(c.MaxHeaderBytes), secure),
		s.open("redirect", c.RedirectListen, s.gateway.Redirect(s.proves), int(c.MaxHeaderBytes), nil),
		s.open("admin", c.Admin.Listen, s.operators, 0, nil),
		s.open("probe", c.ProbeListen, s.probes(), 0, nil),
	)
	if err != nil {
		for _, o := range s.listeners {
			o.listener.Close()
		}
		s.end()
		return nil, err
	}
	s.obtain(b)
	for name, l := range process.Inherited {
		if s.Address(name) == nil {
			process.Log.Warn("an inherited socket is not used: the file switches its listener off", "listener", name)
			l.Close()
		}
	}
	return s, nil
}

func (s *Server) open(name, address string, handler http.Handler, maxHeaderBytes int, secure *tls.Config) error {
	if address == "" {
		return nil
	}
	listener, err := s.process.Inherited[name], error(nil)
	if listener != nil {
		boundInherited(listener)
	} else {
		listener, err = listen(address)
	}
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%s listener: %s is in use: stop what listens there, or set %s to another address", name, address, listenKeys[name])
		}
		return fmt.Errorf("%s listener: %w", name, err)
	}
	listener = newPatient(listener, s.process.Log)
	server := newServer(handler, maxHeaderBytes, secure, s.process.Log)
	server.BaseContext = func(net.Listener) context.Context { return s.requests }
	if name == "public" || name == "redirect" { // the others' handlers do not ask for the verdict
		listener = newReception(listener, server, s.gateway, s.seats)
	}
	s.listeners = append(s.listeners, opened{name, listener, server})
	return nil
}

// Address is where a listener (public, redirect, admin, probe) listens, or nil.
func (s *Server) Address(name string) net.Addr {
	for _, o := range s.listeners {
		if o.name == name {
			return o.listener.Addr()
		}
	}
	return nil
}

// Serve runs until ctx ends, then drains: requests are taken for drain_delay
// still, and may finish within shutdown_timeout. It returns ErrCut if some did
// not.
func (s *Server) Serve(ctx context.Context) error {
	s.crew.follow(s.current().background())
	s.process.Metrics.SetGauges(s.gauges(s.current()))
	var tasks sync.WaitGroup

	failed := make(chan error, len(s.listeners))
	for _, o := range s.listeners {
		tasks.Go(func() {
			if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s listener: %w", o.name, err)
			}
		})
		s.process.Log.Info("listening", "listener", o.name, "address", o.listener.Addr().String())
	}
	watching, stopWatching := context.WithCancel(context.Background())
	tasks.Go(func() { s.watch(watching) })
	s.state.set("ready")
	s.process.notify("READY=1")
	s.trimmer.Reset(trimAfter)
	defer s.trimmer.Stop()

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopWatching()
	err = errors.Join(err, s.drain(failed))
	tasks.Wait()
	s.reloading.Lock() // none comes after the end
	defer s.reloading.Unlock()
	s.over = true
	s.crew.end()
	s.current().lasting.errands.Wait()
	s.current().Close()
	return err
}

// current is the configuration that serves now.
func (s *Server) current() *Build { return s.serving.Load() }

func (s *Server) gauges(b *Build) telemetry.Gauges {
	return telemetry.Gauges{
		Clients:            s.seats.count,
		ConfigLoaded:       b.loaded,
		Upstreams:          b.upstreamGauges,
		SessionsRemembered: b.store.remembered,
		StoreUp:            b.store.up,
		Spans:              b.spans,
		Providers: func(yield func(string, bool) bool) {
			for _, p := range b.Providers {
				if !yield(p.Name(), p.Status().Up) {
					return
				}
			}
		},
	}
}

// Close lets go of idle upstream connections and of the session store.
func (b *Build) Close() {
	b.store.close()
	for _, pool := range b.pools {
		pool.Close()
	}
}

// listenKeys are the listeners' keys in the file.
var listenKeys = map[string]string{
	"public": "server.listen", "redirect": "server.redirect_listen", "admin": "server.admin.listen", "probe": "server.probe_listen",
}
