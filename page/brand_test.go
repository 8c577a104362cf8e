package page

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1z"/></svg>`

func TestPagesWearTheBrand(t *testing.T) {
	logo := filepath.Join(t.TempDir(), "logo.svg")
	if err := os.WriteFile(logo, []byte(svg), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPages(t, Options{Title: "Northwind", Logo: logo, Support: "help@example.com"})
	_, root := render(t, func(w http.ResponseWriter, r *http.Request) error { return p.SignedOut(w, r, SignedOut{}) })
	if title := text(find(root, "title")[0]); title != "You are signed out · Northwind" {
		t.Errorf("title = %q", title)
	}
	for _, n := range append(find(root, "img"), find(root, "link")...) {
		if src := attr(n, "src") + attr(n, "href"); !strings.HasPrefix(src, "data:image/svg+xml;base64,") {
			t.Errorf("%s shows %q", n.Data, src)
		}
	}
	if len(find(root, "img")) != 1 || len(find(root, "svg")) != 0 {
		t.Error("the logo does not take the place of our mark")
	}
	if support := find(root, "footer"); len(support) != 1 || attr(find(support[0], "a")[0], "href") != "mailto:help@example.com" {
		t.Error("the footer does not name the support")
	}
}

func TestSupportLinksOnlyWhatLeadsSomewhere(t *testing.T) {
	for s, want := range map[string]string{
		"help@example.com":           "mailto:help@example.com",
		"https://help.example.com/x": "https://help.example.com/x",
		"extension 4444":             "",
		"ask Ada @ the desk":         "",
		"javascript:alert(1)@x":      "",
		"a@b.example?bcc=evil":       "",
		"":                           "",
	} {
		if got := newSupport(s); got.URL != want || got.Text != s {
			t.Errorf("newSupport(%q) = %+v, want URL %q", s, got, want)
		}
	}
}

func TestLogoMustBeAPictureAtHand(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	png := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 32)...)
	for name, logo := range map[string]string{
		"no file":     filepath.Join(dir, "none.png"),
		"no picture":  file("a.txt", []byte("hello")),
		"web page":    file("a.html", []byte("<!doctype html><p>")),
		"too large":   file("big.png", append(png, make([]byte, maxLogo+1-len(png))...)),
		"elsewhere":   "https://cdn.example.com/logo.png",
		"page as URL": "data:text/html,x",
		"quotes":      `data:image/png;base64,"onload="x`,
		"endless":     "data:image/png;base64," + strings.Repeat("A", 2*maxLogo),
	} {
		if _, err := New(Options{Logo: logo}); err == nil {
			t.Errorf("%s: New accepted the logo", name)
		}
	}
	for name, logo := range map[string]string{
		"none": "", "svg": file("a.svg", []byte(svg)), "png": file("a.png", png), "largest": file("b.png", append(png, make([]byte, maxLogo-len(png))...)),
		"svg with a prologue": file("b.svg", []byte(`<?xml version="1.0"?>`+svg)), "data": "data:image/png;base64,AAAA",
	} {
		if _, err := New(Options{Logo: logo}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
