package http1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// answer is the reading half of an exchange, in one piece of memory with the
// body it becomes.
type answer struct {
	conn   *conn
	ctx    context.Context
	watch  watch
	upload *upload // nil without a body
	body   body
}

// read returns the final answer's head.
func (x *answer) read(req *http.Request) (*http.Response, error) {
	for {
		doubtful := x.doubtful()
		res, err := http.ReadResponse(x.conn.in, req)
		if err != nil {
			return nil, err
		}
		switch {
		case res.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("the protocol was switched unasked")
		case res.StatusCode < 100 || res.StatusCode > 999:
			return nil, fmt.Errorf("status %d", res.StatusCode)
		case res.StatusCode < 200:
			if err := inform(req, res); err != nil {
				return nil, err
			}
			if res.StatusCode == http.StatusContinue {
				x.upload.ask()
			}
			continue
		}
		x.begin(req, res, doubtful)
		return res, nil
	}
}

// Inform is the context key under which a request carries a function
// func(status int, header http.Header) error, to be told of informational
// answers other than 101. Its error ends the exchange.
type Inform struct{}

// inform passes an informational answer on.
func inform(req *http.Request, res *http.Response) error {
	if tell, ok := req.Context().Value(Inform{}).(func(int, http.Header) error); ok {
		return tell(res.StatusCode, res.Header)
	}
	return nil
}

// begin makes the body of a final answer.
func (x *answer) begin(req *http.Request, res *http.Response, doubtful bool) {
	x.conn.head = unbounded
	x.upload.answered()
	x.conn.headCame()
	b := &x.body
	b.answer = x
	b.reusable = !res.Close && !req.Close && !doubtful && res.ProtoAtLeast(1, 1)
	switch {
	case req.Method == http.MethodHead, res.StatusCode == http.StatusNoContent, res.StatusCode == http.StatusNotModified:
		b.reusable = b.reusable && !announcesBody(res)
		b.finish()
		res.Body = http.NoBody
		return
	case res.ContentLength == 0:
		b.finish()
		res.Body = http.NoBody
		return
	case res.ContentLength > 0:
		b.left = res.ContentLength
	default:
		b.stream = res.Body
		if len(res.TransferEncoding) == 0 { // ends with the connection
			b.reusable = false
		}
	}
	res.Body = b
}

// announcesBody reports whether an answer that can have no body speaks of one.
// Most say only how long it would be, but some send it as well, perhaps when
// the next request is already out, which it would seem to answer.
func announcesBody(res *http.Response) bool {
	length := res.Header.Get("Content-Length")
	return length != "" && length != "0" || len(res.TransferEncoding) > 0
}
