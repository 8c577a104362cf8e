package devidp

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// shownGroups is how many groups of somebody the picker names before it counts
// the rest.
const shownGroups = 4

var pages = template.Must(template.New("page").Parse(pageHTML))

// contentSecurityPolicy allows the one style sheet and nothing else. It says
// nothing of form-action: browsers apply that to the redirects which follow the
// picker's form, and those leave for the client's origin.
var contentSecurityPolicy = func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; frame-ancestors 'none'"
}()

// person is a user as the picker shows them.
type person struct {
	Username, Name, Initials, Email, Note string
	Groups                                []string
	MoreGroups                            int
	Current                               bool // has the browser's session
}

func (s *Server) showPicker(w http.ResponseWriter, request *authRequest, current *session) {
	var people []person
	for _, u := range s.store.everyone() {
		p := person{Username: u.Username, Name: u.Name(), Initials: initials(u), Email: u.Email, Note: u.Note, Groups: u.Groups}
		if p.Name == "" {
			p.Name = u.Username
		}
		if len(u.Groups) > shownGroups {
			p.Groups, p.MoreGroups = u.Groups[:shownGroups], len(u.Groups)-shownGroups
		}
		p.Current = current != nil && current.subject == u.Subject
		people = append(people, p)
	}
	writePage(w, http.StatusOK, "picker", map[string]any{
		"ID":       request.id,
		"Client":   request.asked.ClientID,
		"Strong":   wanted(request.asked).acr != signOnPolicies()[0].acr,
		"Policy":   wanted(request.asked).acr,
		"Username": request.asked.LoginHint,
		"People":   people,
	})
}

// initials are the first letters of both names, or of the user name.
func initials(u User) string {
	var letters []string
	for _, name := range []string{u.GivenName, u.FamilyName} {
		if r, size := utf8.DecodeRuneInString(name); size > 0 {
			letters = append(letters, string(r))
		}
	}
	if len(letters) == 0 {
		r, _ := utf8.DecodeRuneInString(u.Username)
		return string(r)
	}
	return strings.Join(letters, "")
}

// writeNotice is a page that says one thing.
func writeNotice(w http.ResponseWriter, status int, title, text string) {
	writePage(w, status, "notice", map[string]any{"Title": title, "Text": text})
}

func writePage(w http.ResponseWriter, status int, name string, data map[string]any) {
	data["CSS"] = template.CSS(pageCSS)
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	b.WriteTo(w)
}
