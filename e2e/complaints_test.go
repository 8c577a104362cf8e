package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// complaints is what a browser finds wrong with the pages it shows: styles and
// scripts that the content security policy refused, errors, cookies that it
// would not take, what its developer tools list as issues.
type complaints struct {
	mu        sync.Mutex // guards the rest
	list      []string
	documents map[string]bool // addresses of the pages
}

func newComplaints() *complaints { return &complaints{documents: map[string]bool{}} }

// hear is called for every event of a tab, from the goroutine that reads them.
func (c *complaints) hear(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			c.documents[e.Request.URL] = true
		}
	case *log.EventEntryAdded:
		// A page with an error's status counts as a failed resource. The tests
		// look at the status of pages themselves.
		if e.Entry.Source == log.EntrySourceNetwork && c.documents[e.Entry.URL] {
			return
		}
		c.list = append(c.list, fmt.Sprintf("%s (%s): %s %s", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL))
	case *runtime.EventExceptionThrown:
		c.list = append(c.list, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		c.list = append(c.list, fmt.Sprintf("console.%s", e.Type))
	case *audits.EventIssueAdded:
		details, _ := json.Marshal(e.Issue.Details)
		c.list = append(c.list, fmt.Sprintf("issue: %s %s", e.Issue.Code, details))
	}
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list
}

// forbid fails the test at its end for every complaint.
func (c *complaints) forbid(t *testing.T) {
	t.Cleanup(func() {
		for _, one := range c.all() {
			t.Error("the browser complains:", one)
		}
	})
}

// TestComplaintsAreHeard is the other side of all tests that pass because the
// browser was silent.
func TestComplaintsAreHeard(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"style", `<p style="color: red">x`, "style-src"},
		{"script", `<script>1</script>`, "script-src"},
		{"picture", `<img src="/none.png" alt="">`, "none.png"},
		{"nothing wrong", `<p>x`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					http.NotFound(w, r)
					return
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data:")
				fmt.Fprint(w, `<!doctype html><title>x</title><link rel="icon" href="data:,">`+c.body)
			}))
			defer site.Close()
			b := openTab(t, browser(t), chromedp.WithNewBrowserContext())
			b.visit(site.URL + "/")
			b.text("title")
			heard := strings.Join(b.notice.all(), "\n")
			if !strings.Contains(heard, c.want) || c.want == "" && heard != "" {
				t.Errorf("want %q, heard %q", c.want, heard)
			}
		})
	}
}
