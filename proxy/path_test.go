package proxy

import (
	"bufio"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCanonicalPathDecodesOnce(t *testing.T) {
	for escaped, want := range map[string]string{
		"":                                 "/",
		"/":                                "/",
		"/a/b":                             "/a/b",
		"/a/b/":                            "/a/b/",
		"/%41dmin":                         "/Admin",
		"/caf%C3%A9":                       "/café",
		"/a%20b":                           "/a b",
		"/100%25":                          "/100%",
		"/100%25/x":                        "/100%/x",
		"/a%2520b":                         "/a%20b",
		"/50%25off":                        "/50%off",
		"/%25":                             "/%",
		"/%25%25":                          "/%%",
		"/what%3F":                         "/what?",
		"/c%23":                            "/c#",
		"/a:b@c,d=e!$&'()*+[]":             "/a:b@c,d=e!$&'()*+[]",
		"/.well-known/x":                   "/.well-known/x",
		"/..x":                             "/..x",
		"/x..":                             "/x..",
		"/...":                             "/...",
		"/%2ehidden":                       "/.hidden",
		"/a.b.c":                           "/a.b.c",
		"/%E2%80%A4%E2%80%A4/x":            "/\u2024\u2024/x", // look-alikes are themselves
		"/a%EF%BC%8Fb":                     "/a\uff0fb",
		"/%C2%A0":                          "/\u00a0", // the first character after C1
		"/%F0%9F%98%80":                    "/😀",
		"/a%25252520b":                     "/a%252520b",
		"/-_~" + strings.Repeat("a", 5000): "/-_~" + strings.Repeat("a", 5000),
	} {
		got, err := CanonicalPath(escaped, Permit{})
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", escaped, got, err, want)
		}
	}
}

// TestCanonicalPathRefusesSecondReadings: CVE-2023-33189 and its relatives.
func TestCanonicalPathRefusesSecondReadings(t *testing.T) {
	for want, list := range map[AmbiguousPathError][]string{
		notAbsolute: {"a", "*", "%2fa", "http://x/", "."},
		notEscaped:  {"/%", "/%2", "/%zz", "/a%2/b", "/%u002e"},
		notText: {
			"/%c0%ae%c0%ae/admin", "/%c0%af", "/%e0%80%af", "/%f0%80%80%af", "/%ff", "/%c3", "/%ed%a0%80", "/\xff",
			"/%25c0%25ae", "/%2525ff", "/a%25c3b",
		},
		rawDelimiter: {"/a?b", "/public#/../admin", "/a#"},
		dotSegment: {
			"/public/../admin", "/./admin", "/.", "/..", "/a/.", "/a/..", "/a/../",
			"/public/%2e%2e/admin", "/%2E/admin", "/.%2e/x", "/%2e./x", "/a/%2e",
			"/public/%252e%252e/admin", "/%25252e/x", "/.%25%32%65/x", "/%252%65/x", "/%2525252525252e/x",
		},
		doubleSlash:  {"//admin", "//", "/a//b", "/a//", "///"},
		encodedSlash: {"/a%2fb", "/a%2Fb", "/public/..%2fadmin", "/%2f", "/a%252fb", "/a%25252Fb", "/%252f%252fevil"},
		backslash:    {`/a\b`, `/\evil`, "/a%5cb", "/a%5Cb", "/..%5cadmin", "/a%255cb", "/a%25255cb"},
		semicolon:    {"/a;b", "/a%3bb", "/a%3Bb", "/a%253bb", "/a%25253Bb", "/public/..;/admin", "/;"},
		controlByte: {
			"/admin%00.css", "/a%0d%0ab", "/a%09", "/a%1f", "/a%7f", "/a\x00", "/a\x7f", "/a%c2%80", "/a%C2%9F", "/a\u0085",
			"/a%2500", "/a%25250a", "/a%25c2%2585",
		},
		encodedTooOften: {"/" + strings.Repeat("%25", 1) + strings.Repeat("25", 30) + "41"},
	} {
		for _, escaped := range list {
			got, err := CanonicalPath(escaped, Permit{})
			if got != "" || !errors.Is(err, want) {
				t.Errorf("%q: %q, %v, want %v", escaped, got, err, want)
			}
		}
	}
}

