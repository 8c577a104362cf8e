package session

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"

	"github.com/gorilla/securecookie"
)

func testKeys(t testing.TB) *Keys {
	t.Helper()
	k, err := NewKeys([][]byte{append(bytes.Repeat([]byte{7}, 31), 1)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWeakKeysAreRefused(t *testing.T) {
	good := append(make([]byte, 31), 1)
	for name, secrets := range map[string][][]byte{
		"none":     nil,
		"empty":    {{}},
		"short":    {good[1:]},
		"long":     {append(good, 1)},
		"repeated": {good, make([]byte, 32)},
		"too many": {good, good, good, good, good, good, good, good, good},
	} {
		if _, err := NewKeys(secrets); err == nil {
			t.Errorf("%s: NewKeys succeeded", name)
		}
	}
	if _, err := NewKeys([][]byte{good}); err != nil {
		t.Errorf("NewKeys: %v", err)
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	k := testKeys(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, k); got != "[redacted]" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func TestEachPurposeHasItsOwnKeys(t *testing.T) {
	k, o := testKeys(t), origin{"https", "wiki.example.com"}
	for _, sealing := range purposes {
		value, err := newCodec(k, sealing, 1000).seal(o, []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		for _, opening := range purposes {
			c := newCodec(k, opening, 1000)
			c.purpose = sealing // so that only the keys differ
			if _, ok := c.open(o, value); ok != (sealing == opening) {
				t.Errorf("%q opens %q: %t", opening, sealing, ok)
			}
		}
	}
}

func TestTheZeroKeysSealNothing(t *testing.T) {
	c := newCodec(&Keys{}, purposeSession, 1000)
	if value, err := c.seal(origin{}, []byte("x")); err == nil {
		t.Errorf("sealed %q without a key", value)
	}
	if _, ok := c.open(origin{}, "AAAA"); ok {
		t.Error("opened without a key")
	}
}

// The IV is new each time: nobody sees that two cookies hold the same.
func TestNothingIsSealedAlikeTwice(t *testing.T) {
	c, o := newCodec(testKeys(t), purposeSession, 1000), origin{"https", "wiki.example.com"}
	seen := map[string]bool{}
	for range 1000 {
		value, err := c.seal(o, []byte("same"))
		if err != nil {
			t.Fatal(err)
		}
		outer, err := base64.URLEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		_, inner, _ := bytes.Cut(outer, []byte("|"))
		start := string(inner[:20]) // within the IV
		if seen[start] {
			t.Fatalf("%q came twice", start)
		}
		seen[start] = true
	}
}

// What is sealed is securecookie's own format: it opens ours, and we open what it
// wrote, as earlier builds did.
func TestSecurecookieSealsAndOpensTheSame(t *testing.T) {
	k, o := testKeys(t), origin{"https", "wiki.example.com"}
	c, key := newCodec(k, purposeSession, 20000), k.derived[purposeSession][0]
	theirs := securecookie.New(key[:32], key[32:]).MaxAge(0).MaxLength(20000).SetSerializer(securecookie.NopEncoder{})
	for _, n := range []int{1, 15, 16, 17, 70, 3000, 10000} {
		plain := bytes.Repeat([]byte{byte(n)}, n)
		ours, err := c.seal(o, plain)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		if err := theirs.Decode(c.name(o), ours, &got); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: securecookie opens ours to %.20q, %v", n, got, err)
		}
		value, err := theirs.Encode(c.name(o), bytes.Clone(plain))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := c.open(o, value); !ok || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: we open securecookie's to %.20q", n, got)
		}
	}
}

// Values are sealed with parts that are used again: at once, and after larger
// ones, each holds its own.
func TestWhatIsSealedAtOnceStaysApart(t *testing.T) {
	c, o := newCodec(testKeys(t), purposeSession, 20000), origin{"https", "wiki.example.com"}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 300 {
				plain := bytes.Repeat([]byte{byte(i), byte(n)}, 1+(n*37+i)%1500)
				value, err := c.seal(o, plain)
				if got, ok := c.open(o, value); err != nil || !ok || !bytes.Equal(got, plain) {
					t.Errorf("%d of %d: opens to %.20q, %t, %v", n, i, got, ok, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// What is authenticated besides the content: purpose, scheme and host, each in
// its place.
func TestValuesOpenForTheirOriginAlone(t *testing.T) {
	k := testKeys(t)
	c, o := newCodec(k, purposeSession, 1000), origin{"https", "wiki.example.com"}
	value, err := c.seal(o, []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, ok := c.open(o, value); !ok || string(plain) != "content" {
		t.Fatalf("open = %q, %t", plain, ok)
	}
	for _, other := range []origin{{"http", "wiki.example.com"}, {"https", "wiki.example.com:443"}, {"https", "WIKI.example.com"}, {"https", ""}, {"", "https|wiki.example.com"}} {
		if _, ok := c.open(other, value); ok {
			t.Errorf("opens for %+v", other)
		}
	}
	renamed := newCodec(k, purposeSession, 1000)
	renamed.purpose = purposeAttempt
	if _, ok := renamed.open(o, value); ok {
		t.Error("opens for another purpose under the same key")
	}
}

func TestOnlyOneSpellingOpens(t *testing.T) {
	c, o := newCodec(testKeys(t), purposeConfirm, 1000), origin{"https", "wiki.example.com"}
	opens := func(value string) bool {
		_, ok := c.open(o, value)
		return ok
	}
	for n := range 4 { // every padding
		value, err := c.seal(o, bytes.Repeat([]byte("x"), n+1))
		if err != nil {
			t.Fatal(err)
		}
		if want := sealedLen(n + 1); len(value) != want {
			t.Errorf("sealed %d bytes into %d, reckoned %d", n+1, len(value), want)
		}
		if !opens(value) {
			t.Fatalf("%q does not open", value)
		}
		for i := range len(value) {
			for _, blank := range []string{"\n", "\r", " ", "="} {
				if opens(value[:i] + blank + value[i:]) {
					t.Errorf("opens with %q inserted at %d", blank, i)
				}
			}
			for b := range 256 {
				if byte(b) != value[i] && opens(value[:i]+string([]byte{byte(b)})+value[i+1:]) {
					t.Errorf("opens with %q at %d of %q", byte(b), i, value)
				}
			}
		}
	}
}

func TestOpenRefusesUnknownFieldsAndTrailingData(t *testing.T) {
	c, o := newCodec(testKeys(t), purposeConfirm, 1000), origin{"https", "wiki.example.com"}
	for plain, want := range map[string]bool{
		`{"id":"x","c":1}`:         true,
		`{"id":"x","c":1} `:        true,
		`{"id":"x","c":1,"new":1}`: false,
		`{"id":"x","c":1}{}`:       false,
		`{"id":"x","c":1}]`:        false,
		`{"id":"x","c":"1"}`:       false,
		`{"id":"x"`:                false,
		`{`:                        false,
	} {
		value, err := c.openers[0].Encode(c.name(o), []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		var s sealedConfirmation
		if got := c.openJSON(o, value, &s); got != want {
			t.Errorf("open(%s) = %t, want %t", plain, got, want)
		}
	}
}

func TestUnknownVersionsAreNoSession(t *testing.T) {
	names, err := NewNames("gatehouse")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCookieStore(Options{Keys: testKeys(t), Names: names, Absolute: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	o := origin{"https", "wiki.example.com"}
	for version, want := range map[int]bool{Version: true, 0: false, Version - 1: false, Version + 1: false, -1: false} {
		s := Session{Version: version, ID: "id", Created: 1, Seen: 1, Ends: 2}
		s.Identity.Issuer, s.Identity.Subject = "https://idp.example.com", "ada"
		sealed, err := c.seal(o, &s)
		if err != nil {
			t.Fatal(err)
		}
		p := split(sealed)
		if s, _ := c.open(o, &p); (s != nil) != want {
			t.Errorf("version %d opens: %t, want %t", version, s != nil, want)
		}
	}
}
