package proxy

import (
	"net/http"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// preflight reports whether this is the question that browsers ask before a
// request to another origin, and which method it is about (Fetch standard,
// CORS-preflight fetch). Browsers send it without a body and without anything
// that says who asks, so a request with either is an ordinary one.
func preflight(r *http.Request) (method string, ok bool) {
	methods, origins := r.Header["Access-Control-Request-Method"], r.Header["Origin"]
	if r.Method != http.MethodOptions || len(methods) != 1 || len(origins) != 1 || origins[0] == "" ||
		r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Header["Upgrade"] != nil ||
		r.Header["Cookie"] != nil || r.Header["Authorization"] != nil {
		return "", false
	}
	return methods[0], httpguts.ValidHeaderFieldName(methods[0])
}

// admitPreflight lets a preflight pass as nobody where the request that it asks
// about could be let in once its sender is known. A rule that keeps out whoever
// it is, such as one for addresses, holds for preflights too.
func (rt *Runtime) admitPreflight(r *http.Request, v *visit, method string) error {
	about := *r
	about.Method = method
	if v.decide(&about, caller{}).Effect == policy.Deny {
		return rt.forbidden(v, caller{})
	}
	v.record.Decision, v.record.Rule, v.record.Reason = telemetry.DecisionBypass, "", "cors_preflight"
	return nil
}
