package config

import "testing"

func TestSuggestionsAreForSlipsOfTheFingers(t *testing.T) {
	words := []string{"listen", "max_body", "http", "https"}
	for word, want := range map[string]string{
		"lisen": "listen", "litsen": "listen", "maxBody": "max_body", "max-body": "max_body",
		"htp": "http", "htps": "https", "httpss": "https", "zebra": "", "": "", "x": "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
