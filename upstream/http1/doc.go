// Package http1 is an HTTP/1.1 client for one neighbour: it writes a request
// and reads the answer on the caller's own goroutine.
//
// http.Transport gives every connection a goroutine that reads and one that
// writes, and hands each request to the one and each answer back from the
// other. For a gateway whose handler has a goroutine to wait on anyway, those
// hand-offs are most of what a small request costs. Here a connection belongs
// to one exchange at a time:
//
//	pool ── take ──▶ write the head (head.go) ──▶ http.ReadResponse (answer.go) ──▶ body (body.go) ── put ──▶ pool
//	                 └ a body is sent beside (upload.go) ┘
//
// Nothing here parses HTTP: answers are read by http.ReadResponse, and a
// connection whose next byte cannot be known for certain is closed, never
// reused.
package http1
