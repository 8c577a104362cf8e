package proxy

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/page"
)

// verifyPath is where other proxies ask whether a request may pass, under
// auth_path; the name of their dialect follows.
const verifyPath = "/verify/"

// pagePath follows the name of a dialect whose proxies drop the bodies of
// refusals. They ask once more there, and hand all of the answer on to the
// client, who must never be vouched for.
const pagePath = "/page"

// asked is the request that another proxy asks about.
type asked struct{ method, scheme, host, target string }

// dialect is how one proxy describes it. Each reads its own description and no
// other, or a client could send the one that its proxy does not overwrite.
type dialect struct {
	name string
	// describe reads the description. rest is what follows the dialect's name in
	// the address, as it was sent.
	describe func(r *http.Request, rest string) (asked, error)
	// plain proxies hand only a status on: a redirect would be an error to them.
	plain bool
}

// dialects are all that are spoken.
var dialects = [...]dialect{
	{name: "nginx", describe: byOriginalURL, plain: true},
	{name: "traefik", describe: byForwardedHeaders},
	{name: "caddy", describe: byForwardedHeaders},
	{name: "envoy", describe: byRequestItself},
}

// byForwardedHeaders is what Traefik's ForwardAuth and Caddy's forward_auth send.
func byForwardedHeaders(r *http.Request, _ string) (a asked, err error) {
	return a, errors.Join(
		sole(r.Header, "X-Forwarded-Method", &a.method), sole(r.Header, "X-Forwarded-Proto", &a.scheme),
		sole(r.Header, "X-Forwarded-Host", &a.host), sole(r.Header, "X-Forwarded-Uri", &a.target),
	)
}

// byOriginalURL is what nginx is told to send by the lines of our example;
// auth_request itself describes nothing.
func byOriginalURL(r *http.Request, _ string) (a asked, err error) {
	var address string
	err = errors.Join(sole(r.Header, "X-Original-Method", &a.method), sole(r.Header, "X-Original-Url", &address))
	if err != nil {
		return a, err
	}
	// Cut rather than parsed: the target must stay as the client spelled it.
	scheme, rest, found := strings.Cut(address, "://")
	slash := strings.IndexByte(rest, '/')
	if !found || slash < 0 {
		return a, errors.New("X-Original-URL is no whole address")
	}
	a.scheme, a.host, a.target = scheme, rest[:slash], rest[slash:]
	return a, nil
}

// byRequestItself is Envoy's ext_authz over HTTP: method, Host and, behind the
// path_prefix, the path are the client's.
func byRequestItself(r *http.Request, rest string) (asked, error) {
	a := asked{method: r.Method, host: r.Host, target: rest}
	return a, sole(r.Header, "X-Forwarded-Proto", &a.scheme)
}

// sole reads a header that must be there once.
func sole(h http.Header, name string, into *string) error {
	if values := h[name]; len(values) == 1 && values[0] != "" {
		*into = values[0]
		return nil
	}
	return errors.New(name + " is not there once")
}

// verifies reports whether the path is one of forward auth's. What such a
// request asks about is not where it goes to.
func (rt *Runtime) verifies(path string) bool {
	own, ok := rt.own(path)
	return ok && strings.HasPrefix(own, verifyPath)
}

// verifying returns the endpoint at own, a path under auth_path.
func (rt *Runtime) verifying(own string, v *visit) (endpoint, bool) {
	name, ok := strings.CutPrefix(own, verifyPath)
	if !ok {
		return endpoint{}, false
	}
	name, _, _ = strings.Cut(name, "/")
	for _, d := range dialects {
		if d.name == name {
			return endpoint{anyHost: true, handle: func(w http.ResponseWriter, r *http.Request) error {
				return rt.verify(w, r, v, d)
			}}, true
		}
	}
	return endpoint{}, false
}

