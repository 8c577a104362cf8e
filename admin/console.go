package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Console is the operators' page and what it asks.
type Console struct {
	Pages *Pages
	// State is asked once a page.
	State func() State
	// Explain decides on the running configuration.
	Explain func(Question) Answer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// consoleView is what the page's template reads.
type consoleView struct {
	State
	Form    form
	Methods []string
	Shown   bool // the token, in the form
	now     time.Time
}

// Ago says how long ago something was.
func (v consoleView) Ago(t time.Time) string {
	d := v.now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < time.Second:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// Stamp is a time for machines, Clock for people.
func (v consoleView) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Clock is the time of day, in UTC: without scripts the page knows no zone.
func (v consoleView) Clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// ServePage answers GET /.
func (c *Console) ServePage(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	if c.Now != nil {
		now = c.Now()
	}
	f, question := readForm(r)
	if question != nil {
		answer := c.Explain(*question)
		f.Answer = &answer
	}
	c.Pages.write(w, r, http.StatusOK, "console.html", "Gatehouse at work", consoleView{
		State: c.State(), Form: f, now: now, Shown: byForm(r),
		Methods: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
	})
}

// byForm reports that the caller came in by the form's cookie, and so may want
// to give it back. The door has checked it.
func byForm(r *http.Request) bool {
	return len(r.Header["Authorization"]) == 0 && slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool {
		return strings.HasSuffix(c.Name, cookieSuffix)
	})
}

// ServeState answers GET /api/state.
func (c *Console) ServeState(w http.ResponseWriter, _ *http.Request) {
	JSON(w, http.StatusOK, c.State())
}
