package proxy

import (
	"context"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

// watchSession is how often a WebSocket's session is looked at.
const watchSession = time.Second

// whileSignedIn returns r with a context that ends with the session: a
// WebSocket is one request, so nothing else would ever ask again whether the
// person is still signed in (CVE-2021-41230). Call stop when it is over.
func (rt *Runtime) whileSignedIn(r *http.Request, s *session.Session) (_ *http.Request, stop func()) {
	ctx, cancel := context.WithCancel(r.Context())
	tick := time.NewTicker(watchSession)
	go func() {
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if rt.store.Ended(s) {
					cancel()
					return
				}
			}
		}
	}()
	return r.WithContext(ctx), cancel
}
