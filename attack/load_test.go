package attack

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// TestManySlowHeads: they are cut after ten seconds, and meanwhile others are
// served as if nothing were.
func TestManySlowHeads(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	a := begin(t, "load")
	w := open(t, simple)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	began := time.Now()
	var slow []net.Conn
	for i := range 1000 {
		v := inTheClear
		if i%10 == 0 { // handshakes are what costs here
			v = overTLS
		}
		c := v.dial(w, t)
		defer c.Close()
		_ = c.SetDeadline(began.Add(40 * time.Second))
		send(t, c, "GET /x HTTP/1.1\r\nHost: app.exam")
		slow = append(slow, c)
	}
	for range 20 {
		for _, v := range ways {
			a.try(v.name+" beside a thousand slow heads", func(t *testing.T) {
				w.judge(t, pass, v.ask(w, t, request{target: "/x", fields: []string{ana}}))
			})
		}
	}
	a.try("a thousand slow heads are cut", func(t *testing.T) {
		for _, c := range slow {
			if rest, err := io.ReadAll(c); timedOut(err) || strings.Contains(string(rest), greeting) {
				t.Fatalf("after %s: %v, %q", time.Since(began), err, rest)
			}
		}
		if took := time.Since(began); took < 9*time.Second {
			t.Errorf("cut after %s, before ten seconds were over", took)
		}
	})
}

// TestTooMuchOfAnything is refused or cut, never a crash or a 500, and the next
// one is served.
func TestTooMuchOfAnything(t *testing.T) {
	a := begin(t, "load")
	w := open(t, simple)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	many := func(n int, line string) []string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = line
		}
		return lines
	}
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, c := range []struct {
		name string
		r    request
		want int // 0: any 4xx, or the end
	}{
		{"a header of 1 MB", request{target: "/public/x", fields: []string{"X-A: " + strings.Repeat("b", 1<<20)}}, 431},
		{"10,000 headers", request{target: "/public/x", fields: many(10_000, "X-A: bcdefgh")}, 431},
		{"a name of 1 MB", request{target: "/public/x", fields: []string{strings.Repeat("b", 1<<20) + ": x"}}, 431},
		{"a cookie of 1 MB", request{target: "/public/x", fields: []string{"Cookie: a=" + strings.Repeat("b", 1<<20)}}, 431},
		{"a target of 1 MB", request{target: "/public/" + strings.Repeat("b", 1<<20)}, 431},
		{"a query of 1 MB", request{target: "/public/x?" + strings.Repeat("b", 1<<20)}, 431},
		{"a host of 1 MB", request{target: "/public/x", host: strings.Repeat("b", 1<<20)}, 0},
		{"a method of 1 MB", request{method: strings.Repeat("B", 1<<20), target: "/public/x"}, 0},
		{"a form of 10 MB for the callback", request{method: "POST", target: "/.auth/callback/ping", body: "state=" + strings.Repeat("x", 10<<20), fields: []string{form}}, 0},
		{"a form of 10 MB for the sign-out", request{method: "POST", target: "/.auth/logout", body: "token=" + strings.Repeat("x", 10<<20), fields: []string{form, "Origin: " + home, ana}}, 0},
		{"a form of a million fields", request{method: "POST", target: "/.auth/callback/ping", body: strings.Repeat("a&", 1<<20), fields: []string{form}}, 0},
		{"a stranger's body of 10 MB", request{method: "POST", target: "/x", body: strings.Repeat("x", 10<<20)}, 401},
		{"a path of 10,000 segments", request{target: "/public" + strings.Repeat("/a", 10_000)}, 200},
		{"a path of 10,000 encodings", request{target: "/public/%" + strings.Repeat("25", 10_000) + "2e"}, 400},
		{"a query of 10,000 fields", request{target: "/.auth/login?" + strings.Repeat("rd=/a&", 5_000)}, 302},
		{"a Forwarded of 10,000 elements", request{target: "/public/x", fields: []string{"Forwarded: " + strings.Repeat("for=a,", 8_000) + "for=b"}}, 200},
		{"an Accept of 10,000 types", request{target: "/x", fields: []string{"Accept: " + strings.Repeat("a/b,", 10_000)}}, 401},
		{"benign: 30 KB of headers", request{target: "/public/x", fields: many(1_000, "X-A: bcdefghijklmnopqrstuvw")}, 200},
		{"benign: 10 MB of a body", request{method: "POST", target: "/public/x", body: strings.Repeat("x", 1<<15), fields: nil}, 200},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, c.r)
				switch {
				case c.want == 0 && (r.status >= 400 && r.status < 500 || r.status == 0),
					v.h2 && r.status == 0 && (c.want == 431 || c.want == 401), // the stream ended, or the window was ignored
					r.status == c.want:
				default:
					t.Errorf("%d, want %d", r.status, c.want)
				}
				w.app.take()
				w.judge(t, pass, v.ask(w, t, request{target: "/x", fields: []string{ana}}))
			})
		}
	}
}

