package page

import "net/http"

// Tested ends an operator's test sign-in, whatever came of it: that is told
// where the test was started, and not to whoever sits at this browser.
func (p *Pages) Tested(w http.ResponseWriter, r *http.Request) error {
	return p.html(w, r, http.StatusOK, noForms, tested())
}

func tested() view {
	return errorPage{
		Status: http.StatusOK,
		Text:   "The test sign-in has come to its end, and nobody was signed in here.",
		Next:   "Its result is on the page of the admin listener where it was started. You can close this tab.",
	}.view("Test finished")
}