// verify answers whether a request that another proxy describes may pass: the
// same route, caller and decision as if it had come here itself.
func (rt *Runtime) verify(w http.ResponseWriter, r *http.Request, v *visit, d dialect) error {
	if !v.believed {
		// Whoever may describe requests may be anybody (CVE-2026-40575).
		return &page.Error{Status: http.StatusForbidden, Reason: "forward_auth_untrusted", Text: "Only a proxy named in trusted_proxies may ask this."}
	}
	if !v.told {
		// The connection is that of the proxy, and a rule that lets its address
		// pass must not let everybody pass whom it asks about.
		v.peer, v.record.Peer = netip.Addr{}, netip.Addr{}
	}
	// Proxies ask at the address as it was written into their configuration. One
	// in another spelling came from a client that got round the rule by which its
	// proxy keeps these addresses to itself. Envoy's path must stay as sent; the
	// door has looked at the whole.
	rest, found := strings.CutPrefix(r.RequestURI, rt.authPath+verifyPath+d.name)
	if !found {
		return addressUnknown()
	}
	a, err := d.describe(r, rest)
	if err != nil {
		return &page.Error{Status: http.StatusForbidden, Reason: "forward_auth_incomplete", Text: "The proxy in front does not say which request it asks about.", Cause: err}
	}
	r, err = rt.enterAsked(r, v, a)
	if err != nil {
		return err
	}
	caller, err := rt.admit(w, r, v)
	switch {
	case errors.Is(err, errSignIn):
		address := rt.login.LoginURL(r)
		return rt.send(w, r, v, d, address, login.LoginRequired(address))
	case errors.Is(err, errStepUp) && caller.session == nil: // a token's
		return login.StepUpRequired(w.Header(), v.route.level, "")
	case errors.Is(err, errStepUp):
		address := rt.login.StepUpURL(r, caller.session)
		return rt.send(w, r, v, d, address, login.StepUpRequired(w.Header(), v.route.level, address))
	case err != nil:
		return err
	}
	if d.plain && rest == pagePath {
		return &page.Error{
			Status: http.StatusForbidden, Reason: "forward_auth_allowed",
			Text:     "The proxy in front did not let this pass, though nothing here speaks against it. Please try again.",
			RetryURL: r.URL.RequestURI(),
		}
	}
	return rt.vouch(w, r, v, caller, d)
}

// enterAsked is the door and the routing for a request that was described. What
// it refuses is 403: other statuses mean "broken" to some proxies, and to none
// that the request may pass.
func (rt *Runtime) enterAsked(r *http.Request, v *visit, a asked) (*http.Request, error) {
	refuse := func(err error) (*http.Request, error) {
		answer := &page.Error{Reason: "forward_auth_incomplete", Text: "The proxy in front asks about a request that cannot be.", Cause: err}
		var known *page.Error
		if errors.As(err, &known) {
			clone := *known
			answer = &clone
		}
		answer.Status, answer.Close, answer.Code = http.StatusForbidden, false, ""
		return r, answer
	}
	authority, ok := parseAuthority(a.host)
	if !ok {
		return refuse(malformedHost())
	}
	arrived := arrival{}
	if err := arrived.setScheme(a.scheme); err != nil {
		return refuse(err)
	}
	found, exact := rt.sites.find(authority, arrived.scheme)
	if !exact {
		return refuse(misdirected())
	}
	u, err := url.ParseRequestURI(a.target)
	if err != nil || !strings.HasPrefix(a.target, "/") {
		return refuse(errors.Join(errors.New("the target is no path"), err))
	}
	u.Scheme, u.Host = found.scheme, found.public
	about := new(http.Request)
	*about = *r
	about.Method, about.URL, about.Host, about.RequestURI = a.method, u, found.public, a.target
	about.Body = http.NoBody // its length stays: a preflight has none
	v.site, v.record.Method, v.record.Host = found, a.method, found.public
	for _, look := range [...]func(*http.Request) error{refuseMethod, refuseTarget} {
		if err := look(about); err != nil {
			return refuse(err)
		}
	}
	if v.path, err = CanonicalPath(u.EscapedPath(), found.permit); err != nil {
		return refuse(ambiguousPath(err))
	}
	v.record.Path = v.path
	if _, foreign := rt.foreign[v.path]; foreign || rt.owns(v.path) {
		// Our own addresses must come here, and never reach the application.
		return refuse(&page.Error{Status: http.StatusForbidden, Reason: "forward_auth_own_address", Text: "The proxy in front must send this address to Gatehouse itself."})
	}
	v.about = about
	if err := rt.enterRoute(about, v); err != nil {
		return refuse(err)
	}
	if err := v.route.forwarder.admitSocket(about); err != nil {
		return refuse(err)
	}
	return about, nil
}

