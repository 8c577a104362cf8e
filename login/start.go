package login

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// ask is what a sign-in is to lead to, and how.
type ask struct {
	returnTo string // checked
	// wish is that of the route that returnTo leads to, if wished says that it is
	// known; otherwise it is looked for.
	wish   Wish
	wished bool
	// prompt is "login" to have the provider ask who it is even if it knows
	// somebody (OpenID Connect Core section 3.1.2.1), or empty.
	prompt string
	// hint is a login_hint that came along, or empty.
	hint string
	// online is the second try, without offline_access.
	online bool
	// test is the operator's test that this sign-in is for, or empty.
	test string
	// again says that an attempt before this one was lost.
	again bool
	// before is what remains of a session that the request does not carry, for
	// a start in the middle of an answer that was posted across sites.
	before *session.Session
	// handOver is what leave asks the sign-in host for, or the attempt's.
	handOver string
}

// HandleLogin is GET
// <auth_path>/login?rd=…[&provider=N][&prompt=login][&login_hint=…][&test=…].
//
// The prompt is how people switch accounts: without it, a provider that
// remembers them would bring the same one back. The hint saves them typing a
// name; it proves nothing and signs in nobody, and a hint of the operator's own
// (authorization_params) comes first. The test is an operator's, see Tests.
func (l *Login) HandleLogin(w http.ResponseWriter, r *http.Request) error {
	if err := navigationOnly(r); err != nil {
		return err
	}
	query := r.URL.Query()
	a := ask{returnTo: l.ReturnTo.Check(query.Get("rd"), origin(r))}
	if query.Get("prompt") == promptLogin {
		a.prompt = promptLogin
	}
	if hint := query.Get("login_hint"); len(hint) <= maxLoginHint && plain(hint) {
		a.hint = hint
	}
	a.again = query.Get("again") == "1"
	if !l.atHome(r) {
		return l.leave(w, r, a, query.Get("provider"))
	}
	if h := l.asked(r); h.origin != "" {
		if s, err := l.handable(r, a, query.Get("provider")); err != nil {
			return Unavailable(err)
		} else if s != nil {
			return l.sendBack(w, r, s, h)
		}
		a.handOver = h.String()
	} else if a.returnTo == "/" && l.AuthOrigin != "" && !l.ReturnTo.IsOrigin(origin(r)) {
		a.returnTo = l.AuthPath + "/" // this host has no apps
	}
	if name := query.Get("provider"); name != "" {
		p := l.byName[name]
		if p == nil {
			return &page.Error{
				Status: http.StatusNotFound, Reason: "provider_unknown",
				Text:     "There is no such way to sign in here.",
				RetryURL: l.loginPath(a.returnTo, ""),
			}
		}
		if a.test = query.Get("test"); a.test != "" && !l.Tests.begin(a.test, name) {
			return testUnknown()
		}
		return l.start(w, r, p, a)
	}
	return l.begin(w, r, a)
}

// navigationOnly keeps a page's pictures and fetches from starting or ending
// sign-ins: each start pushes one that somebody is in the middle of out of the
// browser's five.
func navigationOnly(r *http.Request) error {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode == "" || mode == "navigate" {
		return nil
	}
	return &page.Error{
		Status: http.StatusForbidden, Reason: "navigation_needed",
		Text: "Signing in takes a page of its own: open this address in the browser.",
	}
}

// Challenge starts a sign-in that comes back to the request's own address. It
// is checked like any other: on a route that permits doubled slashes, //evil is
// a path, and would be another host in a Location header.
//
// The wish is that of the request's route. Whoever is here after several finished
// sign-ins goes round in a loop, and is told so instead.
func (l *Login) Challenge(w http.ResponseWriter, r *http.Request, wish Wish) error {
	if l.Attempts.Lap(r) >= maxLaps {
		return l.loop(w, r)
	}
	target := requestTarget(r)
	a := ask{returnTo: l.ReturnTo.Check(target, origin(r)), wish: wish}
	a.wished = a.returnTo == target // and so leads to the same route
	return l.begin(w, r, a)
}

