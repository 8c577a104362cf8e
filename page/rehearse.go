package page

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// rehearse shows every page once, so that what a template cannot do comes out
// before anybody needs the page.
func (l *look) rehearse() (problems []error) {
	told := map[string]bool{} // the layout fails on every page alike
	for _, r := range rehearsals() {
		if err := l.rehearsePage(r); err != nil && !told[err.Error()] {
			told[err.Error()] = true
			problems = append(problems, err)
		}
	}
	return problems
}

func (l *look) rehearsePage(r rehearsal) error {
	body, err := l.render(r.view)
	if err != nil {
		return err
	}
	// Browsers apply nothing but the text that the policy names.
	if !bytes.Contains(body, []byte("<style>"+string(l.style.text)+"</style>")) {
		return fmt.Errorf("%s:1: lacks <style>{{.Style}}</style>, to the letter; the content security policy lets no other style apply", layoutFile)
	}
	for _, need := range r.needs {
		if !bytes.Contains(body, []byte(need.value)) {
			return fmt.Errorf("%s:1: lacks {{%s}}, without which the page does not work", r.view.file, need.field)
		}
	}
	return nil
}

// rehearsal is a page as it may come to be shown. needs are the values that
// have to be on it, whoever made the template.
type rehearsal struct {
	view  view
	needs []need
}

type need struct{ field, value string }

// rehearsals are every page full and every page bare, so that a template which
// counts on something that is not always there is found out.
func rehearsals() []rehearsal {
	now := time.Unix(1_700_000_000, 0)
	home := Home{
		Name: "Ada", Email: "ada@example.com", EmailVerified: true, Username: "ada", Subject: "1", Provider: "Example",
		Groups:  strings.Fields(strings.Repeat("group ", shownGroups+2)),
		Created: now, IdleExpires: now.Add(time.Hour), Expires: now.Add(2 * time.Hour),
		SignInURL: "/.auth/login", SignOutURL: "/.auth/logout", SwitchURL: "/.auth/login?prompt=login",
		Apps: []App{{Title: "Wiki", URL: "https://wiki.example.com/", Host: "wiki.example.com"}, {URL: "/"}},
	}
	failure := errorPage{
		Status: 503, Text: "It failed.", Next: "Try again.", SignedInAs: "ada",
		Actions: []action{{"Try again", "/"}, {"See your apps", "/.auth/"}},
		Wait:    "5 seconds", Reason: "upstream_unreachable", RequestID: "request-id",
	}
	choices := []Choice{{"one", "First", "/.auth/login?provider=one", false}, {"two", "", "/.auth/login?provider=two", true}}
	confirm := ConfirmSignOut{Action: "/.auth/logout", Token: "token-of-the-form", ReturnTo: "/docs", SignedInAs: "ada", Local: true}
	return []rehearsal{
		{view: failure.view("Something went wrong")},
		{view: errorPage{Status: 500, Text: "It failed."}.view("Something went wrong")},
		{view: Chooser{"app.example.com", choices}.view(), needs: []need{{".Page.Choices", choices[0].URL}, {".Page.Choices", choices[1].URL}}},
		{view: Chooser{}.view()},
		{view: tested()},
		{view: home.view(now)},
		{view: Home{Subject: "1"}.view(now)},
		{view: Home{}.view(now)},
		{view: SignedOut{"/.auth/login"}.view()},
		{view: SignedOut{}.view()},
		{view: confirm.view(), needs: []need{{".Page.Action", confirm.Action}, {".Page.Token", confirm.Token}, {".Page.ReturnTo", confirm.ReturnTo}}},
		{view: ConfirmSignOut{Action: "/.auth/logout", Token: "token-of-the-form"}.view()},
	}
}