// reader is the request whose sender reads the answer to r: the asked one, for its
// proxy hands refusals on.
func (v *visit) reader(r *http.Request) *http.Request {
	if v.about == nil {
		return r
	}
	about := *v.about
	if about.Method == http.MethodHead {
		about.Method = http.MethodGet // the proxy may have asked by one, and waits for the body
	}
	return &about
}

// owns reports whether the path lies under auth_path.
func (rt *Runtime) owns(path string) bool {
	_, own := rt.own(path)
	return own
}

// vouch says who is calling. Every header that could is there, empty where there
// is nothing to say, so that the proxy in front replaces what the client sent.
func (rt *Runtime) vouch(w http.ResponseWriter, r *http.Request, v *visit, c caller, d dialect) error {
	h := w.Header()
	page.SetHeadersUnseen(h, r.URL.Scheme == "https")
	said := v.route.forwarder.Headers().Render(nil)
	var stamped *stamped
	if c.known() {
		var err error
		if stamped, err = rt.assertions(c, v); err != nil {
			return err
		}
		said = v.seen.headers
	}
	if v.presented.InAuthorization {
		h["Authorization"] = blank // it was for us
	}
	for _, name := range v.route.vouched {
		if !said.sets(name) && !stamped.sets(name) {
			h[name] = blank
		}
	}
	said.Apply(h)
	stamped.apply(h)
	delete(h, "Set-Cookie") // of a plan's: it would reach the browser
	if c.session != nil && rt.store.Due(c.session) {
		renewed := http.Header{}
		v.held = held{rt, c.session, r}
		v.renew(renewed)
		// nginx hands one Set-Cookie line on. Half of a split session is none.
		if lines := renewed["Set-Cookie"]; len(lines) == 1 || !d.plain {
			h["Set-Cookie"] = lines
		}
	}
	h["X-Request-Id"] = []string{v.record.RequestID}
	w.WriteHeader(http.StatusOK)
	return nil
}

// blank is a header that says nothing. It is shared and may not be changed.
var blank = []string{""}

// vouched lists the headers that a route's answers to other proxies always have:
// those that may say something, and those by which machines prove who they are,
// which is for us.
func vouched(o *RouteOptions) []string {
	names := slices.Concat(o.Forwarder.Headers().names, machine.Headers())
	for _, a := range o.Assertions {
		names = append(names, http.CanonicalHeaderKey(a.Header))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// send says where the sign-in begins: there, and not here, its cookies are set,
// so that no proxy in front has to pass them on. told is for whoever is not
// redirected.
func (rt *Runtime) send(w http.ResponseWriter, r *http.Request, v *visit, d dialect, address string, told error) error {
	if !d.plain && v.route.redirects(r) {
		w.Header().Del("WWW-Authenticate")
		rt.pages.Redirect(w, r, http.StatusFound, address)
		return nil
	}
	if d.plain {
		w.Header().Set("Location", address)
		if v.route.redirects(r) {
			// Whom to redirect is for the route to say (unauthenticated), and
			// not for the proxy to guess.
			w.Header().Set("X-Gatehouse-Redirect", address)
		}
	}
	return told
}
