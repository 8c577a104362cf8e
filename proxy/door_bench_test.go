package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browsersHead is what a browser with a session sends.
var browsersHead = "GET /docs/page?q=1 HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: " + strings.Repeat("Mozilla/5.0 ", 9) +
	"\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nAccept-Encoding: gzip, br\r\nSec-Fetch-Mode: navigate\r\n" +
	"Sec-Fetch-Dest: document\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-gatehouse=" + strings.Repeat("A", 1200) + "\r\n\r\n"

// enterAlone is what the door asks of a request without a configuration.
func enterAlone(r *http.Request) error {
	if _, err := framed(r); err != nil {
		return err
	}
	for _, refuse := range [...]func(*http.Request) error{refuseMethod, refuseTarget, refuseLength, refuseExpectation, refuseUpgrade, refuseSecondHost} {
		if err := refuse(r); err != nil {
			return err
		}
	}
	if _, ok := parseAuthority(r.Host); !ok {
		return malformedHost()
	}
	_, err := CanonicalPath(r.URL.EscapedPath(), Permit{})
	return err
}

// BenchmarkDoor is what looking at the connection and refusing at the door cost
// one request of a browser, as a function of memory.
func BenchmarkDoor(b *testing.B) {
	sent := []byte(browsersHead)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(browsersHead)))
	if err != nil {
		b.Fatal(err)
	}
	w := &Wire{}
	r = r.WithContext(WithWire(b.Context(), w))
	b.ReportAllocs()
	for b.Loop() {
		w.watch(sent)
		if err := enterAlone(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWithAndWithoutDoor is the same over connections: one handler behind
// the door and one without, in turns, and the CPU time that a request takes of
// this process, which is its own client. What the door costs is to be held
// against a forwarded request, of which make bench tells the CPU time.
func BenchmarkWithAndWithoutDoor(b *testing.B) {
	body := strings.Repeat("x", 1024)
	app := func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, body) }
	without := doorClient(b, &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(app)}, func(l net.Listener) net.Listener { return l })
	with := doorClient(b, &http.Server{
		ConnContext: WithWire, ConnState: Between, ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := enterAlone(r); err != nil {
				b.Error(err)
			}
			app(w, r)
		}),
	}, func(l net.Listener) net.Listener { return watchedListener{l, new(Gateway)} })

	const block = 500
	ask := func(ask func()) float64 {
		began := cpuTime()
		for range block {
			ask()
		}
		return float64((cpuTime() - began).Microseconds()) / block
	}
	ask(with)
	ask(without)
	var withs, withouts, costs []float64
	for b.Loop() {
		one, other := ask(without), ask(with)
		withouts, withs, costs = append(withouts, one), append(withs, other), append(costs, other-one)
	}
	b.ReportMetric(median(withouts), "µs-without")
	b.ReportMetric(median(withs), "µs-with")
	b.ReportMetric(median(costs), "µs-door")
	b.ReportMetric(0, "ns/op")
}

// watchedListener watches as the gateway's own does.
type watchedListener struct {
	net.Listener
	gateway *Gateway
}

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := l.gateway.Watch(c, 64<<10)
	return w, w.Await(time.Now().Add(time.Minute))
}

// doorClient serves and returns what sends one request and reads its answer.
func doorClient(b *testing.B, s *http.Server, wrap func(net.Listener) net.Listener) func() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.Serve(wrap(l)) }()
	b.Cleanup(func() { s.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	in := bufio.NewReaderSize(c, 8<<10)
	buffer := make([]byte, 8<<10)
	return func() {
		if _, err := io.WriteString(c, browsersHead); err != nil {
			b.Fatal(err)
		}
		for got := 0; ; {
			n, err := in.Read(buffer[got:])
			if err != nil {
				b.Fatal(err)
			}
			if got += n; buffer[got-1] == 'x' && strings.Count(string(buffer[:got]), "x") >= 1024 {
				return
			}
		}
	}
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
