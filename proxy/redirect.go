package proxy

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Redirect is the plaintext listener that sends http to https. It knows the
// hosts that have an https site and no others, so it sends nobody to a
// stranger. What first answers, and reports so, is not sent on: a certificate
// authority's questions.
func (g *Gateway) Redirect(first func(http.ResponseWriter, *http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt := g.current.Load()
		rw := telemetry.NewResponseWriter(w)
		v := &visit{record: &rw.Record}
		v.record.Begin(r, time.Now())
		defer rt.finish(rw, r, v)
		err := rt.toHTTPS(rw, r, v)
		var redirect *moved
		if errors.As(err, &redirect) && first(rw, r) {
			v.record.Decision = telemetry.DecisionOwn
			return
		}
		rt.answer(rw, r, v, err)
	})
}

// toHTTPS is always an error: a redirect, or why there is none.
func (rt *Runtime) toHTTPS(w http.ResponseWriter, r *http.Request, v *visit) error {
	v.peer, _ = rt.door.peer(r.RemoteAddr)
	v.record.Peer = v.peer
	last, err := framed(r)
	if err != nil {
		return err
	}
	if last {
		w.Header().Set("Connection", "close")
	}
	if err := cmp.Or(refuseMethod(r), refuseTarget(r)); err != nil {
		return err
	}
	a, ok := parseAuthority(r.Host)
	if !ok {
		return malformedHost()
	}
	if found := rt.sites.secure(a.host); found != nil {
		if _, err := CanonicalPath(r.URL.EscapedPath(), found.permit); err != nil {
			return ambiguousPath(err)
		}
		return rt.otherScheme(r, found, "http")
	}
	return misdirected()
}
