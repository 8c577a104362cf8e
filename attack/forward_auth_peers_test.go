package attack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestForwardAuthHearsItsPeersOnly [CVE-2026-40575]: a description of a request
// is a trusted peer's, complete, of one dialect, and comes once.
func TestForwardAuthHearsItsPeersOnly(t *testing.T) {
	a := begin(t, "forward auth")
	w := open(t, fronted)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	public, admin := asked{"GET", "https", host, "/public/x"}, asked{"GET", "https", host, "/admin/x"}
	for _, d := range dialects {
		value := func(name string, a asked) string {
			for _, f := range d.say(a).fields {
				if n, v, _ := strings.Cut(f, ": "); n == name {
					return v
				}
			}
			return "x"
		}
		for _, who := range []string{"", ana} {
			name := d.name + " a stranger's peer"
			if who != "" {
				name += ", signed in"
			}
			for _, at := range []asked{public, {"GET", "https", host, "/x"}, {"GET", "https", "nobody.example", "/"}} {
				for _, forged := range [][]string{nil, {"X-Forwarded-For: 127.0.0.1"}, {"X-Real-Ip: 127.0.0.1"}, {"Forwarded: for=127.0.0.1"}, {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https"}} {
					a.try(fmt.Sprint(name, at, forged), func(t *testing.T) {
						r := d.say(at)
						r.fields = append(slices.Clone(r.fields), forged...)
						if who != "" {
							r.fields = append(r.fields, who)
						}
						w.told(t, deny, farAway.ask(w, t, r))
					})
				}
			}
		}
		for _, v := range ways {
			a.try(v.name+" "+d.name+" benign", func(t *testing.T) { w.told(t, let, v.ask(w, t, d.say(public))) })
			for i, name := range d.own {
				a.try(v.name+" "+d.name+" without "+name, func(t *testing.T) {
					r := d.say(public)
					r.fields = slices.Delete(slices.Clone(r.fields), i, i+1)
					w.told(t, deny, v.ask(w, t, r))
				})
				for _, c := range []struct{ name, value string }{{"the same twice", value(name, public)}, {"another twice", value(name, admin)}, {"empty twice", ""}} {
					a.try(v.name+" "+d.name+" "+c.name+" "+name, func(t *testing.T) {
						r := d.say(public)
						r.fields = append(slices.Clone(r.fields), name+": "+c.value)
						w.told(t, ambiguous, v.ask(w, t, r))
						r.fields = append([]string{name + ": " + c.value}, d.say(public).fields...)
						w.told(t, ambiguous, v.ask(w, t, r))
					})
				}
				a.try(v.name+" "+d.name+" empty "+name, func(t *testing.T) {
					r := d.say(public)
					r.fields = slices.Clone(r.fields)
					r.fields[i] = name + ": "
					w.told(t, ambiguous, v.ask(w, t, r))
				})
				a.try(v.name+" "+d.name+" with underscores, only "+name, func(t *testing.T) {
					r := d.say(public)
					r.fields = slices.Clone(r.fields)
					r.fields[i] = strings.ReplaceAll(name, "-", "_") + ": " + value(name, public)
					w.told(t, deny, v.ask(w, t, r))
				})
				a.try(v.name+" "+d.name+" with underscores, too "+name, func(t *testing.T) {
					r := d.say(admin)
					r.fields = append(slices.Clone(r.fields), strings.ReplaceAll(name, "-", "_")+": "+value(name, public), ana)
					w.told(t, deny, v.ask(w, t, r))
				})
			}
			for _, other := range dialects {
				if other.name == d.name {
					continue
				}
				a.try(v.name+" "+d.name+" described as "+other.name+" would", func(t *testing.T) {
					r := other.say(public)
					r.method, r.host, r.target = "", "", d.say(asked{uri: ""}).target
					if r.target == "/.auth/verify/envoy" {
						r.target += "/x" // what envoy asks for; the others' words about /public must not count
						w.told(t, map[bool]verdict{true: deny, false: ask}[other.name == "nginx"], v.ask(w, t, r))
						return
					}
					if slices.Equal(other.own, d.own) {
						w.told(t, let, v.ask(w, t, r))
						return
					}
					w.told(t, deny, v.ask(w, t, r))
				})
			}
			a.try(v.name+" "+d.name+" contradicted by the others' words", func(t *testing.T) {
				r := d.say(admin)
				r.fields = append(slices.Clone(r.fields), ana)
				for _, name := range d.foreign {
					r.fields = append(r.fields, name+": "+map[string]string{
						"X-Original-Method": "GET", "X-Original-URL": home + "/public/x", "X-Forwarded-Method": "GET", "X-Forwarded-Host": host, "X-Forwarded-Uri": "/public/x", "X-Forwarded-Proto": "https",
					}[name])
				}
				w.told(t, deny, v.ask(w, t, r))
			})
			for _, more := range []string{"X-Rewrite-Url: /public/x", "X-Original-Uri: /public/x", "X-Envoy-Original-Path: /public/x", "X-Http-Method-Override: GET", "X-Forwarded-Path: /public/x", "X-Forwarded-Prefix: /public", "Forwarded: host=lan.example.test;proto=https", "X-Original-Host: readers.example.test", "X-Forwarded-Server: readers.example.test"} {
				a.try(v.name+" "+d.name+" and "+more, func(t *testing.T) {
					r := d.say(admin)
					r.fields = append(slices.Clone(r.fields), more, ana)
					w.told(t, deny, v.ask(w, t, r))
				})
			}
		}
	}
	for _, c := range []struct {
		name, target string
		want         verdict
	}{
		{"nobody's dialect", "/.auth/verify/haproxy", nothing},
		{"no dialect", "/.auth/verify/", nothing},
		{"no dialect, no slash", "/.auth/verify", nothing},
		{"a dialect in upper case", "/.auth/verify/NGINX", nothing},
		{"a dialect that goes on", "/.auth/verify/nginxx", nothing},
		{"a way out of it", "/.auth/verify/nginx/../../../admin", ambiguous},
		{"a way out of it, encoded", "/.auth/verify/nginx/%2e%2e/x", ambiguous},
		{"another spelling of the address", "/.auth/%76erify/haproxy", nothing},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := dialects[0].say(public)
				r.fields = append(slices.Clone(r.fields), dialects[1].say(public).fields...)
				r.target = c.target
				w.told(t, c.want, v.ask(w, t, r))
			})
		}
	}
	for _, d := range dialects[:3] {
		for _, tail := range []string{"/", "/x", "/public/x", "/admin/x", "/public/x?X-Original-URL=/public/x"} {
			for _, v := range ways {
				a.try(v.name+" "+d.name+" a tail that says otherwise: "+tail, func(t *testing.T) {
					for at, want := range map[asked]verdict{public: let, admin: deny} {
						r := d.say(at)
						r.target += tail
						r.fields = append(slices.Clone(r.fields), ana)
						w.told(t, want, v.ask(w, t, r))
					}
				})
			}
		}
	}
	for _, at := range []asked{public, admin, {"GET", "https", host, "/x"}} {
		for _, who := range []string{"", ana} {
			for _, v := range ways {
				a.try(v.name+" the page for nginx is never an entrance: "+at.uri+who[:min(1, len(who))], func(t *testing.T) {
					r := dialects[0].say(at)
					r.target += "/page"
					if r.fields = slices.Clone(r.fields); who != "" {
						r.fields = append(r.fields, who)
					}
					got := v.ask(w, t, r)
					if got.status >= 200 && got.status < 300 || got.header.Get("X-Forwarded-User") != "" || got.setsSession() {
						t.Errorf("%d %v", got.status, got.header)
					}
					w.app.untouched(t)
				})
			}
		}
	}
	for _, line := range []string{"X-Original-URL: " + home + "/public/x\x00/admin", "X-Original-URL: " + home + "/public/x\x01", "X-Original-URL: " + home + "/public/x\tadmin", "X-Original-URL: " + home + "/public/é\xff"} {
		a.try(fmt.Sprintf("bytes: %q", line), func(t *testing.T) {
			w.told(t, ambiguous, inTheClear.ask(w, t, request{target: "/.auth/verify/nginx", fields: []string{"X-Original-Method: GET", line}}))
		})
	}
	for _, at := range []struct {
		address string
		want    verdict
	}{
		{home + "/public/x", let}, {"https://APP.example.test:443/public/x", let}, {"HTTPS://app.example.test/public/x", let},
		{"/public/x", deny}, {"//" + host + "/public/x", deny}, {"https:/" + host + "/public/x", deny}, {"https:" + host + "/public/x", deny},
		{`https:\\` + host + `\public\x`, deny}, {"https://" + host + `\@evil.example/public/x`, deny}, {"https://evil.example#@" + host + "/public/x", deny},
		{"https://evil.example?@" + host + "/public/x", deny}, {"https://u:p@" + host + "/public/x", deny}, {"https://@" + host + "/public/x", deny},
		{" " + home + "/public/x", let}, {home + "/public/x " + home + "/admin", deny}, {home + "/public/x, " + home + "/admin", deny},
		{home + "/public/x#/admin", deny}, {"https://" + host + ":/public/x", deny}, {"https://" + host + ":0443/public/x", deny}, {"https://" + host + ":443x/public/x", deny},
		{"https://[" + host + "]/public/x", deny}, {"https://%61pp.example.test/public/x", deny}, {"https://app%2eexample.test/public/x", deny},
		{"https://ａpp.example.test/public/x", deny}, {"ftp://" + host + "/public/x", deny}, {"unix:///public/x", deny}, {"https://" + host + "%00/public/x", deny},
		{"https://" + host + "?/public/x", deny}, {"https:///public/x", deny}, {"https://", deny}, {strings.Repeat("h", 20_000), deny},
	} {
		a.try("X-Original-URL: "+at.address, func(t *testing.T) {
			got := inTheClear.ask(w, t, request{target: "/.auth/verify/nginx", fields: []string{"X-Original-Method: GET", "X-Original-URL: " + at.address}})
			if at.want == deny && got.status == http.StatusUnauthorized && strings.HasPrefix(at.address, "https://"+host+"?") {
				w.app.untouched(t) // the root, which is the staff's
				return
			}
			w.told(t, map[verdict]verdict{let: let, deny: ambiguous}[at.want], got)
		})
	}
}
