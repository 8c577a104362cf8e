package gateway

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// The waits between attempts to accept double from the first to the last.
	firstPatience, lastPatience = 5 * time.Millisecond, time.Second
	// sayAgain is how often a shortage is told while it lasts.
	sayAgain = time.Minute
)

// patient is a listener that a shortage does not end: without descriptors
// clients wait in the kernel's queue until others have left.
type patient struct {
	net.Listener
	log    *slog.Logger
	closed chan struct{}
	once   sync.Once
	said   time.Time // only Accept, which one goroutine calls, uses it
}

func newPatient(l net.Listener, log *slog.Logger) *patient {
	return &patient{Listener: l, log: log, closed: make(chan struct{})}
}

func (p *patient) Accept() (net.Conn, error) {
	for wait := firstPatience; ; wait = min(2*wait, lastPatience) {
		c, err := p.Listener.Accept()
		if !short(err) {
			return c, err
		}
		if now := time.Now(); now.Sub(p.said) > sayAgain {
			p.said = now
			p.log.Error("new connections have to wait: raise the limit of open files (LimitNOFILE=, ulimit -n), or find out who holds so many connections",
				"address", p.Addr().String(), "error", err.Error())
		}
		select {
		case <-time.After(wait):
		case <-p.closed:
			return nil, net.ErrClosed
		}
	}
}

// Close also ends a wait.
func (p *patient) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Listener.Close()
}

// short reports an error of Accept that passes: descriptors or memory are
// short, or the connection was gone again.
func short(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) ||
		errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ECONNABORTED)
}
