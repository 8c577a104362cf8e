package gateway_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// browser keeps cookies and follows redirects. It speaks to the gateway in
// plaintext, as what ends TLS in front of it does, and its cookie jar goes by
// the https addresses that people type.
type browser struct {
	t      testing.TB
	h      *house
	client *http.Client
}

func (h *house) browser() *browser { return h.browserFor(h.t) }

// browserFor reports failures to a subtest.
func (h *house) browserFor(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: h.dial, DialTLSContext: h.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, h: h, client: &http.Client{
		Jar: jar, Transport: watched{h, transport}, Timeout: 20 * time.Second,
	}}
}

// watched notes the secrets that pass by.
type watched struct {
	h *house
	http.RoundTripper
}

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(r.URL.Hostname(), ".test") {
		for _, c := range res.Cookies() {
			w.h.log.secret(c.Value)
		}
	}
	if to, err := res.Location(); err == nil {
		w.h.log.secret(to.Query().Get("code"))
	}
	return res, nil
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	t    testing.TB
	text string
}

// navigate is what a browser sends when a person goes somewhere.
var navigate = []string{"Accept", "text/html,*/*;q=0.8", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}

// open goes to an address as a person does, and wherever it leads.
func (b *browser) open(address string, header ...string) *answer {
	b.t.Helper()
	return b.send(nil, http.MethodGet, address, "", append(slices.Clone(navigate), header...)...)
}

// once is open without following redirects.
func (b *browser) once(address string, header ...string) *answer {
	b.t.Helper()
	return b.send(stay, http.MethodGet, address, "", append(slices.Clone(navigate), header...)...)
}

// fetch is what a script does: no navigation, no redirects.
func (b *browser) fetch(method, address, body string, header ...string) *answer {
	b.t.Helper()
	return b.send(stay, method, address, body, append([]string{"Accept", "*/*", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}, header...)...)
}

// until is open up to the redirect whose address begins like that, which is
// returned and not followed.
func (b *browser) until(prefix, address string) *url.URL {
	b.t.Helper()
	a := b.send(func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), prefix) {
			return http.ErrUseLastResponse
		}
		return nil
	}, http.MethodGet, address, "", navigate...)
	to, err := a.Location()
	if err != nil || !strings.HasPrefix(to.String(), prefix) {
		b.t.Fatalf("GET %s ended at %s with %d, want a redirect to %s…\n%s", address, a.Request.URL, a.StatusCode, prefix, a.text)
	}
	return to
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (b *browser) send(redirect func(*http.Request, []*http.Request) error, method, address, body string, header ...string) *answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body == "" {
		r.Body = http.NoBody
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	client := *b.client
	client.CheckRedirect = redirect
	res, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.h.read(b.t, res)
}

// read takes the body in. No page of the gateway's may hold a secret.
func (h *house) read(t testing.TB, res *http.Response) *answer {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := &answer{res, t, string(body)}
	if res.Request != nil && strings.HasSuffix(res.Request.URL.Hostname(), ".test") && h.log.reveals(a.text) {
		t.Errorf("%s answers with a secret:\n%s", res.Request.URL.Path, a.text)
	}
	return a
}

// signIn is a browser in which the user has signed in. PingOne's shape of
// provider lets them choose, the rogue knows one person.
func (h *house) signIn(user string) *browser { return h.signInFor(h.t, user) }

func (h *house) signInFor(t testing.TB, user string) *browser {
	t.Helper()
	if h.idp != nil {
		h.idp.AutoLogin(user)
	}
	b := h.browserFor(t)
	b.open(home+"/.auth/login").wants(http.StatusOK, http.StatusForbidden)
	if b.me() == nil {
		t.Fatalf("%s is not signed in", user)
	}
	h.app.take()
	return b
}

// me is what the gateway says about the caller; nil is nobody.
func (b *browser) me() map[string]any { b.t.Helper(); return b.meAt(home) }

func (b *browser) meAt(origin string) map[string]any {
	b.t.Helper()
	a := b.fetch(http.MethodGet, origin+"/.auth/me", "")
	if a.StatusCode == http.StatusUnauthorized {
		return nil
	}
	return a.wants(http.StatusOK).json()
}

// wants fails unless the status is one of these.
func (a *answer) wants(status ...int) *answer {
	a.t.Helper()
	if !slices.Contains(status, a.StatusCode) {
		where := ""
		if a.Request != nil {
			where = a.Request.Method + " " + a.Request.URL.String() + ": "
		}
		a.t.Fatalf("%sstatus %d, want %v\n%s", where, a.StatusCode, status, a.gist())
	}
	return a
}

