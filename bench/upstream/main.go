// Command upstream answers fixed bodies as fast as Go can, so that a proxy in
// front of it, and not this program, is what a benchmark measures.
//
// It is no HTTP server: it reads a request's head line by line, looks at the
// path, and writes what was made beforehand. /1k, /1m and /1g are bodies of that
// size, /up swallows a body of a stated length, /ws echoes WebSocket messages of
// less than 126 bytes. Elsewhere it believes that requests have no bodies. That
// is true of load generators and of nobody else.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"strconv"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9301", "address to listen on")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn)
	}
}

var (
	small   = whole(200, 1<<10)
	large   = whole(200, 1<<20)
	missing = whole(404, 0)
)

// head is that of an answer with a body of size bytes.
func head(status, size int) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %d Bench\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", status, size)
}

func whole(status, size int) []byte {
	return append(head(status, size), bytes.Repeat([]byte("x"), size)...)
}

func serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 16<<10)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		_, rest, _ := bytes.Cut(line, []byte(" "))
		path, _, _ := bytes.Cut(rest, []byte(" "))
		switch string(path) {
		case "/1k":
			err = answer(conn, reader, small)
		case "/1m":
			err = answer(conn, reader, large)
		case "/1g":
			err = gibibyte(conn, reader)
		case "/up":
			err = swallow(conn, reader)
		case "/ws":
			err = echo(conn, reader)
		default:
			err = answer(conn, reader, missing)
		}
		if err != nil {
			return
		}
	}
}

// fields reads to the end of a head and shows each line of it.
func fields(reader *bufio.Reader, see func(name, value []byte)) error {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return nil
		}
		if see != nil {
			name, value, _ := bytes.Cut(line, []byte(":"))
			see(bytes.ToLower(name), bytes.TrimSpace(value))
		}
	}
}

func answer(conn net.Conn, reader *bufio.Reader, whole []byte) error {
	if err := fields(reader, nil); err != nil {
		return err
	}
	_, err := conn.Write(whole)
	return err
}

func gibibyte(conn net.Conn, reader *bufio.Reader) error {
	if err := fields(reader, nil); err != nil {
		return err
	}
	if _, err := conn.Write(head(200, 1<<30)); err != nil {
		return err
	}
	body := large[len(large)-1<<20:]
	for range 1 << 10 {
		if _, err := conn.Write(body); err != nil {
			return err
		}
	}
	return nil
}

func swallow(conn net.Conn, reader *bufio.Reader) error {
	var length int64
	if err := fields(reader, func(name, value []byte) {
		if string(name) == "content-length" {
			length, _ = strconv.ParseInt(string(value), 10, 64)
		}
	}); err != nil {
		return err
	}
	buffered := min(length, int64(reader.Buffered()))
	if _, err := reader.Discard(int(buffered)); err != nil {
		return err
	}
	// Past the reader, whose buffer is small.
	chunk := make([]byte, 256<<10)
	for left := length - buffered; left > 0; {
		n, err := conn.Read(chunk[:min(left, int64(len(chunk)))])
		if err != nil {
			return err
		}
		left -= int64(n)
	}
	_, err := conn.Write(whole(200, 2))
	return err
}

// echo is RFC 6455 as far as the load needs it.
func echo(conn net.Conn, reader *bufio.Reader) error {
	sum := sha1.New()
	if err := fields(reader, func(name, value []byte) {
		if string(name) == "sec-websocket-key" {
			sum.Write(value)
		}
	}); err != nil {
		return err
	}
	io.WriteString(sum, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
	if _, err := fmt.Fprintf(conn, "HTTP/1.1 101 Bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum.Sum(nil))); err != nil {
		return err
	}
	frame := make([]byte, 6+125)
	for {
		if _, err := io.ReadFull(reader, frame[:6]); err != nil {
			return err
		}
		length := int(frame[1] & 0x7f)
		mask, text := frame[2:6], frame[6:6+length]
		if _, err := io.ReadFull(reader, text); err != nil {
			return err
		}
		for i := range text {
			text[i] ^= mask[i%4]
		}
		frame[4], frame[5] = frame[0], byte(length) // a server masks nothing
		if _, err := conn.Write(frame[4 : 6+length]); err != nil {
			return err
		}
	}
}
