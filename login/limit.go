package login

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// maxClients bounds a Limiter's memory, at about 200 bytes a client.
const maxClients = 1 << 14

// Limiter bounds what one client may cause. A client is an IPv4 address or an
// IPv6 /64, which is what one customer is given (RFC 6177).
//
// Loopback and unknown addresses are not limited: there a proxy on this machine
// stands for everybody, and a limit for one would be a limit for all. Name it
// in server.trusted_proxies to have its clients told apart.
type Limiter struct {
	every rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex // guards the rest
	clients map[netip.Addr]*rate.Limiter
	// order is a ring of the known clients; the next to give way to a new one
	// is at hand.
	order []netip.Addr
	hand  int
}

// NewLimiter allows each client burst at once and then one per interval.
func NewLimiter(interval time.Duration, burst int, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{every: rate.Every(interval), burst: burst, now: now, clients: map[netip.Addr]*rate.Limiter{}}
}

// Take takes one of the client's allowance. It returns zero, or how long the
// client has to wait for the next.
func (l *Limiter) Take(client netip.Addr) time.Duration {
	if !client.IsValid() || client.IsLoopback() {
		return 0
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.bucket(client)
	left := bucket.TokensAt(now)
	if left < 1 {
		return max(time.Second, time.Duration((1-left)/float64(l.every)*float64(time.Second)))
	}
	bucket.AllowN(now, 1)
	return 0
}

// bucket finds or makes the client's. It needs the lock. A full table lets the
// oldest go, which gives that client a fresh allowance: who has thousands of
// addresses has thousands of allowances anyway.
func (l *Limiter) bucket(client netip.Addr) *rate.Limiter {
	if client.Is6() {
		prefix, _ := client.Prefix(64) // fails only for more bits than there are
		client = prefix.Addr()
	}
	if bucket := l.clients[client]; bucket != nil {
		return bucket
	}
	bucket := rate.NewLimiter(l.every, l.burst)
	if len(l.order) < maxClients {
		l.order = append(l.order, client)
	} else {
		delete(l.clients, l.order[l.hand])
		l.order[l.hand] = client
		l.hand = (l.hand + 1) % maxClients
	}
	l.clients[client] = bucket
	return bucket
}

// client is the address to limit by, or none where somebody stands for many: a
// plaintext connection to an https site comes from what ends TLS, and unless a
// trusted one told us of its clients, its address is everybody's.
func client(w http.ResponseWriter, r *http.Request) netip.Addr {
	address := peer(w)
	if r.TLS == nil && r.URL.Scheme == "https" {
		if direct, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && direct.Addr().Unmap().WithZone("") == address {
			return netip.Addr{}
		}
	}
	return address
}

// peer is the client's address as the door resolved it.
func peer(w http.ResponseWriter) netip.Addr {
	if rec := telemetry.RecordOf(w); rec != nil {
		return rec.Peer
	}
	return netip.Addr{}
}

func tooManyFailures(wait time.Duration) error {
	return &page.Error{
		Status: http.StatusTooManyRequests, Reason: "too_many_failures", RetryAfter: wait,
		Text: "Too many sign-ins from your network came to nothing in a short time. Please wait a little, then start again.",
	}
}

func tooMany(wait time.Duration) error {
	return &page.Error{
		Status: http.StatusTooManyRequests, Reason: "too_many_sign_ins", RetryAfter: wait,
		Text: "Too many sign-ins came from your network in a short time. Please wait a little.",
	}
}
