package http1

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Options make a Client.
type Options struct {
	// Dial connects to the neighbour. Its errors are returned as they are: they
	// prove that nothing was sent.
	Dial func(context.Context) (net.Conn, error)
	// ResponseHeader bounds the wait from the sent request to the head of the
	// answer. It must be positive.
	ResponseHeader time.Duration
	// Idle is how long an unused connection is kept. It must be positive.
	Idle time.Duration
	// MaxIdle is how many unused connections are kept.
	MaxIdle int
}

// Client sends requests to one address over connections that it keeps. It is
// an http.RoundTripper, safe for concurrent use, with four differences to
// http.Transport: it adds no header of its own, follows no proxy, takes no
// request with an Upgrade, and refuses a 101.
type Client struct {
	o    Options
	idle pool
}

// New makes a Client. It connects nowhere.
func New(o Options) *Client {
	return &Client{o: o, idle: pool{max: o.MaxIdle, keep: o.Idle}}
}

// RequestError is a request that cannot be sent as it is. Nothing was sent, and
// the neighbour has no part in it.
type RequestError struct{ Err error }

func (e *RequestError) Error() string { return e.Err.Error() }
func (e *RequestError) Unwrap() error { return e.Err }

// staleError is a connection that ended before it answered a byte.
type staleError struct{ err error }

func (e *staleError) Error() string { return "connection closed before an answer: " + e.err.Error() }
func (e *staleError) Unwrap() error { return e.err }

// RoundTrip is Send of req with its Header.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	return c.Send(req, Header(req.Header))
}

// Send sends req with header in the place of its own and returns the head of the answer. What the answer's
// Body holds is read from the connection as the caller asks for it; Close must
// be called. Of req's Trailer nothing is sent.
//
// A request may be sent a second time only if it cannot have been acted upon
// twice with different effect (RFC 9110 section 9.2.2), has no body, and the
// kept connection it went out on ended without a byte of an answer.
func (c *Client) Send(req *http.Request, header Fields) (*http.Response, error) {
	ctx := req.Context()
	for {
		if err := ctx.Err(); err != nil {
			closeBody(req)
			return nil, err
		}
		conn, err := c.take(ctx)
		if err != nil {
			closeBody(req)
			return nil, err
		}
		res, err := conn.exchange(req, header)
		if err == nil {
			return res, nil
		}
		var stale *staleError
		if conn.used && errors.As(err, &stale) && replayable(req) {
			continue
		}
		if cause := ctx.Err(); cause != nil {
			return nil, cause
		}
		return nil, err
	}
}

// take returns a quiet kept connection, or a new one.
func (c *Client) take(ctx context.Context) (*conn, error) {
	if kept := c.idle.take(); kept != nil {
		return kept, nil
	}
	fresh, err := c.o.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return newConn(c, fresh), nil
}

// CloseIdleConnections closes the connections that are unused now, and lets
// none be kept any more.
func (c *Client) CloseIdleConnections() { c.idle.close() }

// replayable is RFC 9110's "idempotent", and without a body: what a client has
// sent cannot be read a second time.
func replayable(req *http.Request) bool {
	if hasBody(req) {
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
