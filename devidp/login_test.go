package devidp_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

// picker asks for a sign-in and reads the page that comes instead of a redirect.
func (p *party) picker(more ...oauth2.AuthCodeOption) (page, id string) {
	p.t.Helper()
	more = append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.verifier)}, more...)
	res := p.get(p.config.AuthCodeURL("s-1", more...))
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("no picker but %s, %v", res.Status, err)
	}
	found := regexp.MustCompile(`name="id" value="([^"]+)"`).FindSubmatch(body)
	if found == nil {
		p.t.Fatalf("no form on the page:\n%s", body)
	}
	return string(body), string(found[1])
}

func (p *party) pick(idp *devidp.Server, form url.Values) url.Values {
	p.t.Helper()
	res, err := p.browser.PostForm(idp.Issuer()+"/login", form)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	location, err := res.Location()
	if err != nil {
		p.t.Fatalf("no redirect to the client but %s", res.Status)
	}
	return location.Query()
}

func TestPickerShowsEverybodyAndSignsInTheChosen(t *testing.T) {
	users := append(devidp.DemoUsers(), devidp.User{Subject: "x", Username: `"><script>alert(1)</script>`})
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, Users: users})
	p := newParty(t, idp, confidential())
	page, id := p.picker()
	for _, want := range []string{"not for production", "Ana Kovacs", "no e-mail address", "and 196 more", "Zoë O’Neill"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("a user's name reached the page unescaped")
	}
	answer := p.pick(idp, url.Values{"id": {id}, "user": {"dev.rao"}})
	if answer.Get("code") == "" || answer.Get("state") != "s-1" {
		t.Fatalf("answer: %v", answer)
	}
	token, err := p.exchange(answer.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := p.verify(t.Context(), token, ""); err != nil || claims["preferred_username"] != "dev.rao" {
		t.Errorf("signed in as %v, %v", claims["preferred_username"], err)
	}
}

func TestPickerIsNotFooled(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	p := newParty(t, idp, confidential())
	_, id := p.picker()
	for name, form := range map[string]url.Values{
		"nobody of that name": {"id": {id}, "user": {"mallory"}},
		"no user":             {"id": {id}},
		"unknown sign-in":     {"id": {"guess"}, "user": {"ana.kovacs"}},
	} {
		res, err := p.browser.PostForm(idp.Issuer()+"/login", form)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	res := p.get(idp.Issuer() + "/authorize/callback?id=" + id)
	if location, err := res.Location(); err != nil || location.Query().Get("code") != "" {
		t.Errorf("a code without a choice: %v", location)
	}
}

func TestCancelTellsTheClient(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	p := newParty(t, idp, confidential())
	_, id := p.picker()
	answer := p.pick(idp, url.Values{"id": {id}, "cancel": {"1"}})
	if answer.Get("error") != "access_denied" || answer.Get("state") != "s-1" {
		t.Errorf("answer: %v", answer)
	}
}

func TestPickerExpires(t *testing.T) {
	clock := newClock()
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, Now: clock.Now})
	p := newParty(t, idp, confidential())
	_, id := p.picker()
	clock.Advance(10*time.Minute + time.Second)
	res, err := p.browser.PostForm(idp.Issuer()+"/login", url.Values{"id": {id}, "user": {"ana.kovacs"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("got %s", res.Status)
	}
}

func TestLoginHintSignsInWhereAllowed(t *testing.T) {
	hint := oauth2.SetAuthURLParam("login_hint", "ben.osei")
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, HintSignsIn: true})
	if _, claims := newParty(t, idp, confidential()).signIn(hint); claims["preferred_username"] != "ben.osei" {
		t.Errorf("signed in as %v", claims["preferred_username"])
	}
	idp = idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	newParty(t, idp, confidential()).picker(hint)
}

func TestSessionAnswersSilently(t *testing.T) {
	clock := newClock()
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, Now: clock.Now})
	p := newParty(t, idp, confidential())
	none := oauth2.SetAuthURLParam("prompt", "none")

	if got := p.authorize(none); got.Get("error") != "login_required" {
		t.Fatalf("prompt=none without a session: %v", got)
	}
	idp.AutoLogin("ana.kovacs")
	_, first := p.signIn()
	idp.AutoLogin("")
	clock.Advance(5 * time.Minute)
	_, again := p.signIn(none)
	if first["sid"] != again["sid"] || first["auth_time"] != again["auth_time"] {
		t.Errorf("another session: %v and %v", first, again)
	}
	if got := p.authorize(none, oauth2.SetAuthURLParam("max_age", "60")); got.Get("error") != "login_required" {
		t.Errorf("max_age is exceeded: %v", got)
	}
	if got := p.authorize(none, oauth2.SetAuthURLParam("acr_values", "Multi_Factor")); got.Get("error") != "login_required" {
		t.Errorf("acr_values are not met: %v", got)
	}
	p.picker() // without SingleSignOn the picker comes, session or not
}

func TestSingleSignOnAsksOnlyWhenItMust(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, SingleSignOn: true})
	p := newParty(t, idp, confidential())
	idp.AutoLogin("ana.kovacs")
	p.signIn()
	idp.AutoLogin("")
	p.signIn()
	p.picker(oauth2.SetAuthURLParam("prompt", "login"))
	p.picker(oauth2.SetAuthURLParam("prompt", "select_account"))
	page, _ := p.picker(oauth2.SetAuthURLParam("acr_values", "Multi_Factor"))
	if !strings.Contains(page, "Multi_Factor") || !strings.Contains(page, "signed in here") {
		t.Error("the page names neither the policy nor the session")
	}
}

func TestACRValuesChooseTheSignOnPolicy(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	for asked, want := range map[string]string{
		"Multi_Factor":         "Multi_Factor",
		"unknown Multi_Factor": "Multi_Factor",
		"unknown":              "Single_Factor",
	} {
		_, claims := newParty(t, idp, confidential()).signIn(oauth2.SetAuthURLParam("acr_values", asked))
		if claims["acr"] != want {
			t.Errorf("acr_values=%s gave %v", asked, claims["acr"])
		}
	}
}

// clock is a clock that stands still until it is told otherwise. It starts at
// the present, which go-oidc compares with.
type clock struct {
	start   time.Time
	advance atomic.Int64
}

func newClock() *clock { return &clock{start: time.Now()} }

func (c *clock) Now() time.Time          { return c.start.Add(time.Duration(c.advance.Load())) }
func (c *clock) Advance(d time.Duration) { c.advance.Add(int64(d)) }
