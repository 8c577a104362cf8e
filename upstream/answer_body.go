package upstream

import (
	"io"
	"net/http"
	"sync/atomic"
)

// answerBody is the body of an answer. Until it is closed its request counts
// as under way.
type answerBody struct {
	io.ReadCloser
	target *target
	closed atomic.Bool
}

// Close closes the body. Only the first counts.
func (b *answerBody) Close() error {
	if !b.closed.Swap(true) {
		b.target.underWay.Add(-1)
	}
	return b.ReadCloser.Close()
}

// switched is the body of an answer that switched protocols, which is written
// to as well.
type switched struct {
	*answerBody
	io.Writer
}

// poured is the body of an http1.Client's answer, which knows how to write
// itself and how much of it has come.
type poured struct {
	*answerBody
	pours
}

type pours interface {
	io.WriterTo
	Buffered() int
}

// watch puts what counts before res's body.
func (out *outgoing) watch(res *http.Response, t *target) {
	b := &out.body
	b.ReadCloser, b.target = res.Body, t
	switch own := res.Body.(type) {
	case io.Writer:
		res.Body = switched{b, own}
	case pours:
		out.poured = poured{b, own}
		res.Body = &out.poured
	default:
		res.Body = b
	}
}
