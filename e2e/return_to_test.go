package e2e

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// nodeURL is an address as Node's `new URL` reads it, which is the parser of
// the WHATWG URL standard that browsers have too.
type nodeURL struct{ Origin, Protocol, Username, Pathname, Search string }

// pieces are what addresses that lead somewhere else have been made of.
var pieces = []string{
	"/", "/", "//", `\`, `\\`, ":", "@", "#", "?", "&", ";", "%", ".", "..", "...", "\t", "\n", "\r", " ", "\x00", "\x01", "\x1f", "\x7f", "\u0085", "\u00a0", "\u2028", "\ufeff", "\uff0f", "\u3002",
	"%2f", "%2F", "%5c", "%09", "%0a", "%0d", "%00", "%2e", "%2E", "%40", "%3a", "%23", "%3f", "%25", "%252f", "%ff", "%c0%ae", "%zz", "%u002f",
	"http", "https", "HTTPS", "hTtPs", "ftp", "file", "javascript", "data", "blob", "ws", "wss", "about", "http:", "https:", "https:/", "https://", "https:///", "http://", "javascript:", `https:\`, "h\tttps://",
	"app.example.com", "APP.example.com", "wiki.example.com", "evil.example", "localhost", "localhost:8080", "dev.example.com:8443", "[::1]", "[::1", "127.0.0.1", "0", "user@", "user:x@",
	":443", ":80", ":8443", ":0443", ":", ".evil.example", "a", "b", "x=1", "y=%2F", ".auth", "/.auth/", "logout", "callback", "%2eauth", "path", "caf\u00e9", "\xff", "[", "]", "{", "|", "^", "`", "\"", "'", "<", ">", "$", "!", "*", "~", "+", ",", "=",
}

// TestReturnAddressesLeadWhereNodeSays holds the check of return addresses
// against a browser's parser (CVE-2020-5233, CVE-2020-4037, CVE-2022-23527):
// what it lets through has a configured origin for both, and the same path.
func TestReturnAddressesLeadWhereNodeSays(t *testing.T) {
	node := program(t, "nodejs", "node")
	origins := []string{"https://app.example.com", "https://wiki.example.com", "http://localhost:8080", "https://dev.example.com:8443", "https://[::1]"}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	honest := append([]string{"/", "/a", "/a/", "/a?", "/a?b="}, origins...)
	asked := []string{"/", "/a?x=1&y=%2F", "https://wiki.example.com/a", "//evil.example", `/\evil.example`}
	for len(asked) < 100_000 {
		var b strings.Builder
		if begin := random.IntN(2 * len(honest)); begin < len(honest) { // half of them begin well
			b.WriteString(honest[begin])
		}
		for range 1 + random.IntN(7) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		asked = append(asked, strings.ToValidUTF8(b.String(), "\ufffd"))
	}

	returns := exec.Command("go", append([]string{"run", "./attack/returns"}, origins...)...)
	returns.Dir = ".."
	var given []string
	pipe(t, returns, asked, &given)
	var read, meant []*nodeURL // where Gatehouse leads, and where the address itself would
	at := origins[0] + "/.auth/callback/x"
	pipe(t, exec.Command(node, "testdata/urls/read.mjs", at), given, &read)
	pipe(t, exec.Command(node, "testdata/urls/read.mjs", at), asked, &meant)

	kept := 0
	for i, rd := range asked {
		got, leads := given[i], read[i]
		switch {
		case leads == nil || !slices.Contains(origins, leads.Origin) || leads.Username != "":
			t.Errorf("%q became %q, which leads to %+v", rd, got, leads)
		case strings.HasPrefix(leads.Pathname, "//"), strings.HasPrefix(leads.Pathname, "/.auth/") && leads.Pathname != "/.auth/":
			t.Errorf("%q became %q, which leads to the path %s", rd, got, leads.Pathname)
		case got == "/":
		case meant[i] == nil || *leads != *meant[i]:
			t.Errorf("%q became %q: %+v, and a browser reads %+v", rd, got, leads, meant[i])
		default:
			kept++
		}
	}
	if kept < len(asked)/100 {
		t.Errorf("of %d addresses only %d were kept; refusing everything proves nothing", len(asked), kept)
	}
	t.Logf("%d of %d addresses were kept", kept, len(asked))
}

// pipe sends one JSON string a line through a program and reads as many values.
func pipe[T any](t *testing.T, program *exec.Cmd, lines []string, out *[]T) {
	t.Helper()
	var in, answer, complaint bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	program.Stdin, program.Stdout, program.Stderr = &in, &answer, &complaint
	if err := program.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", program.Args, err, complaint.String())
	}
	for decoder := json.NewDecoder(&answer); decoder.More(); {
		var value T
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		*out = append(*out, value)
	}
	if len(*out) != len(lines) {
		t.Fatalf("%v answered %d of %d lines", program.Args, len(*out), len(lines))
	}
}