func TestPermitLiftsItsOwnRuleOnly(t *testing.T) {
	slash, double, semi := Permit{EncodedSlash: true}, Permit{DoubleSlash: true}, Permit{Semicolon: true}
	tests := []struct {
		permit  Permit
		escaped string
		want    string // "" is refused
	}{
		{slash, "/a%2fb", "/a/b"},
		{slash, "/a/b%2Fc/d", "/a/b/c/d"},
		{slash, "/a/..%2fb", ""},
		{slash, "/a%2f..%2fb", ""},
		{slash, "/a%2f%2e%2e", ""},
		{slash, "/a%2f.", ""},
		{slash, "/a%252fb", ""},
		{slash, "/a%2f%2fb", ""},
		{slash, "/a/%2fb", ""},
		{slash, "/%2fb", ""},
		{slash, "%2fa", ""},
		{slash, "/a%5cb", ""},
		{slash, "/a%3bb", ""},
		{slash, "//a", ""},

		{double, "//a", "//a"},
		{double, "/a//b///", "/a//b///"},
		{double, "//../a", ""},
		{double, "/a//.", ""},
		{double, "/a/%2fb", ""},
		{double, "/a%2f", ""},
		{double, "/a//%252fb", ""},
		{double, "/a;b", ""},

		{semi, "/a;v=1/b", "/a;v=1/b"},
		{semi, "/a%3bb", "/a;b"},
		{semi, "/..x;y", "/..x;y"},
		{semi, "/..;/admin", ""},
		{semi, "/.;x/admin", ""},
		{semi, "/..%3bx/admin", ""},
		{semi, "/%2e%2e;x", ""},
		{semi, "/%252e%252e;x", ""},
		{semi, "/a%253bb", ""},
		{semi, "/a;b%253bc", ""},
		{semi, "/a;b%2520c", "/a;b%20c"},
		{semi, "/a;b//c", ""},
		{semi, "/a;b%2fc", ""},

		{Permit{true, true, true}, "/a%2f/;x", "/a//;x"},
		{Permit{true, true, true}, "/a;x%2f..;y", ""},
		{Permit{true, true, true}, `/a\b`, ""},
		{Permit{true, true, true}, "/a%00", ""},
	}
	for _, tt := range tests {
		got, err := CanonicalPath(tt.escaped, tt.permit)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%+v, %q: %q, %v, want %q", tt.permit, tt.escaped, got, err, tt.want)
		}
	}
}

func TestPermitUnionLiftsWhatEitherLifts(t *testing.T) {
	all := Permit{true, true, true}
	for _, p := range []Permit{{}, {EncodedSlash: true}, {DoubleSlash: true}, {Semicolon: true}} {
		if p.union(Permit{}) != p || (Permit{}).union(p) != p || p.union(all) != all {
			t.Errorf("%+v: union with nothing %+v, with all %+v", p, p.union(Permit{}), p.union(all))
		}
	}
}

// TestCanonicalPathOfRequestsAsReceived feeds what net/http makes of raw bytes.
func TestCanonicalPathOfRequestsAsReceived(t *testing.T) {
	for target, want := range map[string]string{ // "" is refused
		"/a/b?x=/../":         "/a/b",
		"/caf\xc3\xa9":        "/café",
		"/a%20b":              "/a b",
		"/%41":                "/A",
		`/a"<b>`:              `/a"<b>`,
		"/a#b":                "/a#b",
		"http://app.test":     "/",
		"http://app.test/x":   "/x",
		`/a\b`:                "",
		"/a%5cb":              "",
		"/a\xff":              "",
		"//evil.test/x":       "",
		"/a/../b":             "",
		"/a%2fb":              "",
		"/a;b":                "",
		"http://app.test//x":  "",
		"http://app.test/%2e": "",
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: app.test\r\n\r\n")))
		if err != nil {
			t.Fatalf("%q: %v", target, err)
		}
		got, err := CanonicalPath(r.URL.EscapedPath(), Permit{})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", target, got, err, want)
		}
		if err == nil && r.URL.Path != "" && got != r.URL.Path {
			t.Errorf("%q: policy sees %q and the forwarder %q", target, got, r.URL.Path)
		}
	}
}

