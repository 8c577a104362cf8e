package session_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/session"
)

func names(t testing.TB) session.Names {
	t.Helper()
	n, err := session.NewNames("gatehouse")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStripTakesOwnCookiesAndNoOthers(t *testing.T) {
	n := names(t)
	for _, test := range []struct {
		in, want []string
	}{
		{nil, nil},
		{[]string{"__Host-gatehouse=1~x"}, nil},
		{[]string{"a=1; __Host-gatehouse=1~x; b=2"}, []string{"a=1; b=2"}},
		{[]string{"__Host-gatehouse=1~x; b=2;c=3"}, []string{"b=2;c=3"}},
		{[]string{"a=1;  b = \"2; 3\" ;__Host-gatehouse=x"}, []string{"a=1;  b = \"2; 3\" "}},
		{[]string{"__Host-gatehouse=2~x; __Host-gatehouse.1=y; __Host-gatehouse.3=z; __Host-gatehouse-AbCd=t"}, nil},
		{[]string{"gatehouse=x; gatehouse.1=x; gatehouse-x=x; __Secure-gatehouse=x; __Host-Http-gatehouse=x; a=1"}, []string{"a=1"}},
		{[]string{"GATEHOUSE=x; __host-GateHouse.1=x; __SECURE-gatehouse-y=x; a=1"}, []string{"a=1"}},
		{[]string{"a=1", "__Host-gatehouse=x", "b=2"}, []string{"a=1", "b=2"}},
		{[]string{"\t__Host-gatehouse=x", " __Host-gatehouse =x", "=__Host-gatehouse=x", "__Host-gatehouse", "a=\x00; \x01gatehouse=x"}, []string{"a=\x00"}},
		{[]string{"gatehouses=x; gatehouse_1=x; mygatehouse=x; __Host-mine=gatehouse=x; x=__Host-gatehouse=y; =; ;"},
			[]string{"gatehouses=x; gatehouse_1=x; mygatehouse=x; __Host-mine=gatehouse=x; x=__Host-gatehouse=y; =; ;"}},
		{[]string{"gatehou\u017fe=x; \u212aatehouse=x"}, []string{"gatehou\u017fe=x; \u212aatehouse=x"}},
		{[]string{"a=1, __Host-gatehouse=x; b=2"}, []string{"a=1; b=2"}},
		{[]string{"a=1,2,gatehouse.1=x,c=3; b=2,3"}, []string{"a=1,2; b=2,3"}},
		{[]string{"a=1,gatehouses=x,=; b=,"}, []string{"a=1,gatehouses=x,=; b=,"}},
		{[]string{"__Host-gatehouse=x,a=1"}, nil},
		{[]string{""}, []string{""}},
	} {
		lines := slices.Clone(test.in)
		if diff := cmp.Diff(test.want, n.Strip(lines)); diff != "" {
			t.Errorf("Strip(%q) (-want +got):\n%s", test.in, diff)
		}
		if !slices.Equal(lines, test.in) {
			t.Errorf("Strip(%q) changed them to %q", test.in, lines)
		}
	}
}

func TestStripSetCookieStopsUpstreams(t *testing.T) {
	n := names(t)
	for _, line := range []string{
		"__Host-gatehouse=x; Path=/; Secure",
		"gatehouse=x",
		"gatehouse.2=x",
		"gatehouse-AbCdEfGhIjKl=; Max-Age=0",
		"  \t__Host-gatehouse=x",
		"__Host-gatehouse \t=x",
		"=__Host-gatehouse=x",
		" = __Host-gatehouse=x",
		"==gatehouse=x",
		"__Host-gatehouse",
		"gatehouse; Path=/",
		"__HOST-gatehouse=x",
		"__Secure-gatehouse=x",
		"\x00gatehouse=x",
		"gatehouse\x00=x",
		"\x7f__Host-gatehouse=x",
		"gatehouse\r\n=x",
	} {
		h := http.Header{"Set-Cookie": {"a=1; Path=/", line, "b=gatehouse=2"}}
		n.StripSetCookie(h)
		if diff := cmp.Diff([]string{"a=1; Path=/", "b=gatehouse=2"}, h["Set-Cookie"]); diff != "" {
			t.Errorf("StripSetCookie with %q (-want +got):\n%s", line, diff)
		}
	}
	h := http.Header{"Set-Cookie": {"gatehouse=x"}}
	n.StripSetCookie(h)
	if len(h) != 0 {
		t.Errorf("an empty field is left: %v", h)
	}
	for _, line := range []string{"gatehouses=x", "session=x; Path=/gatehouse=1", "xgatehouse=1", "a=__Host-gatehouse=x", "=a", ""} {
		h := http.Header{"Set-Cookie": {line}}
		n.StripSetCookie(h)
		if len(h["Set-Cookie"]) != 1 {
			t.Errorf("StripSetCookie took the app's own %q", line)
		}
	}
}

func TestStrippingNothingAllocatesNothing(t *testing.T) {
	n := names(t)
	h := http.Header{
		"Cookie":     {"a=1; theme=dark; session=abcdef", "b=2"},
		"Set-Cookie": {"a=1; Path=/; HttpOnly", "b=2"},
	}
	if got := testing.AllocsPerRun(100, func() { n.Strip(h["Cookie"]); n.StripSetCookie(h) }); got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

func TestNamesRefuseWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", "__Host-x", "__secure-x", "a b", "a.1", "a=b", "a;b", "å", strings.Repeat("x", 65)} {
		if _, err := session.NewNames(name); err == nil {
			t.Errorf("NewNames(%q) succeeded", name)
		}
	}
	for _, name := range []string{"gatehouse", "_gh", "GH-2", "__Hostess"} {
		if _, err := session.NewNames(name); err != nil {
			t.Errorf("NewNames(%q): %v", name, err)
		}
	}
}

// FuzzStrip reads what is left as net/http does, which upstreams written in Go
// do too.
func FuzzStrip(f *testing.F) {
	for _, line := range []string{"a=1; __Host-gatehouse=x", "=gatehouse=x; ;", "\x00gatehouse; b", "GATEHOUSE.1=2;a"} {
		f.Add(line)
	}
	n := names(f)
	f.Fuzz(func(t *testing.T, line string) {
		own := func(name string) bool {
			name = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(name), "__host-"), "__secure-")
			return name == "gatehouse" || strings.HasPrefix(name, "gatehouse.") || strings.HasPrefix(name, "gatehouse-")
		}
		read := func(h http.Header) []*http.Cookie { return (&http.Request{Header: h}).Cookies() }
		h := http.Header{"Cookie": {line}}
		want := slices.DeleteFunc(read(h.Clone()), func(c *http.Cookie) bool { return own(c.Name) })
		h["Cookie"] = n.Strip(h["Cookie"])
		if diff := cmp.Diff(want, read(h)); diff != "" {
			t.Errorf("Strip(%q) (-want +got):\n%s", line, diff)
		}
		if again := n.Strip(h["Cookie"]); !slices.Equal(h["Cookie"], again) {
			t.Errorf("Strip(%q) is not finished after once", line)
		}
	})
}
