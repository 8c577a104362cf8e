package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// bodyRows: one body of 1 GiB, down and up.
func bodyRows() []row {
	grown := []bound{{figure: growth, most: 8, worst: true}, {figure: flow, times: nginx, least: 0.9}}
	return []row{
		{name: "1g-down", title: "1 GiB download", bounds: grown, turns: func(b *bed) ([]turn, error) { return b.streams("GET /1g HTTP/1.1", 0) }},
		{name: "1g-up", title: "1 GiB upload", bounds: grown, turns: func(b *bed) ([]turn, error) { return b.streams("POST /up HTTP/1.1", gib) }},
	}
}

const (
	gib    = 1 << 30
	flow   = "MiB/s"
	growth = "RSS growth MiB" // from before to the highest during the transfer
)

func (b *bed) streams(line string, upload int) (turns []turn, err error) {
	for _, start := range []func() (*subject, error){b.plain, b.nginx, b.bare} {
		s, err := b.warm(start)
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn{s.name, func() (figures, error) { return s.stream(line, upload) }, s})
	}
	return turns, nil
}

// stream moves 1 GiB through the subject while its memory is watched.
func (s *subject) stream(line string, upload int) (figures, error) {
	before := s.resident()
	stop, highest := make(chan struct{}), make(chan float64)
	go func() {
		most := before
		for {
			select {
			case <-stop:
				highest <- max(most, s.resident())
				return
			case <-time.After(50 * time.Millisecond):
				most = max(most, s.resident())
			}
		}
	}()
	f, err := s.cost(func() (int, figures, error) {
		begin := time.Now()
		moved, err := s.transfer(line, upload)
		if err == nil && moved != gib {
			err = fmt.Errorf("%d bytes moved", moved)
		}
		return 1, figures{flow: gib / (1 << 20) / time.Since(begin).Seconds()}, err
	})
	close(stop)
	most := <-highest
	if err != nil {
		return nil, err
	}
	f[growth] = most - before
	delete(f, rss)
	return f, nil
}

// transfer sends upload bytes, if any, and returns how many went one way or the
// other.
func (s *subject) transfer(line string, upload int) (moved int64, err error) {
	conn, err := s.dial()
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	head := s.head(line)
	if upload > 0 {
		head = strings.TrimSuffix(head, "\r\n") + fmt.Sprintf("Content-Length: %d\r\n\r\n", upload)
	}
	if _, err := io.WriteString(conn, head); err != nil {
		return 0, err
	}
	chunk := make([]byte, 256<<10)
	for left := upload; left > 0; {
		n, err := conn.Write(chunk[:min(left, len(chunk))])
		if err != nil {
			return 0, err
		}
		left -= n
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, len(chunk)), nil)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s", answer.Status)
	}
	moved, err = io.CopyBuffer(io.Discard, answer.Body, chunk)
	if upload > 0 {
		moved = int64(upload) // the application answers only when it has read all
	}
	return moved, err
}

// dial connects to the subject, plainly.
func (s *subject) dial() (net.Conn, error) {
	return net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), 5*time.Second)
}

// head is a request of the subject's person.
func (s *subject) head(line string) string {
	return line + "\r\nHost: " + strings.TrimPrefix(s.url, "http://") + "\r\n" + strings.Join(append(s.header, ""), "\r\n") + "\r\n"
}
