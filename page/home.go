package page

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Home is the page of who you are and the apps you may open. Without a Subject
// nobody is signed in, and SignInURL is offered instead.
type Home struct {
	Name, Email   string
	EmailVerified bool
	Username      string
	Subject       string
	Provider      string // its display name
	Groups        []string

	Created     time.Time // when the person signed in
	IdleExpires time.Time // zero: the session does not end by idleness
	Expires     time.Time // the hard end

	SignInURL  string
	SignOutURL string
	SwitchURL  string // to sign in as somebody else; "" shows no such link
	Apps       []App

	// Sessions are the person's own, this one first; empty where nobody
	// knows them all.
	Sessions []OwnSession
}

// App is one tile. An empty Title shows Host.
type App struct {
	Title, URL, Host string
	Icon             template.URL // a data: URL of Picture's; empty shows a letter
}

// Label is what the tile is called.
func (a App) Label() string { return cmp.Or(a.Title, a.Host, a.URL) }

// Initial is the tile's letter.
func (a App) Initial() string { return initial(a.Label()) }

// shownGroups is how many groups stand on the page before the rest folds away.
const shownGroups = 8

// homeView is Home as its template reads it.
type homeView struct {
	Home
	Initial string
	Who     string
	First   []string // groups in sight
	Rest    []string // groups folded away
	Times   []moment
}

// moment is one row of the session's times.
type moment struct {
	Label    string
	At       time.Time
	Relative string
}

// Absolute is the time as people read it. Without scripts the page cannot know
// their time zone, so it says UTC.
func (m moment) Absolute() string { return m.At.UTC().Format("2 January 2006, 15:04 UTC") }

// Machine is the time element's datetime.
func (m moment) Machine() string { return m.At.UTC().Format(time.RFC3339) }

// Home answers 200.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request, h Home) error {
	forms := noForms
	if len(h.Sessions) > 0 {
		forms = ownForms
	}
	return p.html(w, r, http.StatusOK, forms, h.view(p.now()))
}

func (h Home) view(now time.Time) view {
	v := homeView{Home: h, Who: cmp.Or(h.Name, h.Username, h.Email, h.Subject), First: h.Groups}
	heading, gate := "You are not signed in", gateShut
	if h.Subject != "" {
		heading, gate = "You are signed in", gateOpen+" wide"
		if v.Who != h.Subject { // whose first letter means nothing
			v.Initial = initial(v.Who)
		}
		v.Times = h.times(now)
		v.Sessions = slices.Clone(h.Sessions)
		for i := range v.Sessions {
			v.Sessions[i].now = now
		}
	}
	if len(h.Groups) > shownGroups+1 { // folding a single one away saves nothing
		v.First, v.Rest = h.Groups[:shownGroups], h.Groups[shownGroups:]
	}
	return view{file: "home.html", Heading: heading, Gate: gate, Page: v}
}

func (h Home) times(now time.Time) []moment {
	var out []moment
	if !h.Created.IsZero() {
		out = append(out, moment{"Signed in", h.Created, ago(now.Sub(h.Created))})
	}
	if !h.IdleExpires.IsZero() && h.IdleExpires.Before(h.Expires) {
		out = append(out, moment{"Ends if unused", h.IdleExpires, in(h.IdleExpires.Sub(now))})
	}
	if !h.Expires.IsZero() {
		out = append(out, moment{"Ends at the latest", h.Expires, in(h.Expires.Sub(now))})
	}
	return out
}

func ago(d time.Duration) string {
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}

func in(d time.Duration) string {
	if d < time.Minute {
		return "in less than a minute"
	}
	return "in " + span(d)
}

// span is d in its largest fitting unit, rounded down: a session must not end
// before the page said so.
func span(d time.Duration) string {
	count, unit := int(d/time.Second), "second"
	switch {
	case d >= 48*time.Hour:
		count, unit = int(d/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		count, unit = int(d/time.Hour), "hour"
	case d >= 2*time.Minute:
		count, unit = int(d/time.Minute), "minute"
	}
	if count == 1 {
		return fmt.Sprintf("1 %s", unit)
	}
	return fmt.Sprintf("%d %ss", count, unit)
}

// initial is the first letter or digit of s in upper case, or "".
func initial(s string) string {
	i := strings.IndexFunc(s, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
	if i < 0 {
		return ""
	}
	c, _ := utf8.DecodeRuneInString(s[i:])
	return string(unicode.ToUpper(c))
}
