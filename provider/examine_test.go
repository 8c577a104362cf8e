package provider

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// finding is the last of a check's findings that is to be mended, or the last.
func finding(list []Finding, check string) Finding {
	var found Finding
	for _, f := range list {
		if f.Check == check && (!f.OK() || found.OK()) {
			found = f
		}
	}
	return found
}

// TestExamineGivesUpOnASlowProvider within the time for one question.
func TestExamineGivesUpOnASlowProvider(t *testing.T) {
	stop := make(chan struct{})
	i := newIDP(t)
	i.handlers["/.well-known/openid-configuration"] = func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}
	defer close(stop)
	p := must(New(Options{Name: "ping", Issuer: i.URL, ClientID: testClient, ClientSecrets: []string{testSecret}}))
	f := finding(p.Examine(t.Context(), Examination{Timeout: 50 * time.Millisecond}), "discovery")
	if f.OK() || reasonOf(f.Err) != ReasonSlow || !strings.Contains(f.Fix, "No answer in time") {
		t.Errorf("%+v", f)
	}
}

// TestExamineFindsTheRegion where an environment is that is not where the
// configuration says.
func TestExamineFindsTheRegion(t *testing.T) {
	here, there := newIDP(t), newIDP(t)
	here.handlers["/.well-known/openid-configuration"] = http.NotFound
	p := must(New(Options{Name: "ping", Type: "pingone", Issuer: here.URL, ClientID: testClient, ClientSecrets: []string{testSecret}}))
	elsewhere := []Elsewhere{
		{"region: ca", At{here.URL, here.URL + "/nothing"}},
		{"region: eu", At{there.URL, there.URL + wellKnown}},
	}
	f := finding(p.Examine(t.Context(), Examination{Elsewhere: elsewhere}), "discovery")
	if f.OK() || !strings.Contains(f.Fix, "write region: eu") {
		t.Errorf("%+v", f)
	}
	f = finding(p.Examine(t.Context(), Examination{Elsewhere: elsewhere[:1]}), "discovery")
	if f.OK() || !strings.Contains(f.Fix, "copy environment_id") {
		t.Errorf("%+v", f)
	}
}

// TestExamineTriesEverySecret: one that still works is enough, and the others
// are named by number.
func TestExamineTriesEverySecret(t *testing.T) {
	i := newIDP(t)
	i.handlers["/token"] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		code := `{"error":"invalid_grant"}`
		if _, secret, _ := r.BasicAuth(); secret != testSecret {
			w.WriteHeader(http.StatusUnauthorized)
			code = `{"error":"invalid_client"}`
		} else {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.Write([]byte(code))
	}
	for _, c := range []struct {
		secrets []string
		ok      bool
		text    string
	}{
		{[]string{testSecret}, true, "by client_secret_basic"},
		{[]string{"old-one", testSecret}, true, "1 of 2 secrets"},
		{[]string{"old-one", "older-one"}, false, "client_rejected"},
	} {
		p := must(New(Options{Name: "ping", Issuer: i.URL, ClientID: testClient, ClientSecrets: c.secrets, ClientAuth: authBasic}))
		f := finding(p.Examine(t.Context(), Examination{}), "client")
		if f.OK() != c.ok || !strings.Contains(f.Said, c.text) || strings.Contains(f.Said, "old") {
			t.Errorf("%v: %+v", c.secrets, f)
		}
	}
}
