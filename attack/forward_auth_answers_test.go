package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestForwardAuthTellsWhoItIs: what the outer proxy copies into the request is
// ours alone, and comes back empty where there is nothing, so that a client's
// own word is taken out.
func TestForwardAuthTellsWhoItIs(t *testing.T) {
	a := begin(t, "forward auth")
	w := open(t, fronted)
	people := map[string]string{"a stranger": ""}
	for _, name := range []string{"ana.kovacs", "dev.rao"} {
		people[name] = "Cookie: " + w.signIn(t, name).cookie()
	}
	for _, d := range dialects {
		for who, cookie := range people {
			for _, c := range []struct {
				name   string
				fields []string
			}{
				{"benign", nil},
				{"identity headers", []string{"X-Forwarded-User: " + forger, "X-Forwarded-Email: " + forger, "X-Forwarded-Groups: administrators," + forger, "X-Gatehouse-Assertion: " + forger}},
				{"identity headers with underscores", []string{"X_Forwarded_User: " + forger, "X_Forwarded_Email: " + forger}},
				{"identity headers twice", []string{"X-Forwarded-Email: " + forger, "X-Forwarded-Email: " + forger}},
				{"others' identity headers", []string{"Remote-User: " + forger, "X-Auth-Request-Email: " + forger, "Cf-Access-Authenticated-User-Email: " + forger}},
			} {
				for _, v := range ways {
					a.try(v.name+" "+d.name+" "+c.name+" of "+who, func(t *testing.T) {
						uri := "/x"
						if cookie == "" {
							uri = "/public/x"
						}
						r := d.say(asked{"GET", "https", host, uri})
						r.fields = append(slices.Clone(r.fields), c.fields...)
						if cookie != "" {
							r.fields = append(r.fields, cookie)
						}
						got := v.ask(w, t, r)
						w.told(t, let, got)
						for name, values := range got.header {
							if strings.Contains(strings.Join(values, ""), forger) {
								t.Errorf("%s is %q", name, values)
							}
						}
						for _, name := range identityHeaders {
							values, there := got.header[name]
							switch {
							case !there || len(values) != 1:
								t.Errorf("%s came back as %q, want it once", name, values)
							case cookie == "" && values[0] != "":
								t.Errorf("a stranger is %s: %q", name, values[0])
							case who == "dev.rao" && name == "X-Forwarded-Email" && values[0] != "":
								t.Errorf("an address that nobody has: %q", values[0])
							case who == "ana.kovacs" && name == "X-Forwarded-User" && values[0] != subject:
								t.Errorf("Ana is %q", values[0])
							}
						}
						if got.header.Get("Location") != "" {
							t.Error("and sent somewhere")
						}
					})
				}
			}
		}
	}
}

