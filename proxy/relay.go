package proxy

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// relay asks the upstream and passes its answer on: what httputil.ReverseProxy
// does, but for upgrades, which still go through it. The request's header is
// written as it is gone through instead of being copied and thinned out three times, and a
// long body can go from socket to socket without passing through here.
//
// out is a copy of the client's request, made for this.
func (f *Forwarder) relay(x *exchange, out *http.Request) {
	x.outURL = *out.URL
	out.URL, out.Close, out.GetBody = &x.outURL, false, nil
	if out.ContentLength == 0 {
		out.Body = nil
	}
	x.tell(out.Header)
	out.Header = nil // see Each
	x.address(out)
	if out.Body != nil {
		// Whoever sends the body in a goroutine of its own stops when Forward
		// closes it, and not before: a body that is closed over unread bytes
		// ends the connection, which looks as if the client had gone.
		out.Body = io.NopCloser(out.Body)
	}
	res, err := f.asker.Send(out, x)
	x.informal.end()
	if err == nil {
		defer func() { res.Body.Close() }() // also of an answer that nobody passes on
		err = f.modify(res)
	}
	if err != nil {
		f.fail(&x.answer, out, err)
		return
	}
	announced := x.answer.begin(res)
	if err := x.answer.pour(res); err != nil {
		// A truncated answer must never look complete.
		panic(http.ErrAbortHandler)
	}
	res.Body.Close() // completes the trailers
	x.answer.end(res, announced)
}

// begin sends the answer's head. announced are the trailers that it names.
func (a *answer) begin(res *http.Response) (announced []string) {
	h := a.Header()
	connection := res.Header["Connection"]
	for name, values := range res.Header {
		switch {
		case hopByHop(name), named(connection, name):
		case h[name] == nil:
			h[name] = values
		default:
			h[name] = append(h[name], values...)
		}
	}
	for name := range res.Trailer {
		// net/http would send a header that is announced once more as a trailer.
		if _, header := h[name]; !header {
			announced = append(announced, name)
		}
	}
	if len(announced) > 0 {
		slices.Sort(announced)
		h.Add("Trailer", strings.Join(announced, ", "))
	}
	a.WriteHeader(res.StatusCode)
	return announced
}

// pour passes the body on. One of unknown length may be a stream, of which each
// piece counts as it comes.
func (a *answer) pour(res *http.Response) error {
	if res.ContentLength >= 0 && !isEventStream(res.Header) {
		_, err := a.x.download.WriteTo(a)
		return err
	}
	buffer := a.f.buffers.Get()
	defer a.f.buffers.Put(buffer)
	flush := http.NewResponseController(a.ResponseWriter).Flush
	if waiting, ok := a.x.download.ReadCloser.(interface{ Buffered() int }); !ok || waiting.Buffered() == 0 {
		// The head counts by itself when the first piece may be long in coming.
		if err := flush(); err != nil {
			return err
		}
	}
	for {
		n, err := res.Body.Read(buffer)
		if n > 0 {
			if _, err := a.Write(buffer[:n]); err != nil {
				return err
			}
			if err := flush(); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

func isEventStream(h http.Header) bool {
	values := h["Content-Type"]
	return len(values) == 1 && strings.HasPrefix(values[0], "text/event-stream")
}

// end sends the trailers.
func (a *answer) end(res *http.Response, announced []string) {
	if len(res.Trailer) == 0 {
		return
	}
	// Trailers need chunks, which a short answer would do without.
	_ = http.NewResponseController(a.ResponseWriter).Flush()
	h := a.Header()
	for name, values := range res.Trailer {
		if !slices.Contains(announced, name) {
			name = http.TrailerPrefix + name
		}
		h[name] = append(h[name], values...)
	}
}

// informal passes informational answers on until the final one begins. It may
// be told of them by a transport's own goroutine.
type informal struct {
	mu   sync.Mutex // guards over, and the answer's header meanwhile
	over bool
}

func (i *informal) end() {
	i.mu.Lock()
	i.over = true
	i.mu.Unlock()
}

// inform is what the upstream tells before its answer.
func (x *exchange) inform(status int, header http.Header) error {
	x.informal.mu.Lock()
	defer x.informal.mu.Unlock()
	if x.informal.over {
		return nil
	}
	if status < 100 || status > 199 || status == http.StatusSwitchingProtocols {
		return fmt.Errorf("status %d is no information", status)
	}
	h := x.answer.Header()
	for name, values := range header {
		if !hopByHop(name) {
			h[name] = values
		}
	}
	x.answer.WriteHeader(status)
	clear(h) // net/http keeps them for the final answer otherwise
	return nil
}
