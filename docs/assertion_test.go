package docs_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/assertion"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

// verifiers are the examples of assertion.md by their language, and what calls
// them: for each argument a line, the subject or "refused".
var verifiers = map[string]struct {
	file, main, driver string
}{
	"go": {"verify.go", "main.go", `package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	for _, token := range os.Args[1:] {
		if subject, _, err := verify(context.Background(), token); err != nil {
			fmt.Println("refused")
		} else {
			fmt.Println(subject)
		}
	}
}
`},
	"js": {"verify.mjs", "main.mjs", `import { verify } from "./verify.mjs";
try { await verify(undefined); } catch (e) { if (e instanceof TypeError) throw e; }
for (const token of process.argv.slice(2)) {
  try { console.log((await verify(token)).sub); } catch { console.log("refused"); }
}
`},
	"python": {"verify.py", "main.py", `import sys
import verify
for token in sys.argv[1:]:
    try:
        print(verify.verify(token)["sub"])
    except Exception:
        print("refused")
`},
}

// TestVerifyingExamplesVerify runs what assertion.md shows: each takes a good
// token, also by a second key, and refuses everything else.
func TestVerifyingExamplesVerify(t *testing.T) {
	keys := make([]*assertion.Key, 3)
	for i := range keys {
		var err error
		if keys[i], err = assertion.DeriveKey(append(make([]byte, 31), byte(i))); err != nil {
			t.Fatal(err)
		}
	}
	published, err := assertion.NewKeys(keys[:2])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.auth/jwks.json" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Write(published.JWKS())
	}))
	defer server.Close()
	origin := server.URL
	sign := func(key *assertion.Key, issuer, audience string, age time.Duration) string {
		plan, err := assertion.NewPlan(assertion.Options{Key: key, Issuer: issuer, Audience: audience, Claims: []string{"email"}})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().Add(-age)
		signed, err := plan.Sign(assertion.Caller{Identity: &identity.Identity{Subject: "ana", Email: "ana@example.com"}}, now, now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return signed.Token
	}
	good := sign(keys[0], origin, origin, 0)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	var tokens, want []string
	for _, tt := range []struct{ token, want string }{
		{good, "ana"},
		{sign(keys[1], origin, origin, 0), "ana"},
		{sign(keys[2], origin, origin, 0), "refused"}, // a key that is not published
		{sign(keys[0], origin, origin, time.Hour), "refused"},
		{sign(keys[0], origin, "another app", 0), "refused"},
		{sign(keys[0], "https://elsewhere.example", origin, 0), "refused"},
		{parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "refused"},
		{none, "refused"},
		{"garbage", "refused"},
	} {
		tokens, want = append(tokens, tt.token), append(want, tt.want)
	}
	for language, v := range verifiers {
		t.Run(language, func(t *testing.T) {
			command := runner(t, language)
			dir := t.TempDir()
			code := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, "assertion.md"), -1)
			if len(code) != 1 {
				t.Fatalf("assertion.md has %d examples in %s", len(code), language)
			}
			example := strings.ReplaceAll(code[0][1], "https://wiki.example.com", origin)
			for name, text := range map[string]string{v.file: example, v.main: v.driver} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := append(command[1:], filepath.Join(dir, v.main))
			if language == "go" {
				args = append(args, filepath.Join(dir, v.file))
			}
			out, err := exec.Command(command[0], append(args, tokens...)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := strings.Fields(string(out)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// runner is the command that runs a language's files, or the test is skipped.
func runner(t *testing.T, language string) []string {
	t.Helper()
	switch language {
	case "go":
		return []string{"go", "run"}
	case "js":
		if _, err := exec.LookPath("node"); err == nil {
			return []string{"node"}
		}
		t.Skip("there is no node")
	}
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import jwt, cryptography").Run() == nil {
			return []string{python, "-B"}
		}
	}
	t.Skip("there is no python3 with PyJWT and cryptography")
	return nil
}
