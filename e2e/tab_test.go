package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// tab is a browser's tab with somebody in front of it.
type tab struct {
	t      *testing.T
	ctx    context.Context
	notice *complaints
}

// newTab opens the browser of somebody who was never here. Whatever the
// browser complains of until the end of the test fails it.
func newTab(t *testing.T) *tab {
	t.Helper()
	b := openTab(t, browser(t), chromedp.WithNewBrowserContext())
	b.notice.forbid(t)
	return b
}

// another opens a second tab of the same person.
func (b *tab) another() *tab {
	b.t.Helper()
	other := openTab(b.t, b.ctx)
	other.notice.forbid(b.t)
	return other
}

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, notice: newComplaints()}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.notice.hear))...)
	t.Cleanup(cancel)
	b.ctx = ctx
	// The first call makes the tab, which lives as long as its context: no
	// time limit here.
	if _, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// result runs an action for at most patience.
func result[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("at %s: %v", b.location(), err)
	}
	return value
}

// arrival is the page that a visit or a click led to.
type arrival struct {
	Status int
	URL    string
}

// visit goes to an address as if it were typed.
func (b *tab) visit(url string) arrival {
	b.t.Helper()
	return b.arrive(chromedp.Navigate(url))
}

// click clicks the first match and waits for the page that it leads to.
func (b *tab) click(selector string) arrival {
	b.t.Helper()
	return b.arrive(chromedp.Click(chromedp.CSS(selector)))
}

// follow clicks the link or button of that label.
func (b *tab) follow(label string) arrival {
	b.t.Helper()
	return b.arrive(chromedp.Click(`//main//*[(self::a or self::button) and normalize-space()="` + label + `"]`))
}

func (b *tab) reload() arrival {
	b.t.Helper()
	return b.arrive(chromedp.Reload())
}

func (b *tab) back() arrival {
	b.t.Helper()
	return b.arrive(chromedp.NavigateBack())
}

func (b *tab) arrive(action chromedp.Action[chromedp.Void]) arrival {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, action)
	if err != nil {
		b.t.Fatalf("from %s: %v", b.location(), err)
	}
	return arrival{int(response.Status), b.location()}
}

// location is the address in the address bar.
func (b *tab) location() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	url, _ := chromedp.Run(ctx, chromedp.Location())
	return url
}

// text is the text of the first match, white space folded.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return strings.Join(strings.Fields(result(b, chromedp.TextContent(chromedp.CSS(selector)))), " ")
}

// cookies are those that the browser would send here, by name.
func (b *tab) cookies() map[string]*network.Cookie {
	b.t.Helper()
	all, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	found := map[string]*network.Cookie{}
	for _, c := range all.Cookies {
		found[c.Name] = c
	}
	return found
}
