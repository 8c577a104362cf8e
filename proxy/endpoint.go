package proxy

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// endpoint is one of Gatehouse's own addresses.
type endpoint struct {
	methods []string
	anyHost bool // answers also where no route lives
	handle  func(w http.ResponseWriter, r *http.Request) error
}

// ownAddresses is the table of section "Addresses" in docs/reference. Nothing
// under auth_path ever reaches an upstream.
func (rt *Runtime) ownAddresses() map[string]endpoint {
	read := []string{http.MethodGet, http.MethodHead}
	form := append(slices.Clone(read), http.MethodPost)
	post := []string{http.MethodPost}
	l := rt.login
	return map[string]endpoint{
		"":                  {methods: read, handle: l.HandleHome},
		"/":                 {methods: read, handle: l.HandleHome},
		"/login":            {methods: read, handle: l.HandleLogin},
		"/logout":           {methods: form, handle: l.HandleLogout},
		"/sessions":         {methods: post, handle: l.HandleEndSession},
		"/ticket":           {methods: read, handle: l.HandleTicket},
		"/signed-out":       {methods: read, handle: l.HandleSignedOut},
		"/me":               {methods: read, handle: l.HandleMe},
		"/jwks.json":        {methods: read, handle: rt.publish("application/jwk-set+json", rt.jwks)},
		"/client-jwks.json": {methods: read, handle: rt.publish("application/jwk-set+json", l.ClientKeys())},
		"/ok":               {anyHost: true, handle: rt.ok},
	}
}

// providersOwn are the addresses that end in a provider's name.
func (rt *Runtime) providersOwn(own string) (endpoint, bool) {
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	both := []string{http.MethodGet, http.MethodPost}
	l := rt.login
	for _, each := range []struct {
		prefix  string
		methods []string
		handle  func(w http.ResponseWriter, r *http.Request, providerName string) error
	}{
		{"/callback/", both, l.HandleCallback},
		{"/initiate/", both, l.HandleInitiate},
		{"/backchannel-logout/", post, l.HandleBackChannelLogout},
		{"/frontchannel-logout/", get, l.HandleFrontChannelLogout},
	} {
		if name, is := strings.CutPrefix(own, each.prefix); is {
			return endpoint{methods: each.methods, handle: func(w http.ResponseWriter, r *http.Request) error {
				return each.handle(w, r, name)
			}}, true
		}
	}
	return endpoint{}, false
}

// endpoint returns what answers at the visit's path if that is one of our own
// addresses, and otherwise nil. An unknown host has no addresses but /ok.
func (rt *Runtime) endpoint(v *visit) func(http.ResponseWriter, *http.Request) error {
	own, ok := rt.own(v.path)
	var e endpoint
	known := false
	if ok {
		e, known = rt.endpoints[own]
	}
	if foreign, is := rt.foreign[v.path]; is {
		e, ok, known = foreign, true, true
	}
	if !known && ok {
		e, known = rt.verifying(own, v) // asked for every request of another proxy
	}
	if !known && ok {
		e, known = rt.providersOwn(own)
	}
	switch {
	case v.site == nil && !(ok && known && e.anyHost):
		if v.record.Host == "" {
			return failing(malformedHost())
		}
		return failing(misdirected())
	case !ok:
		return nil
	}
	v.record.Decision = telemetry.DecisionOwn
	if !known {
		return failing(addressUnknown())
	}
	return e.serve
}

// own cuts auth_path off a path that lies under it.
func (rt *Runtime) own(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, rt.authPath)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// serve refuses methods that the address does not know.
func (e endpoint) serve(w http.ResponseWriter, r *http.Request) error {
	if e.methods != nil && !slices.Contains(e.methods, r.Method) {
		w.Header().Set("Allow", strings.Join(e.methods, ", "))
		return &page.Error{Status: http.StatusMethodNotAllowed, Reason: "method_not_allowed", Text: "This method is not served here."}
	}
	if r.Method == http.MethodPost {
		boundForm(w, r)
	} else {
		settleBody(w, r)
	}
	return e.handle(w, r)
}

func addressUnknown() error {
	return &page.Error{Status: http.StatusNotFound, Reason: "address_unknown", Text: "There is nothing at this address."}
}

func failing(err error) func(http.ResponseWriter, *http.Request) error {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

// ok is for load balancers: alive, and nothing to learn.
func (rt *Runtime) ok(w http.ResponseWriter, r *http.Request) error {
	page.SetHeaders(w.Header(), r.URL.Scheme == "https")
	w.WriteHeader(http.StatusOK)
	return nil
}