func TestCanonicalPathTakesLinearTime(t *testing.T) {
	for _, escaped := range []string{
		"/%" + strings.Repeat("25", 100_000) + "2e",
		"/" + strings.Repeat("%25", 70_000),
		"/" + strings.Repeat("a/", 100_000) + "%25",
	} {
		start := time.Now()
		_, _ = CanonicalPath(escaped, Permit{})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(escaped), took)
		}
	}
}

func TestCanonicalPathOfPlainPathsAllocatesNothing(t *testing.T) {
	for _, path := range []string{"/", "/wiki/Main-Page/edit_now~1.html", "/.well-known/x", "/@user/a=b,c"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = CanonicalPath(path, Permit{}) }); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

func BenchmarkCanonicalPath(b *testing.B) {
	for name, path := range map[string]string{
		"plain":   "/wiki/Main-Page/edit_now~1.html",
		"decoded": "/wiki/caf%C3%A9/a%20b",
		"percent": "/wiki/100%25/a%2520b",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := CanonicalPath(path, Permit{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// unescapeLeniently is a decoder of the careless kind, which leaves alone what
// is no encoding.
func unescapeLeniently(s string) string {
	var out strings.Builder
	for s != "" {
		if len(s) >= 3 && s[0] == '%' {
			if c, err := url.PathUnescape(s[:3]); err == nil {
				out.WriteString(c)
				s = s[3:]
				continue
			}
		}
		out.WriteByte(s[0])
		s = s[1:]
	}
	return out.String()
}

// FuzzCanonicalPath holds an accepted path against every upstream that decodes
// it further, takes backslashes for slashes, drops parameters, or merges
// slashes: none may find another path in it than the permits concede.
func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{
		"/a/b", "/100%25/a%2520b", "/a%2fb", "/a/..%2fb", "/..;/x", "//a", "/%252e%252e/", "/%c0%ae", "/a%255cb", "/a;b%253bc", "/.%25%32%65/x", "/%2525252e",
	} {
		for permits := range byte(8) {
			f.Add(seed, permits)
		}
	}
	f.Fuzz(func(t *testing.T, escaped string, permits byte) {
		permit := Permit{EncodedSlash: permits&1 != 0, DoubleSlash: permits&2 != 0, Semicolon: permits&4 != 0}
		path, err := CanonicalPath(escaped, permit)
		if err != nil {
			if path != "" {
				t.Fatalf("an error came with the path %q", path)
			}
			return
		}
		if once, err := url.PathUnescape(escaped); escaped != "" && (err != nil || once != path) {
			t.Fatalf("%q: %q, but the standard library reads %q, %v", escaped, path, once, err)
		}
		again, err := CanonicalPath((&url.URL{Path: path}).EscapedPath(), permit)
		if err != nil || again != path {
			t.Fatalf("%q becomes %q at the second time: %v", path, again, err)
		}
		if !permit.EncodedSlash && strings.Count(path, "/") != max(1, strings.Count(escaped, "/")) {
			t.Fatalf("%q: a slash came to light in %q", escaped, path)
		}
		slashes, semicolons := strings.Count(path, "/"), strings.Count(path, ";")
		for reading, level := path, 0; ; level++ {
			if strings.ContainsAny(reading, "\\\x00\r\n\x7f") || !utf8.ValidString(reading) {
				t.Fatalf("%q reads as %q", path, reading)
			}
			for _, r := range reading {
				if r < ' ' || r >= 0x7f && r <= 0x9f {
					t.Fatalf("%q reads as %q", path, reading)
				}
			}
			if strings.Count(reading, "/") != slashes || strings.Count(reading, ";") != semicolons {
				t.Fatalf("%q reads as %q", path, reading)
			}
			if semicolons > 0 && !permit.Semicolon || strings.Contains(reading, "//") && !permit.DoubleSlash {
				t.Fatalf("%q was not permitted", path)
			}
			for segment := range strings.SplitSeq(reading, "/") {
				if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
					t.Fatalf("%q has a dot segment as %q", path, reading)
				}
			}
			next := unescapeLeniently(reading)
			if next == reading {
				break
			}
			reading = next
		}
	})
}
