package proxy

import "testing"

func TestHostHasOneReading(t *testing.T) {
	cases := []struct {
		host string
		want authority
		ok   bool
	}{
		{"wiki.example.com", authority{"wiki.example.com", ""}, true},
		{"WIKI.Example.com", authority{"wiki.example.com", ""}, true},
		{"wiki.example.com.", authority{"wiki.example.com", ""}, true},
		{"wiki.example.com:8443", authority{"wiki.example.com", "8443"}, true},
		{"wiki.example.com.:443", authority{"wiki.example.com", "443"}, true},
		{"127.0.0.1:80", authority{"127.0.0.1", "80"}, true},
		{"[::1]:8080", authority{"[::1]", "8080"}, true},
		{"[2001:DB8::0:1]", authority{"[2001:db8::1]", ""}, true},
		{"my_host", authority{"my_host", ""}, true},

		{"", authority{}, false},
		{".", authority{}, false},
		{"wiki..example.com", authority{}, false},
		{".example.com", authority{}, false},
		{"wiki.example.com..", authority{}, false},
		{"wiki.example.com:", authority{}, false},
		{"wiki.example.com:0", authority{}, false},
		{"wiki.example.com:080", authority{}, false},
		{"wiki.example.com:65536", authority{}, false},
		{"wiki.example.com:80:80", authority{}, false},
		{"wiki.example.com:http", authority{}, false},
		{"wiki.example.com:+80", authority{}, false},
		{"user@wiki.example.com", authority{}, false},
		{"wiki.example.com/evil", authority{}, false},
		{"wiki.example.com,evil.example", authority{}, false},
		{"wiki.example.com evil", authority{}, false},
		{"wiki.example.com#", authority{}, false},
		{"wi\u212Ai.example.com", authority{}, false}, // the Kelvin sign is no k
		{"%77iki.example.com", authority{}, false},
		{"*.example.com", authority{}, false},
		{"[::1", authority{}, false},
		{"[::1]x", authority{}, false},
		{"[::1]:", authority{}, false},
		{"[127.0.0.1]", authority{}, false},
		{"[fe80::1%25eth0]", authority{}, false},
		{"::1", authority{}, false},
	}
	for _, c := range cases {
		got, ok := parseAuthority(c.host)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("parseAuthority(%q) = %+v, %v; want %+v, %v", c.host, got, ok, c.want, c.ok)
		}
	}
}

func FuzzAuthority(f *testing.F) {
	for _, seed := range []string{"a", "a:1", "[::1]:2", "a.b.", "A@b", "::", "[", "a:b:c", ".."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, ok := parseAuthority(s)
		if !ok {
			return
		}
		written := first.host
		if first.port != "" {
			written += ":" + first.port
		}
		if again, ok := parseAuthority(written); !ok || again != first {
			t.Errorf("%q reads as %+v, and that as %+v, %v", s, first, again, ok)
		}
	})
}