// gist is what a page says, for a failure's message.
func (a *answer) gist() string {
	_, main, ok := strings.Cut(a.text, "<main")
	if !ok {
		return a.text
	}
	words := strings.Fields(tags.ReplaceAllString("<main"+main, " "))
	return strings.Join(words, " ")
}

var tags = regexp.MustCompile(`<[^>]*>`)

// says fails unless the body holds the text.
func (a *answer) says(text string) *answer {
	a.t.Helper()
	if !strings.Contains(a.text, text) {
		a.t.Errorf("the answer does not say %q:\n%s", text, a.gist())
	}
	return a
}

// fromApp fails unless the app answered.
func (a *answer) fromApp() *answer {
	a.t.Helper()
	if a.wants(http.StatusOK); a.text != hello {
		a.t.Errorf("the app was not reached; the answer is\n%s", a.gist())
	}
	return a
}

func (a *answer) json() map[string]any {
	a.t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(a.text), &object); err != nil {
		a.t.Fatalf("no JSON object: %v\n%s", err, a.text)
	}
	return object
}

// noCookie fails if the answer sets any.
func (a *answer) noCookie() *answer {
	a.t.Helper()
	for _, c := range a.Cookies() {
		a.t.Errorf("the answer sets cookie %s", c.Name)
	}
	return a
}

// noSession fails if the answer sets a session cookie.
func (a *answer) noSession() *answer {
	a.t.Helper()
	for _, c := range a.Cookies() {
		if isSession(c.Name) && c.MaxAge >= 0 {
			a.t.Errorf("the answer sets session cookie %s", c.Name)
		}
	}
	return a
}

// isSession tells the session's cookies from those of sign-ins under way.
func isSession(name string) bool {
	name = strings.TrimPrefix(name, "__Host-")
	return name == "gatehouse" || strings.HasPrefix(name, "gatehouse.")
}

// cookies are those that the browser would send to an address.
func (b *browser) cookies(address string) []*http.Cookie {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.client.Jar.Cookies(u)
}

// sessionCookie is the session's part of a Cookie header.
func (b *browser) sessionCookie() string {
	b.t.Helper()
	var pairs []string
	for _, c := range b.cookies(home) {
		if isSession(c.Name) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	if len(pairs) == 0 {
		b.t.Fatal("the browser has no session cookie")
	}
	return strings.Join(pairs, "; ")
}

// sends makes the browser have a cookie of that value.
func (b *browser) sends(name, value string) {
	b.t.Helper()
	u, err := url.Parse(home)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
}

// raw writes bytes to the gateway as they stand and reads one answer. Lines
// may end in \n, which becomes \r\n.
func (h *house) raw(t testing.TB, request string) *answer {
	t.Helper()
	c := h.connect(t)
	c.write(request)
	return c.read()
}

// connection is a socket to the gateway.
type connection struct {
	net.Conn
	t testing.TB
	h *house
	r *bufio.Reader
}

func (h *house) connect(t testing.TB) *connection {
	t.Helper()
	c, err := net.Dial("tcp", h.at("public"))
	if err != nil {
		t.Fatal(err)
	}
	return h.over(t, c)
}

func (h *house) over(t testing.TB, c net.Conn) *connection {
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return &connection{c, t, h, bufio.NewReader(c)}
}

// connectTLS is a socket over real TLS that speaks one of protocols.
func (h *house) connectTLS(t testing.TB, config *tls.Config) *connection {
	t.Helper()
	c, err := tls.Dial("tcp", h.at("public"), config)
	if err != nil {
		t.Fatal(err)
	}
	return h.over(t, c)
}

func (c *connection) write(request string) {
	c.t.Helper()
	if _, err := io.WriteString(c, strings.ReplaceAll(strings.ReplaceAll(request, "\r\n", "\n"), "\n", "\r\n")); err != nil {
		c.t.Fatal(err)
	}
}

func (c *connection) read() *answer {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("read the answer: %v", err)
	}
	return c.h.read(c.t, res)
}

// ended fails unless the gateway closes the connection.
func (c *connection) ended() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Error("the connection stays open")
	}
	if len(rest) > 0 {
		c.t.Errorf("more came over the connection:\n%s", rest)
	}
}
