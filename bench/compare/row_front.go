package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// frontRows: what else than HTTP/1.1 comes to the door.
func frontRows() []row {
	return []row{
		{
			name: "websocket", title: "a WebSocket message, there and back", turns: socketTurns,
			bounds: []bound{{figure: cpu, times: bare, most: 0.9}},
		},
		{
			name: "http2", title: "HTTP/2 over TLS, 1 KiB, 8 connections of 8 streams", turns: http2Turns,
			bounds: []bound{{figure: cpu, times: bare, most: 0.9}},
		},
	}
}

func socketTurns(b *bed) (turns []turn, err error) {
	for _, start := range []func() (*subject, error){b.plain, b.bare} {
		s, err := b.warm(start)
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn{s.name, func() (figures, error) { return b.sockets(s) }, s})
	}
	return turns, nil
}

// sockets sends messages on 16 connections, the next on each when the one
// before has come back.
func (b *bed) sockets(s *subject) (figures, error) {
	return s.cost(func() (int, figures, error) {
		var messages atomic.Int64
		var first atomic.Pointer[error]
		var all sync.WaitGroup
		until := time.Now().Add(time.Duration(b.seconds) * time.Second)
		for range 16 {
			all.Go(func() {
				if err := s.talk(until, &messages); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			})
		}
		all.Wait()
		if err := first.Load(); err != nil {
			return 0, nil, *err
		}
		return int(messages.Load()), figures{rate: float64(messages.Load()) / float64(b.seconds)}, nil
	})
}

// talk is one connection: masked text frames of 100 bytes (RFC 6455 section
// 5.2), with a mask of zeros.
func (s *subject) talk(until time.Time, messages *atomic.Int64) error {
	conn, err := s.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(until.Add(5 * time.Second))
	head := strings.TrimSuffix(s.head("GET /ws HTTP/1.1"), "\r\n") + "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: " + s.url +
		"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		return err
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("no WebSocket: %s", answer.Status)
	}
	text := bytes.Repeat([]byte("m"), 100)
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	back := make([]byte, 2+len(text))
	for time.Now().Before(until) {
		if _, err := conn.Write(frame); err != nil {
			return err
		}
		if _, err := io.ReadFull(reader, back); err != nil {
			return err
		}
		if !bytes.Equal(back[2:], text) {
			return fmt.Errorf("sent %q, got %q", frame, back)
		}
		messages.Add(1)
	}
	return nil
}

func http2Turns(b *bed) (turns []turn, err error) {
	cert, key, err := b.certificate()
	if err != nil {
		return nil, err
	}
	ours, err := b.gatehouse("tls", gatehouse, variant{scheme: "https", server: fmt.Sprintf("  tls: {cert: %s, key: %s}\n", cert, key)})
	if err != nil {
		return nil, err
	}
	theirs, err := b.bareAt("bare-tls", "-cert", cert, "-key", key)
	if err != nil {
		return nil, err
	}
	theirs.url = "https://" + b.address("bare-tls")
	for _, s := range []*subject{ours, theirs} {
		if _, err := b.h2load(s, 1); err != nil { // warm up
			return nil, err
		}
		turns = append(turns, turn{s.name, func() (figures, error) { return b.h2load(s, b.seconds) }, s})
	}
	return turns, nil
}

// h2load measures a subject under HTTP/2.
func (b *bed) h2load(s *subject, seconds int) (figures, error) {
	return s.cost(func() (int, figures, error) {
		argv := []string{"-c", b.loadCPUs, "h2load", "-t", "1", "-c", "8", "-m", "8", "-D", strconv.Itoa(seconds)}
		for _, line := range s.header {
			argv = append(argv, "-H", line)
		}
		out, err := exec.Command("taskset", append(argv, s.url+"/1k")...).CombinedOutput()
		if err != nil {
			return 0, nil, fmt.Errorf("h2load: %w: %s", err, out)
		}
		return readH2load(string(out), seconds)
	})
}

// readH2load reads "status codes: 120 2xx, 0 3xx, 0 4xx, 0 5xx" and "Application
// protocol: h2".
func readH2load(out string, seconds int) (answers int, f figures, err error) {
	_, line, found := strings.Cut(out, "status codes: ")
	var moved, refused, failed int
	if _, err := fmt.Sscanf(line, "%d 2xx, %d 3xx, %d 4xx, %d 5xx", &answers, &moved, &refused, &failed); !found || err != nil || !strings.Contains(out, "protocol: h2") {
		return 0, nil, fmt.Errorf("h2load said: %s", out)
	}
	if moved+refused+failed > 0 {
		return 0, nil, fmt.Errorf("%d of %d requests failed", moved+refused+failed, answers)
	}
	return answers, figures{rate: float64(answers) / float64(seconds)}, nil
}
