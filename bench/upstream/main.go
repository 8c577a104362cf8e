// Command upstream answers fixed bodies as fast as Go can, so that a proxy in
// front of it, and not this program, is what a benchmark measures.
//
// It is no HTTP server: it reads a request's head line by line, looks at the
// path (/1k or /1m), and writes an answer made beforehand. It believes that
// requests have no bodies. That is true of wrk and of nobody else.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"log"
	"net"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9301", "address to listen on")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	small, large, missing := answer(200, 1<<10), answer(200, 1<<20), answer(404, 0)
	choose := func(path []byte) []byte {
		switch string(path) {
		case "/1k":
			return small
		case "/1m":
			return large
		default:
			return missing
		}
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn, choose)
	}
}

// answer is a whole response with a body of size bytes.
func answer(status, size int) []byte {
	head := fmt.Sprintf("HTTP/1.1 %d Bench\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", status, size)
	return append([]byte(head), bytes.Repeat([]byte("x"), size)...)
}

func serve(conn net.Conn, choose func(path []byte) []byte) {
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 16<<10)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		_, rest, _ := bytes.Cut(line, []byte(" "))
		path, _, _ := bytes.Cut(rest, []byte(" "))
		response := choose(path)
		for len(bytes.TrimRight(line, "\r\n")) > 0 {
			if line, err = reader.ReadSlice('\n'); err != nil {
				return
			}
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}
