package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// check asks t for its health until ctx ends. A target is well until so many
// questions in a row fail, and again after so many good answers.
func (p *Pool) check(ctx context.Context, t *target) {
	h := &p.made.Health
	pause := time.NewTicker(h.Interval)
	defer pause.Stop()
	good, bad := 0, 0
	for {
		err := t.askHealth(ctx, h)
		switch {
		case ctx.Err() != nil:
			return
		case ownShortage(err):
		case err != nil:
			if good, bad = 0, bad+1; bad >= h.UnhealthyAfter {
				p.judged(t, true, err)
			}
		default:
			if bad, good = 0, good+1; good >= h.HealthyAfter {
				p.judged(t, false, nil)
			}
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
	}
}

// askHealth makes one request, without anybody's identity in it.
func (t *target) askHealth(ctx context.Context, h *Health) error {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	path, err := url.ParseRequestURI(h.Path)
	if err != nil {
		return err
	}
	req := (&http.Request{
		Method: http.MethodGet, URL: path, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"User-Agent": {"Gatehouse health check"}},
	}).WithContext(ctx)
	path.Scheme, path.Host = t.scheme, t.host
	t.join(path)
	res, err := t.connections.Load().transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.CopyN(io.Discard, res.Body, 64<<10) // what was read whole leaves its connection usable
	if res.StatusCode >= 400 {
		return fmt.Errorf("%s answers %s", h.Path, res.Status)
	}
	return nil
}
