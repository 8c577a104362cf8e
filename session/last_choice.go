package session

import (
	"net/http"
	"strings"
)

// lastChoiceLife is how long a browser remembers, in seconds: half a year.
const lastChoiceLife Time = 180 * 24 * 3600

// maxChoice is the length of a provider's name.
const maxChoice = 40

// LastChoice remembers in a browser by which provider its person signed in
// last. It is a convenience that proves nothing: anybody may write it, so read
// it as one of the names that the configuration has, or not at all.
type LastChoice struct{ names Names }

// NewLastChoice keeps it in a cookie beside the session's.
func NewLastChoice(names Names) *LastChoice { return &LastChoice{names} }

// Get returns what r's browser remembers, or "".
func (m *LastChoice) Get(r *http.Request) (choice string) {
	want := m.names.attempt(originOf(r), "provider")
	each(r.Header, func(name, value string) bool {
		if name == want && len(value) <= maxChoice && strings.Trim(value, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" {
			choice = value
		}
		return choice == ""
	})
	return choice
}

// Set has the browser remember choice, a provider's name.
func (m *LastChoice) Set(w http.ResponseWriter, r *http.Request, choice string) {
	o := originOf(r)
	setCookie(w.Header(), o, m.names.attempt(o, "provider"), choice, lastChoiceLife)
}
