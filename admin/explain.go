package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Question is what the explain form asks: what would become of a request.
type Question struct {
	URL      *url.URL
	Method   string
	IP       netip.Addr // the zero Addr is unknown
	Provider string     // "" is the route's first, or the file's
	// Claims are the person's; nil is somebody who is not signed in.
	Claims map[string]any
	// AuthAge is how long ago they signed in; nil is as the claims say.
	AuthAge *time.Duration
}

// Answer is what would become of it. Lines say it to people.
type Answer struct {
	Route    string   `json:"route"`
	Decision string   `json:"decision"`
	Rule     string   `json:"rule,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Lines    []string `json:"lines,omitempty"`
}

// form is the explain form as it was sent, to be shown again.
type form struct {
	URL, Method, IP, Provider, Claims, AuthAge string
	Error                                      string
	Answer                                     *Answer
}

// maxQuery bounds what is asked.
const maxQuery = 16 << 10

// readForm takes the question out of the page's query. The second is nil
// without one, and what is wrong with it stands in the form.
func readForm(r *http.Request) (form, *Question) {
	q := r.URL.Query()
	f := form{URL: q.Get("url"), Method: q.Get("method"), IP: q.Get("ip"), Provider: q.Get("provider"), Claims: q.Get("claims"), AuthAge: q.Get("auth_age")}
	if f.Method == "" {
		f.Method = http.MethodGet
	}
	if strings.TrimSpace(f.URL) == "" || len(r.URL.RawQuery) > maxQuery {
		return f, nil
	}
	question, err := f.question()
	if err != nil {
		f.Error = err.Error()
		return f, nil
	}
	return f, question
}

func (f *form) question() (*Question, error) {
	u, err := url.Parse(strings.TrimSpace(f.URL))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("The address must be whole, like https://wiki.example.com/docs.")
	}
	q := &Question{URL: u, Method: strings.TrimSpace(f.Method), Provider: f.Provider}
	if ip := strings.TrimSpace(f.IP); ip != "" {
		if q.IP, err = netip.ParseAddr(ip); err != nil {
			return nil, errors.New("The client's address must be an IP address, like 10.1.2.3.")
		}
		q.IP = q.IP.Unmap()
	}
	if claims := strings.TrimSpace(f.Claims); claims != "" {
		d := json.NewDecoder(bytes.NewReader([]byte(claims)))
		d.UseNumber()
		if err := d.Decode(&q.Claims); err != nil || q.Claims == nil || d.More() {
			return nil, errors.New(`The claims must be a JSON object, like {"sub": "a", "email": "a@example.com"}.`)
		}
	}
	if age := strings.TrimSpace(f.AuthAge); age != "" && q.Claims != nil {
		d, err := time.ParseDuration(age)
		if err != nil || d < 0 {
			return nil, errors.New("How long ago the sign-in was must be a duration, like 20m.")
		}
		q.AuthAge = &d
	}
	return q, nil
}
