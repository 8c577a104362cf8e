package attack

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// person is somebody with a browser: it keeps cookies, and comes to the
// plaintext gateway as through something that ends TLS.
type person struct {
	t      testing.TB
	w      *world
	client *http.Client
}

func (w *world) person(t testing.TB) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context, network, to string) (net.Conn, error) {
		if name, _, _ := net.SplitHostPort(to); strings.HasSuffix(name, ".test") {
			to = w.plain.Address("public").String()
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t, w, &http.Client{Jar: jar, Transport: noting{w, transport}, Timeout: replyTimeout}}
}

// signIn is a person who has signed in. A rogue provider knows one person only.
func (w *world) signIn(t testing.TB, user string) *person {
	t.Helper()
	if w.idp != nil {
		w.idp.AutoLogin(user)
	}
	p := w.person(t)
	p.follow(home + "/.auth/login")
	if p.me() == "" {
		t.Fatalf("%s is not signed in", user)
	}
	w.app.take()
	return p
}

// noting plants the secrets that pass by: cookies and codes.
type noting struct {
	w *world
	http.RoundTripper
}

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := n.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(r.URL.Hostname(), ".test") {
		for _, c := range res.Cookies() {
			n.w.plant(c.Value)
		}
	}
	if to, err := res.Location(); err == nil {
		n.w.plant(to.Query().Get("code"))
	}
	return res, nil
}

var navigation = []string{"Accept: text/html,*/*;q=0.8", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}

// follow goes to an address as a person does, and wherever it leads.
func (p *person) follow(at string, fields ...string) reply {
	p.t.Helper()
	r, _ := p.send(nil, http.MethodGet, at, "", append(slices.Clone(navigation), fields...))
	return r
}

// step is follow without following.
func (p *person) step(at string, fields ...string) reply {
	p.t.Helper()
	r, _ := p.send(stay, http.MethodGet, at, "", append(slices.Clone(navigation), fields...))
	return r
}

// until follows up to the redirect whose address begins like that.
func (p *person) until(prefix, at string) *url.URL {
	p.t.Helper()
	r, last := p.send(func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), prefix) {
			return http.ErrUseLastResponse
		}
		return nil
	}, http.MethodGet, at, "", navigation)
	to, err := last.Location()
	if err != nil || !strings.HasPrefix(to.String(), prefix) {
		p.t.Fatalf("GET %s ended with %d, want a redirect to %s…\n%.500s", at, r.status, prefix, r.body)
	}
	return to
}

// callback is a sign-in up to the provider's answer.
func (p *person) callback() *url.URL {
	p.t.Helper()
	return p.until(home+"/.auth/callback/", home+"/x")
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (p *person) send(redirect func(*http.Request, []*http.Request) error, method, at, body string, fields []string) (reply, *http.Response) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Set(name, value)
	}
	client := *p.client
	client.CheckRedirect = redirect
	res, err := client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if strings.HasSuffix(res.Request.URL.Hostname(), ".test") {
		p.w.search(p.t, "the answer to "+res.Request.URL.Path, string(text))
	}
	return reply{status: res.StatusCode, header: res.Header, body: string(text)}, res
}

// me is the subject of whom the gateway takes the browser for, or "".
func (p *person) me() string {
	p.t.Helper()
	r, _ := p.send(stay, http.MethodGet, home+"/.auth/me", "", []string{"Sec-Fetch-Mode: cors"})
	_, rest, _ := strings.Cut(r.body, `"sub":"`)
	sub, _, _ := strings.Cut(rest, `"`)
	if r.status != http.StatusOK {
		return ""
	}
	return sub
}

// cookies are all that the browser would send home.
func (p *person) cookies() []*http.Cookie {
	at, _ := url.Parse(home)
	return p.client.Jar.Cookies(at)
}

// cookie is the session's part of a Cookie header.
func (p *person) cookie() string {
	p.t.Helper()
	return p.cookieAt(home)
}

// cookieAt is cookie at another origin.
func (p *person) cookieAt(origin string) string {
	p.t.Helper()
	at, _ := url.Parse(origin)
	var pairs []string
	for _, c := range p.client.Jar.Cookies(at) {
		if isSession(c.Name) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	if len(pairs) == 0 {
		p.t.Fatal("the browser has no session cookie")
	}
	return strings.Join(pairs, "; ")
}

// isSession tells the session's cookies from those of sign-ins under way.
func isSession(name string) bool {
	name = strings.TrimPrefix(name, "__Host-")
	return name == "gatehouse" || strings.HasPrefix(name, "gatehouse.")
}

// setsSession reports whether an answer gives somebody a session.
func (r reply) setsSession() bool {
	for _, line := range r.header.Values("Set-Cookie") {
		name, value, _ := strings.Cut(line, "=")
		if isSession(name) && !strings.HasPrefix(value, ";") && !strings.Contains(line, "Max-Age=0") {
			return true
		}
	}
	return false
}

// hasSession reports whether the browser would send an origin a session.
func (p *person) hasSession(origin string) bool {
	at, _ := url.Parse(origin)
	return slices.ContainsFunc(p.client.Jar.Cookies(at), func(c *http.Cookie) bool { return isSession(c.Name) })
}
