package login

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

const here = "https://app.example.com"

var testOrigins = []string{here, "https://wiki.example.com", "http://localhost:8080", "https://dev.example.com:8443", "https://[::1]"}

func testReturner() Returner {
	return NewReturner("/.auth", func(origin string) bool { return slices.Contains(testOrigins, origin) })
}

func TestReturnToKeepsDeepLinksByteForByte(t *testing.T) {
	for _, rd := range []string{
		"/",
		"/a",
		"/a/b/",
		"/a?x=1&y=%2F",
		"/a?x=1&&y=+%20&z",
		"/a?next=https://evil.example/",
		"/a?next=//evil.example",
		`/search?q=a\b|c^{d}"<e>`,
		"/a?b=/../c",
		"/a?",
		"/?x",
		"/caf%C3%A9",
		"/100%25",
		"/a%2520b",
		"/a//b",
		"/a;v=1/b",
		"/a%2fb",
		"/@user:x",
		"/https://evil.example",
		"/..x/.y",
		"/.auth",
		"/.auth/",
		"/.auth/?x=1",
		"/.authority",
		"/x/.auth/logout",
		"/a?x=" + strings.Repeat("y", maxReturnTo-5),
		"https://wiki.example.com/a?x=1&y=%2F",
		"http://localhost:8080/a",
		"https://dev.example.com:8443/",
		"https://[::1]/a",
	} {
		if got := testReturner().Check(rd, here); got != rd {
			t.Errorf("%q became %q", rd, got)
		}
	}
}

func TestReturnToWritesOneFormOfAnOrigin(t *testing.T) {
	for rd, want := range map[string]string{
		"https://app.example.com/a?b":        "/a?b",
		"https://app.example.com":            "/",
		"https://app.example.com?x=%2F":      "/?x=%2F",
		"HTTPS://App.Example.COM:443/A":      "/A",
		"https://wiki.example.com":           "https://wiki.example.com/",
		"https://wiki.example.com?x":         "https://wiki.example.com/?x",
		"https://wiki.example.com?@evil.tld": "https://wiki.example.com/?@evil.tld",
		"https://WIKI.example.com:443/A":     "https://wiki.example.com/A",
		"https://wiki.example.com/.auth/":    "https://wiki.example.com/.auth/",
		"https://wiki.example.com#@evil.tld": "https://wiki.example.com/",
		"/a?x=1#part":                        "/a?x=1",
		"/a#?x=1":                            "/a",
		"/#//evil.tld":                       "/",
	} {
		if got := testReturner().Check(rd, here); got != want {
			t.Errorf("%q became %q, want %q", rd, got, want)
		}
	}
}

// TestReturnToRefusesOtherPlaces: CVE-2020-5233, CVE-2020-4037, CVE-2022-23527
// and their relatives.
func TestReturnToRefusesOtherPlaces(t *testing.T) {
	for _, rd := range []string{
		"", " ", "a", "a/b", "?x", "#x", ".", "..", "*",
		// Another host, as browsers read it.
		"//evil.tld", "///evil.tld", `/\evil.tld`, `\\evil.tld`, `\/evil.tld`, `/\/evil.tld`,
		"/\t/evil.tld", "/\n/evil.tld", "/\r/evil.tld", "\t//evil.tld", " //evil.tld", "\x00//evil.tld", "/ /evil.tld", "//evil.tld ",
		"//app.example.com", "//app.example.com@evil.tld", "////evil.tld/..",
		"https:evil.tld", "https:/evil.tld", "https:///evil.tld", `https:\\evil.tld`, `https:/\evil.tld`, "https://", "https:", ":", "://evil.tld",
		"https:app.example.com", "https:/app.example.com/", "https:///app.example.com/", `https:\\app.example.com/`,
		"https://evil.tld", "https://evil.tld/", "https://app.example.com.evil.tld", "https://evil-app.example.com", "https://evilapp.example.com",
		"https://app.example.com@evil.tld", "https://app.example.com:443@evil.tld", "https://app.example.com%40evil.tld", "https://user@app.example.com/", "https://@app.example.com/",
		`https://app.example.com\@evil.tld`, `https://app.example.com\.evil.tld`, `https://evil.tld\@app.example.com`, `https://app.example.com\a`,
		"https://evil.tld#@app.example.com", "https://evil.tld?@app.example.com", "https://evil.tld/app.example.com",
		"https://app.example.com:8443", "https://app.example.com:", "https://app.example.com:0443/", "https://app.example.com:443:443/", "https://app.example.com:80/", "https://dev.example.com/",
		"https://app.example.com./", "https://app%2eexample.com/", "https://%61pp.example.com/", "https://app.example.com\u3002evil.tld/", "https://app\uff0eexample.com/", "https://\u212a.example/",
		"http://app.example.com/", "ftp://app.example.com/", "javascript://app.example.com/%0aalert(1)", "javascript:alert(1)", "data:text/html,x", "wss://app.example.com/",
		"ht\ntps://app.example.com/", " https://app.example.com/", "https://app.example.com/ ", "https://app.exa\tmple.com/",
		"https://*.example.com/", "https://[::1", "https://[::1]evil/",
		"https://app.example.com//evil.tld", `https://app.example.com/\evil.tld`, "https://wiki.example.com//evil.tld", "https://wiki.example.com/a b",
		// New headers, and bytes that browsers do not send.
		"/\r\nSet-Cookie:x", "/a\r\nSet-Cookie:x", "/a?\nx", "/a?x\x00", "/a\x7f", "/a\u00a0", "/a?x=é", "/\xff", "/a\u2028b",
		"/%0d%0aSet-Cookie:x", "/%09/evil.tld", "/%00", "/%7f",
		// Paths that no route has.
		"/%2f/evil.tld", "/%2f%2fevil.tld", "/%2F%2Fevil.tld", "/%5cevil.tld", "/a%5cb", `/a\b`, "/%zz", "/%", "/%2",
		"/..", "/.", "/../", "/a/..//evil.tld", "/.//evil.tld", "/..//evil.tld", "/%2e%2e//evil.tld", "/%2e/", "/a/..;x/b",
		// Our own addresses.
		"/.auth/logout", "/.auth/login?rd=/", "/.auth/logout?local=1", "/.auth//", "/%2eauth/logout", "/.auth%2flogout", "/.%61uth/%6cogout", "/x/../.auth/logout", "/./.auth/logout",
		"https://app.example.com/.auth/logout", "https://wiki.example.com/.auth/logout",
		// Too long.
		"/a?x=" + strings.Repeat("y", maxReturnTo),
	} {
		if got := testReturner().Check(rd, here); got != "/" {
			t.Errorf("%q became %q, want /", rd, got)
		}
	}
}

