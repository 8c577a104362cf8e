package sampleapp

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// shownGroups is how many groups the page names before it counts the rest.
const shownGroups = 12

var page = template.Must(template.New("page").Parse(pageHTML))

var contentSecurityPolicy = func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
}()

// link is an entry of the navigation.
type link struct {
	Area
	Here bool
}

func (a *app) page(w http.ResponseWriter, got received) {
	here := a.area(got.path)
	var links []link
	for _, area := range a.areas {
		links = append(links, link{area, area == here})
	}
	vouched, others := got.explained()
	data := map[string]any{
		"CSS":       template.CSS(pageCSS),
		"Here":      here,
		"Links":     links,
		"Auth":      a.authPath,
		"SignIn":    a.authPath + "/login?rd=" + url.QueryEscape(got.Path),
		"Got":       got,
		"User":      got.User,
		"Vouched":   vouched,
		"Absent":    got.absent(),
		"Others":    others,
		"Assertion": got.Assertion,
	}
	if u := got.User; u != nil {
		data["Groups"] = u.Groups[:min(shownGroups, len(u.Groups))]
		data["MoreGroups"] = len(u.Groups) - min(shownGroups, len(u.Groups))
	}
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
	w.Header().Set("Referrer-Policy", "same-origin")
	b.WriteTo(w)
}
