package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrCut reports that requests were still running when shutdown_timeout ended.
var ErrCut = errors.New("requests were cut off at the end of shutdown_timeout; a longer one gives them time")

// drain ends serving: first /readyz alone says so, for drain_delay, then the
// public listeners close and what runs may finish. Probes go on answering until
// it is done. failed ends the delay early.
func (s *Server) drain(failed <-chan error) error {
	c := &s.current().Config.Server
	s.state.set("draining")
	s.process.notify("STOPPING=1")
	s.process.Log.Info("draining", "delay", c.DrainDelay.Std().String(), "at_most", c.ShutdownTimeout.Std().String())
	var err error
	select {
	case <-time.After(c.DrainDelay.Std()):
	case err = <-failed:
	}

	deadline, cancel := context.WithTimeout(context.Background(), c.ShutdownTimeout.Std())
	defer cancel()
	s.gateway.Leave()
	s.shutdown(deadline, "public", "redirect")
	if !s.idle(deadline) {
		err = errors.Join(err, ErrCut)
		s.process.Log.Warn("requests are cut off: shutdown_timeout is over", "requests", s.gateway.Running())
	}
	s.end()
	s.shutdown(deadline, "admin", "probe")
	for _, o := range s.listeners {
		_ = o.server.Close() // what did not end in time
	}
	return err
}

// shutdown closes listeners of these names and waits for their connections
// until deadline. HTTP/2 clients are told by GOAWAY.
func (s *Server) shutdown(deadline context.Context, names ...string) {
	var closing sync.WaitGroup
	for _, o := range s.listeners {
		if slices.Contains(names, o.name) {
			closing.Go(func() { _ = o.server.Shutdown(deadline) })
		}
	}
	closing.Wait()
}

// idle waits until no request is running: http.Server forgets those that became
// WebSockets. It is false if some still are at the deadline.
func (s *Server) idle(deadline context.Context) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.gateway.Running() > 0 {
		select {
		case <-tick.C:
		case <-deadline.Done():
			return false
		}
	}
	return true
}