func TestReturnToOfAnOriginThatIsNoRoute(t *testing.T) {
	if got := testReturner().Check("https://auth.example.com/a", "https://auth.example.com"); got != "/" {
		t.Errorf("an origin without routes became %q", got)
	}
	if got := testReturner().Check("https://app.example.com/a", "https://wiki.example.com"); got != "https://app.example.com/a" {
		t.Errorf("another route's address became %q", got)
	}
	var zero Returner
	for rd, want := range map[string]string{"/a?b": "/a?b", here + "/a": "/", "//evil.tld": "/"} {
		if got := zero.Check(rd, here); got != want {
			t.Errorf("zero Returner: %q became %q, want %q", rd, got, want)
		}
	}
}

// browse is a small reading of the WHATWG URL standard: the origin at which a
// browser on base ends up when it follows location, and the path there.
func browse(base, location string) (origin, path string) {
	location = strings.TrimFunc(location, func(r rune) bool { return r <= ' ' })
	location = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(location)
	location, _, _ = strings.Cut(location, "#")
	location, _, _ = strings.Cut(location, "?")
	location = strings.ReplaceAll(location, `\`, "/")
	lower := strings.ToLower(location)
	for _, scheme := range []string{"https:", "http:"} {
		if !strings.HasPrefix(lower, scheme) {
			continue
		}
		authority, rest, _ := strings.Cut(strings.TrimLeft(location[len(scheme):], "/"), "/")
		return scheme + "//" + authority, "/" + rest
	}
	if rest, ok := strings.CutPrefix(location, "//"); ok {
		authority, rest, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		return "https://" + authority, "/" + rest
	}
	if i := strings.IndexAny(location, ":/"); i >= 0 && location[i] == ':' {
		return location[:i], "" // some other scheme
	}
	return base, location
}

func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{
		"/", "/a?x=1&y=%2F", "//evil.tld", `/\evil.tld`, "/\t/evil.tld", "https:evil.tld", "https://app.example.com@evil.tld", "https://wiki.example.com/a#b",
		"https://app.example.com:443/%2e/x", "http://localhost:8080:80", "HTTP://LOCALHOST:8080?x", "/.auth/logout", "/%2eauth/logout", "javascript:alert(1)", `/a?b\c`, "/.//evil.tld", "https://[::1]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rd string) {
		got := testReturner().Check(rd, here)
		for i := range len(got) {
			if got[i] <= ' ' || got[i] >= 0x7f || got[i] == '#' {
				t.Fatalf("%q became %q, which is no Location", rd, got)
			}
		}
		origin, path := browse(here, got)
		if !slices.Contains(testOrigins, origin) || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
			t.Fatalf("%q became %q, which leads to %q of %q", rd, got, path, origin)
		}
		base, _ := url.Parse(here + "/.auth/callback/x")
		u, err := base.Parse(got)
		if err != nil || !slices.Contains(testOrigins, u.Scheme+"://"+u.Host) || u.User != nil {
			t.Fatalf("%q became %q, which RFC 3986 reads as %v, %v", rd, got, u, err)
		}
		if strings.HasPrefix(u.Path, "/.auth/") && u.Path != "/.auth/" {
			t.Fatalf("%q became %q, which is our own", rd, got)
		}
		if again := testReturner().Check(got, here); again != got {
			t.Fatalf("%q became %q and then %q", rd, got, again)
		}
		if strings.HasPrefix(got, "/") && got != "/" && !strings.Contains(rd, strings.TrimPrefix(got, "/")) {
			t.Fatalf("%q became %q, which it does not hold", rd, got)
		}
	})
}
