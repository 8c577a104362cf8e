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

// watch puts b before res's body.
func (b *answerBody) watch(res *http.Response, t *target) {
	b.ReadCloser, b.target = res.Body, t
	res.Body = b
	if w, ok := b.ReadCloser.(io.Writer); ok {
		res.Body = switched{b, w}
	}
}
