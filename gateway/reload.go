package gateway

import (
	"errors"
	"os"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Source is where the configuration comes from, so that it can be read again.
type Source struct {
	// File is the configuration file's name.
	File string
	// Getenv looks up the variables that it refers to.
	Getenv func(string) string
	// Watch reloads when the file changes, or one that it names.
	Watch bool
	// Signals asks for a reload with each value; nil asks for none.
	Signals <-chan os.Signal
}

// ErrFixed reports that the gateway was started without a Source.
var ErrFixed = errors.New("this gateway has no file to load again")

// Reload reads the configuration anew, compiles it beside the one that runs,
// and puts it in its place. Requests under way finish with the old one. A
// configuration that cannot run changes nothing; the error is then
// config.Problems, or why the file could not be used.
//
// It returns the keys whose change waits for a restart. What came of it is in
// log, metrics and audit trail already.
func (s *Server) Reload() (waiting []string, err error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.process.Source == nil || s.over {
		return nil, ErrFixed
	}
	s.process.notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic())
	defer s.process.notify("READY=1")
	began := time.Now()
	next, err := s.build(s.process.Source)
	if err != nil {
		s.reloaded(telemetry.OutcomeFailure, err)
		return nil, err
	}
	waiting = needRestart(s.started, next.Config)
	s.swap(next)
	s.trimmer.Reset(trimAfter)
	s.pending.Store(&pending{waiting: waiting})
	s.reloaded(telemetry.OutcomeSuccess, nil)
	s.process.Log.Info("configuration reloaded", "routes", len(next.Config.Routes), "providers", len(next.Config.Providers),
		"took", time.Since(began).Round(time.Microsecond).String())
	for _, warning := range next.Config.Warnings() {
		s.process.Log.Warn(warning)
	}
	for _, key := range waiting {
		s.process.Log.Warn("restart needed: a changed key is in use as it was at the start", "key", key)
	}
	return waiting, nil
}

// build loads and compiles beside what runs.
func (s *Server) build(from *Source) (*Build, error) {
	var named []string
	c, err := config.LoadOptions{Getenv: from.Getenv, Named: func(file string) { named = append(named, file) }}.Load(from.File)
	s.files.follow(named)
	if err != nil {
		return nil, err
	}
	return Compile(c, s.current(), s.process)
}

// swap makes next serve, and lets go of what only its predecessor used.
func (s *Server) swap(next *Build) {
	old := s.serving.Swap(next)
	s.gateway.Swap(next.Runtime)
	s.admit(next.Config)
	s.certificates.follow(next.tls)
	s.obtain(next)
	s.crew.follow(next.background())
	s.process.Metrics.SetGauges(s.gauges(next))
	old.store.handOver(next.store)
	for route, pool := range old.pools {
		if next.pools[route] != pool {
			pool.Close()
		}
	}
}

// reloaded tells everybody who asks how a reload went.
func (s *Server) reloaded(outcome string, err error) {
	s.process.Metrics.Reloaded(outcome)
	e := telemetry.AuditEvent{Event: telemetry.EventReloaded, Outcome: outcome, Err: err}
	if err != nil {
		s.pending.Store(&pending{refused: err, at: time.Now()})
		e.Reason = "configuration_refused"
		s.process.Log.Error("the configuration was not reloaded; the one before goes on", "error", err.Error())
	}
	telemetry.Audit(s.process.Log, e)
}

// pending is what the file says and the running configuration does not.
type pending struct {
	refused error     // why the file as it is cannot run
	at      time.Time // when it was refused
	waiting []string  // keys whose change waits for a restart
}

// warnings say so to operators.
func (p *pending) warnings() []string {
	if p == nil {
		return nil
	}
	if p.refused != nil {
		return []string{"the file was refused at " + p.at.UTC().Format(time.RFC3339) + ", so the configuration before it goes on: " + p.refused.Error()}
	}
	var out []string
	for _, key := range p.waiting {
		out = append(out, "restart needed: "+key+" is in use as it was at the start")
	}
	return out
}

// needRestart names the keys that are read once, at the start, and differ now.
func needRestart(started, now *config.Config) []string {
	running, next := &started.Server, &now.Server
	var keys []string
	for _, k := range []struct {
		key     string
		changed bool
	}{
		{"server.listen", running.Listen != next.Listen},
		{"server.redirect_listen", running.RedirectListen != next.RedirectListen},
		{"server.probe_listen", running.ProbeListen != next.ProbeListen},
		{"server.admin.listen", running.Admin.Listen != next.Admin.Listen},
		{"server.tls", hasTLS(running) != hasTLS(next)},
		{"server.acme", next.ACME.Cache != "" && !running.ACME.Same(&next.ACME)},
		{"server.max_header_bytes", running.MaxHeaderBytes != next.MaxHeaderBytes},
		{"log.level", started.Log.Level != now.Log.Level},
		{"log.format", started.Log.Format != now.Log.Format},
	} {
		if k.changed {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// hasTLS reports whether the public listener speaks TLS, whoever certifies it.
func hasTLS(s *config.Server) bool { return len(s.TLS) > 0 || s.ACME.Cache != "" }