// requestTarget is the path and query as the client sent them, byte for byte.
// Only what no address may hold raw is encoded, as browsers do.
func requestTarget(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.RequestURI() // a whole address, which proxies are sent
	}
	if !strings.ContainsFunc(r.RequestURI, func(c rune) bool { return c >= 0x80 }) {
		return r.RequestURI
	}
	var b strings.Builder
	for _, c := range []byte(r.RequestURI) {
		if c >= 0x80 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// begin sends the person to the provider that counts where a leads. Several
// providers lead to the page to choose from.
func (l *Login) begin(w http.ResponseWriter, r *http.Request, a ask) error {
	if !l.atHome(r) {
		return l.leave(w, r, a, "")
	}
	choices := l.choices(r, a)
	if len(choices) == 1 {
		return l.start(w, r, choices[0], a)
	}
	if own := l.AuthPath + "/login"; r.URL.Path != own {
		l.Pages.Redirect(w, r, http.StatusFound, a.path(l, ""))
		return nil
	}
	chooser := page.Chooser{Host: r.Host}
	last := l.LastChoice.Get(r)
	for _, p := range choices {
		chooser.Choices = append(chooser.Choices, page.Choice{
			Name: p.Name(), DisplayName: p.DisplayName(), URL: a.path(l, p.Name()), Last: p.Name() == last,
		})
	}
	return l.Pages.Chooser(w, r, chooser)
}

// LoginURL is the absolute address that starts a sign-in and returns to the
// request's own path and query.
func (l *Login) LoginURL(r *http.Request) string {
	return origin(r) + l.loginPath(requestTarget(r), "")
}

// promptLogin is the one prompt that strangers' links may ask for: it shows
// people more than they expect, never less.
const promptLogin = "login"

// path is the address that asks for a, at a provider or any.
func (a ask) path(l *Login, providerName string) string {
	path := l.loginPath(a.returnTo, providerName)
	if a.prompt != "" {
		path += "&prompt=" + a.prompt
	}
	if a.hint != "" {
		path += "&login_hint=" + url.QueryEscape(a.hint)
	}
	if target, rest, carried := strings.Cut(a.handOver, " "); carried {
		path += "&handover=" + rest + "&for=" + url.QueryEscape(target)
	} else if a.handOver != "" {
		path += "&handover=" + a.handOver
	}
	return path
}

// extra is what a adds to an authorization request to p, besides the level.
func (a ask) extra(p *provider.Provider, level session.Level) url.Values {
	if len(level.ACR) == 0 && level.MaxAge <= 0 && a.prompt == "" && a.hint == "" { // as nearly always
		return nil
	}
	extra := url.Values{}
	if len(level.ACR) > 0 {
		extra.Set("acr_values", strings.Join(level.ACR, " "))
	}
	if level.MaxAge > 0 {
		extra.Set("max_age", seconds(level.MaxAge))
	}
	if a.prompt != "" {
		extra.Set("prompt", a.prompt)
	}
	if a.hint != "" && p.TakesLoginHint() {
		extra.Set("login_hint", a.hint)
	}
	return extra
}

func (l *Login) loginPath(returnTo, providerName string) string {
	query := url.Values{"rd": {returnTo}}
	if providerName != "" {
		query.Set("provider", providerName)
	}
	return l.AuthPath + "/login?" + query.Encode()
}

func (l *Login) start(w http.ResponseWriter, r *http.Request, p *provider.Provider, a ask) error {
	if !l.atHome(r) {
		return l.leave(w, r, a, p.Name())
	}
	if wait := l.Starts.Take(client(w, r)); wait > 0 {
		return tooMany(wait)
	}
	attempt := session.Attempt{Provider: p.Name(), ReturnTo: a.returnTo, Online: a.online, Test: a.test, HandOver: a.handOver}
	var level session.Level
	if a.test == "" {
		level = l.level(r, a)
	}
	attempt.AskLevel(level)
	if p.PostsAnswers() {
		// The form that the provider posts comes without the session's cookie
		// (SameSite=Lax), so what the new session replaces is noted now.
		attempt.Before = a.before
		if s, err := l.Store.Load(r); err == nil {
			attempt.Before = s.Remains()
		}
	}
	secrets, cookie, err := l.Attempts.New(r, attempt)
	if err != nil {
		return err
	}
	cookie.CrossSite = p.PostsAnswers()
	address, err := p.AuthorizationURL(r.Context(), provider.AuthRequest{
		RedirectURI: l.redirectURI(r, p),
		State:       secrets.State + a.mark(),
		Nonce:       secrets.Nonce,
		Verifier:    secrets.Verifier,
		Extra:       a.extra(p, level),
		Offline:     l.Renewal.renews(),
		Online:      a.online,
	})
	if err != nil {
		return l.failed(w, p, l.providerError(p, err, a.returnTo))
	}
	cookie.Set(w)
	l.Pages.Redirect(w, r, http.StatusFound, address)
	return nil
}

func (l *Login) redirectURI(r *http.Request, p *provider.Provider) string {
	return l.home(r) + l.AuthPath + "/callback/" + p.Name()
}

// handable is the session that r carries if it may be handed over as it is, and
// nil if a asks for a new one: another provider, to be asked who it is, or a
// level that the session has not.
func (l *Login) handable(r *http.Request, a ask, providerName string) (*session.Session, error) {
	if a.prompt != "" {
		return nil, nil
	}
	s, err := l.Current(r)
	if errors.Is(err, session.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if providerName != "" && providerName != s.Identity.Provider {
		return nil, nil
	}
	if level := l.level(r, a); !level.Met(s, session.At(l.Now())) {
		return nil, nil
	}
	for _, p := range l.choices(r, a) {
		if p.Name() == s.Identity.Provider {
			return s, nil
		}
	}
	return nil, nil
}

// providerError turns what went wrong at the provider into an answer. Only our
// own words and reason codes leave the house.
func (l *Login) providerError(p *provider.Provider, err error, returnTo string) error {
	answer := &page.Error{
		Status:   http.StatusBadRequest,
		Reason:   "sign_in_failed",
		RetryURL: l.loginPath(returnTo, p.Name()),
		Cause:    err,
	}
	var failure *provider.Error
	if !errors.As(err, &failure) {
		return answer
	}
	answer.Reason = failure.Reason
	switch {
	case failure.Unavailable:
		answer.Status = http.StatusServiceUnavailable
		answer.RetryAfter = failure.RetryAfter
	case failure.Reason == provider.ReasonEmailNotVerified:
		answer.Status = http.StatusForbidden
		answer.Text = "Your e-mail address is not verified at the sign-in service. Verify it there, then sign in again."
	}
	return answer
}