// TestForwardAuthSendsPeopleHome: a sign-in leads back to the address that was
// asked for and nowhere else. nginx makes its own redirect of a Location.
func TestForwardAuthSendsPeopleHome(t *testing.T) {
	a := begin(t, "forward auth")
	w := open(t, fronted)
	for _, d := range dialects {
		for _, c := range []struct {
			name   string
			asked  asked
			fields []string
			want   int
		}{
			{"a navigation", asked{"GET", "https", host, "/x?y=1"}, navigation, 302},
			{"an old browser", asked{"GET", "https", host, "/x"}, []string{"Accept: text/html"}, 302},
			{"a script", asked{"GET", "https", host, "/x"}, []string{"Sec-Fetch-Mode: cors", "Accept: text/html"}, 401},
			{"a picture", asked{"GET", "https", host, "/x"}, []string{"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 401},
			{"a program", asked{"GET", "https", host, "/x"}, nil, 401},
			{"a POST", asked{"POST", "https", host, "/x"}, navigation, 401},
			{"a path that is another address", asked{"GET", "https", host, "/x?rd=https://evil.example/"}, navigation, 302},
			{"a path with an address in it", asked{"GET", "https", host, "/https:/evil.example"}, navigation, 302},
			{"a path with an @", asked{"GET", "https", host, "/@evil.example/"}, navigation, 302},
		} {
			for _, v := range ways {
				a.try(v.name+" "+d.name+" "+c.name, func(t *testing.T) {
					r := d.say(c.asked)
					r.fields = append(slices.Clone(r.fields), c.fields...)
					got := v.ask(w, t, r)
					want := c.want
					if d.name == "nginx" {
						want = 401
					}
					if got.status != want {
						t.Fatalf("%d, want %d", got.status, want)
					}
					if want == 401 && got.header.Get("WWW-Authenticate") == "" {
						t.Error("no challenge")
					}
					location := got.header.Get("Location")
					if c.want == 302 && location == "" {
						t.Error("sent nowhere")
					}
					if location != "" {
						to, err := url.Parse(location)
						if err != nil || to.Scheme == "" || to.Host != host && !strings.HasPrefix(location, w.idp.Issuer()) {
							t.Errorf("sent to %s", location)
						}
					}
					w.app.untouched(t)
				})
			}
		}
	}
	a.try("benign: there and back", func(t *testing.T) {
		w.idp.AutoLogin("ana.kovacs")
		r := dialects[1].say(asked{"GET", "https", host, "/deep?x=1&y=%2F"})
		r.fields = append(slices.Clone(r.fields), navigation...)
		p := w.person(t)
		got := inTheClear.ask(w, t, r)
		u, _ := url.Parse(home)
		p.client.Jar.SetCookies(u, (&http.Response{Header: got.header}).Cookies())
		back := p.until(home+"/.auth/callback/", got.header.Get("Location"))
		leadsTo(t, p.step(back.String()), "/deep?x=1&y=%2F")
	})
}

// TestForwardAuthBearsNobodysBody: bodies, large ones too, are not read and
// change nothing; tokens of machines count as they do elsewhere.
func TestForwardAuthBearsNobodysBody(t *testing.T) {
	a := begin(t, "forward auth")
	w := openWith(t, strings.Replace(machines, "server:\n", "server:\n  trusted_proxies: 127.0.0.1/32\n", 1), map[string]string{
		"RSA": rsaKey(t), "OTHER": "https://partner.example", "CI": hash(serviceToken("ci", secretOfCI)), "PAST": hash(serviceToken("past", secretOfPast)), "IDLE": hash(serviceToken("idle", secretOfIdle)),
	})
	w.plant(secretOfCI, secretOfPast, secretOfIdle)
	good, past := serviceToken("ci", secretOfCI), serviceToken("past", secretOfPast)
	jwt, expired := w.accessToken(t, nil, nil, nil), w.accessToken(t, object{"exp": 1}, nil, nil)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	for _, d := range dialects {
		for _, c := range []struct {
			name, uri string
			want      verdict
			fields    []string
		}{
			{"benign: a service token", "/api/x", let, []string{"X-Gatehouse-Token: " + good}},
			{"benign: a service token as a bearer token", "/api/x", let, []string{"Authorization: Bearer " + good}},
			{"benign: Cloudflare's names", "/api/x", let, []string{"CF-Access-Client-Id: ci", "CF-Access-Client-Secret: " + good}},
			{"benign: a bearer token", "/jwt/x", let, []string{"Authorization: Bearer " + jwt}},
			{"an expired service token", "/api/x", ask, []string{"X-Gatehouse-Token: " + past}},
			{"an expired service token and a cookie", "/x", ask, []string{"X-Gatehouse-Token: " + past, ana}},
			{"a service token where people go", "/x", deny, []string{"X-Gatehouse-Token: " + good}},
			{"an expired bearer token", "/jwt/x", ask, []string{"Authorization: Bearer " + expired}},
			{"an expired bearer token and a cookie", "/jwt/x", ask, []string{"Authorization: Bearer " + expired, ana}},
			{"no token", "/jwt/x", ask, nil},
			{"a cookie where a token is asked for", "/jwt/x", deny, []string{ana}},
			{"a bearer token at another route", "/api/x", ask, []string{"Authorization: Bearer " + jwt}},
			{"two tokens", "/jwt/x", deny, []string{"Authorization: Bearer " + jwt, "Authorization: Bearer " + expired}},
		} {
			for _, v := range ways {
				a.try(v.name+" "+d.name+" "+c.name, func(t *testing.T) {
					r := d.say(asked{"GET", "https", host, c.uri})
					r.fields = append(slices.Clone(r.fields), c.fields...)
					got := v.ask(w, t, r)
					if c.name == "two tokens" && (got.status == 400 || got.status == 401) {
						w.app.untouched(t)
						return
					}
					w.told(t, c.want, got)
					for name, values := range got.header {
						if strings.Contains(strings.Join(values, ""), secretOfCI) || strings.Contains(strings.Join(values, ""), jwt) {
							t.Errorf("the token comes back as %s", name)
						}
					}
				})
			}
		}
		for _, v := range ways {
			for _, body := range []string{"x", "X-Original-URL: " + home + "/public/x", strings.Repeat("x", 60_000)} {
				a.try(fmt.Sprint(v.name, d.name, " a body of ", len(body)), func(t *testing.T) {
					r := d.say(asked{"POST", "https", host, "/x"})
					r.method, r.body = "POST", body
					r.fields = append(slices.Clone(r.fields), ana)
					w.told(t, let, v.ask(w, t, r))
					r.fields = r.fields[:len(r.fields)-1]
					w.told(t, ask, v.ask(w, t, r))
				})
			}
		}
	}
}
