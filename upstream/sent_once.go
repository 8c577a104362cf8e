package upstream

import "net/http"

// sentOnce keeps net/http from sending what is not safe a second time. It
// repeats a request whose kept connection turned out dead before a byte of an
// answer: rightly for GET, HEAD, OPTIONS and TRACE (RFC 9110 section 9.2.2),
// but also for any method with an Idempotency-Key. Whether an application
// honours that header only its client knows. It is sent in lower case, which
// means the same to everybody but net/http's look-up.
func sentOnce(r *http.Request) {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return
	}
	for _, name := range [...][2]string{{"Idempotency-Key", "idempotency-key"}, {"X-Idempotency-Key", "x-idempotency-key"}} {
		values, sent := r.Header[name[0]]
		if !sent {
			continue
		}
		delete(r.Header, name[0])
		r.Header[name[1]] = values
	}
}