// TestFloodsOfFrames: rapid reset and its kin end the connection that brings
// them at the latest, and others are served meanwhile.
func TestFloodsOfFrames(t *testing.T) {
	a := begin(t, "load")
	w := open(t, simple)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	for name, flood := range map[string]func(s *frames, i uint32){
		"rapid reset": func(s *frames, i uint32) {
			s.head(2*i+1, true, head())
			_ = s.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
		},
		"heads without an end":    func(s *frames, i uint32) { s.head(2*i+1, false, head()) },
		"settings":                func(s *frames, _ uint32) { _ = s.WriteSettings() },
		"pings":                   func(s *frames, _ uint32) { _ = s.WritePing(false, [8]byte{}) },
		"empty data":              func(s *frames, _ uint32) { _ = s.WriteData(1, false, nil) },
		"priorities":              func(s *frames, i uint32) { _ = s.WritePriority(2*i+1, http2.PriorityParam{}) },
		"windows":                 func(s *frames, _ uint32) { _ = s.WriteWindowUpdate(0, 1) },
		"resets of nothing":       func(s *frames, i uint32) { _ = s.WriteRSTStream(2*i+1, http2.ErrCodeCancel) },
		"frames of unknown types": func(s *frames, _ uint32) { _ = s.WriteRawFrame(0x77, 0, 0, []byte("x")) },
		"continuations without end": func(s *frames, i uint32) {
			if i == 0 {
				_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}})
				return
			}
			_ = s.WriteContinuation(1, false, []byte{0x40, 1, 'a', 1, 'b'})
		},
	} {
		for _, v := range versionTwo {
			a.try(v.name+" "+name, func(t *testing.T) {
				var attackers sync.WaitGroup
				for range 4 {
					c := v.dial(w, t)
					defer c.Close()
					attackers.Go(func() { // as fast as it goes, for a while; write errors are the gateway's answer
						_ = c.SetDeadline(time.Now().Add(500 * time.Millisecond))
						go func() { _, _ = io.Copy(io.Discard, c) }()
						s := openFrames(t, c)
						for i := range uint32(20_000) {
							flood(s, i)
						}
					})
				}
				for range 5 {
					if r := inTheClear.ask(w, t, request{target: "/x", fields: []string{ana}}); r.status != http.StatusOK {
						t.Errorf("others get %d", r.status)
					}
				}
				attackers.Wait()
				if r := v.ask(w, t, request{target: "/x", fields: []string{ana}}); r.status != http.StatusOK {
					t.Errorf("afterwards others get %d", r.status)
				}
				w.app.take()
			})
		}
	}
}

// TestFloodsEndTheirConnection, and say why. A person who leaves pages is kept.
func TestFloodsEndTheirConnection(t *testing.T) {
	a := begin(t, "load")
	w := open(t, simple)
	for name, flood := range map[string]func(s *frames, i uint32){
		"rapid reset": func(s *frames, i uint32) {
			s.head(2*i+1, true, head())
			_ = s.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
		},
		"streams that break the protocol": func(s *frames, i uint32) { s.head(2*i+1, true, head(field{"connection", "close"})) },
		"more streams than are served":    func(s *frames, i uint32) { s.head(2*i+1, false, head()) },
		"pings":                           func(s *frames, _ uint32) { _ = s.WritePing(false, [8]byte{}) },
		"settings":                        func(s *frames, _ uint32) { _ = s.WriteSettings() },
		"priorities":                      func(s *frames, i uint32) { _ = s.WritePriority(2*i+1, http2.PriorityParam{StreamDep: 0}) },
		"windows":                         func(s *frames, _ uint32) { _ = s.WriteWindowUpdate(0, 1) },
		"frames of unknown types":         func(s *frames, _ uint32) { _ = s.WriteRawFrame(0x77, 0, 0, []byte("x")) },
	} {
		for _, v := range versionTwo {
			a.try(v.name+" "+name, func(t *testing.T) {
				c := v.dial(w, t)
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(2 * time.Minute)) // who floods is read slowly, and a busy machine is slow by itself
				s := openFrames(t, c)
				go func() {
					for i := range uint32(20_000) {
						flood(s, i)
					}
				}()
				if code := farewell(c); code != http2.ErrCodeEnhanceYourCalm {
					t.Errorf("ends with %v", code)
				}
				w.app.take()
			})
		}
	}
	for _, v := range versionTwo {
		a.try(v.name+" benign: a person who leaves pages half loaded", func(t *testing.T) {
			c := v.dial(w, t)
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(replyTimeout))
			s := openFrames(t, c)
			stream := uint32(1)
			for range 3 {
				for range 50 {
					s.head(stream, true, head())
					_ = s.WriteRSTStream(stream, http2.ErrCodeCancel)
					stream += 2
				}
				s.head(stream, true, head())
				if r := s.receive(w, t, stream); r.status != http.StatusOK {
					t.Fatalf("%d", r.status)
				}
				stream += 2
			}
			w.app.take()
		})
	}
}

// farewell reads until the connection ends, and says how it was announced.
func farewell(c net.Conn) http2.ErrCode {
	f := http2.NewFramer(io.Discard, c)
	code := http2.ErrCodeNo
	for {
		frame, err := f.ReadFrame()
		switch {
		case timedOut(err):
			return http2.ErrCodeNo
		case err != nil:
			return code
		}
		if g, is := frame.(*http2.GoAwayFrame); is {
			code = g.ErrCode
		}
	}
}
