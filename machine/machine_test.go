package machine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

func TestMintedTokensAreWholeAndNothingElseIs(t *testing.T) {
	for _, name := range []string{"ci", "a_b", "deploy-2", "x.y"} {
		token, hash := Mint(name)
		if sum := sha256.Sum256([]byte(token)); hash != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the hash is not the token's", token)
		}
		if !whole(token) || !strings.HasPrefix(token, "gh_"+name+"_") || strings.ContainsAny(token, " \"'\n") {
			t.Errorf("%s is not whole", token)
		}
		for i := range token {
			changed := token[:i] + string(token[i]^1) + token[i+1:]
			if whole(changed) {
				t.Errorf("%s passes for whole", changed)
			}
			if whole(token[:i]) {
				t.Errorf("%s passes for whole", token[:i])
			}
		}
	}
	if a, _ := Mint("ci"); whole(a + strings.Repeat("a", 600)) {
		t.Error("an endless token is whole")
	}
	for _, before := range []string{"gh_", "gh_ci", "gh__x", "gh_ci_"} {
		if token := before + "_" + checksum(before); whole(token) {
			t.Errorf("%s lacks a part and is whole", token)
		}
	}
}

// FuzzRead: whatever stands in the headers, at most one token is found, and
// none in a header that a careless reader would take for two.
func FuzzRead(f *testing.F) {
	token, hash := Mint("ci")
	raw, err := hex.DecodeString(hash)
	if err != nil {
		f.Fatal(err)
	}
	desk := NewDesk([]ServiceToken{{Name: "ci", Hashes: [][32]byte{[32]byte(raw)}}}, true, nil)
	f.Add("Bearer "+token, token, "ci", token, false)
	f.Add(`{"cf-access-client-id":"ci","cf-access-client-secret":"x"}`, "", "", "", true)
	f.Add("bearer", "a", "b", "", true)
	f.Fuzz(func(t *testing.T, auth, gatehouse, id, secret string, bearer bool) {
		h := http.Header{}
		for name, value := range map[string]string{"Authorization": auth, tokenHeader: gatehouse, cloudflareID: id, cloudflareSecret: secret} {
			if value != "" {
				h.Set(name, value)
			}
		}
		p, err := desk.Read(h, bearer)
		if err != nil {
			return
		}
		if (gatehouse != "" || id != "" && secret != "") && p.Nothing() {
			t.Errorf("a token in a header of ours was overlooked: %v", h)
		}
		if caller, err := desk.Check(context.Background(), p, nil); err == nil && p.there && !strings.Contains(auth+gatehouse+secret, token) {
			t.Errorf("%v proves %+v", h, caller)
		}
	})
}

// jwt is an entry that a test controls.
type entry struct {
	calls   atomic.Int32
	answer  func(token string) (*provider.AccessToken, error)
	release chan struct{}
}

func (e *entry) verify(ctx context.Context, token string) (*provider.AccessToken, error) {
	e.calls.Add(1)
	if e.release != nil {
		<-e.release
	}
	return e.answer(token)
}

func TestOneCallServesACrowdAlsoIfItsLeaderHangsUp(t *testing.T) {
	e := &entry{release: make(chan struct{}), answer: func(string) (*provider.AccessToken, error) {
		return &provider.AccessToken{Subject: "robot", Claims: identity.Claims{}}, nil
	}}
	b := NewBearer(BearerOptions{Name: "opaque", Verify: e.verify})
	leader, hangUp := context.WithCancel(context.Background())
	led := make(chan error, 1)
	go func() {
		_, err := b.check(leader, "token")
		led <- err
	}()
	for e.calls.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	var crowd sync.WaitGroup
	for range 20 {
		crowd.Go(func() {
			if c, err := b.check(context.Background(), "token"); err != nil || c.Machine.Identity.Subject != "robot" {
				t.Errorf("a waiter got %v, %v", c, err)
			}
		})
	}
	hangUp()
	if err := <-led; !unavailable(err) {
		t.Errorf("the one who hung up got %v", err)
	}
	close(e.release)
	crowd.Wait()
	if n := e.calls.Load(); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// TestMadeUpTokensPushOutNoGoodOnes: strangers fill the memory of bad tokens
// and no other, and neither grows without end.
func TestMadeUpTokensPushOutNoGoodOnes(t *testing.T) {
	now := time.Unix(1795690800, 0)
	e := &entry{answer: func(token string) (*provider.AccessToken, error) {
		if token == "good" {
			return &provider.AccessToken{Subject: "robot", Claims: identity.Claims{}}, nil
		}
		return nil, &provider.Error{Reason: provider.ReasonBearerInactive, Err: errors.New("inactive")}
	}}
	b := NewBearer(BearerOptions{Name: "opaque", Verify: e.verify, Now: func() time.Time { return now }})
	check := func(token string) error {
		_, err := b.check(context.Background(), token)
		return err
	}
	if err := check("good"); err != nil {
		t.Fatal(err)
	}
	for n := range 3 * maxRemembered {
		if check(fmt.Sprint("made up ", n)) == nil {
			t.Fatal("a made-up token passes")
		}
	}
	before := e.calls.Load()
	if err := check("good"); err != nil || e.calls.Load() != before {
		t.Errorf("the good token was forgotten: %v", err)
	}
	if len(b.bad.of) > maxRemembered || len(b.good.of) > maxRemembered {
		t.Errorf("%d bad and %d good tokens are remembered", len(b.bad.of), len(b.good.of))
	}
	now = now.Add(trusted)
	if check("good"); e.calls.Load() != before+1 {
		t.Error("after a minute the good token is not looked at again")
	}
}

// TestTrustEndsWithTheToken, if that is sooner than a minute.
func TestTrustEndsWithTheToken(t *testing.T) {
	now := time.Unix(1795690800, 0)
	e := &entry{answer: func(string) (*provider.AccessToken, error) {
		return &provider.AccessToken{Subject: "robot", Expires: now.Add(10 * time.Second), Claims: identity.Claims{}}, nil
	}}
	b := NewBearer(BearerOptions{Name: "backend", Verify: e.verify, Now: func() time.Time { return now }})
	for range 2 {
		if _, err := b.check(context.Background(), "t"); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(10 * time.Second)
	b.check(context.Background(), "t")
	if n := e.calls.Load(); n != 2 {
		t.Errorf("looked at %d times", n)
	}
}

// TestTokensGoToTheEntryOfTheirIssuer, and never on to one that asks.
func TestTokensGoToTheEntryOfTheirIssuer(t *testing.T) {
	bad := func(reason string) func(string) (*provider.AccessToken, error) {
		return func(string) (*provider.AccessToken, error) {
			return nil, &provider.Error{Reason: reason, Err: errors.New(reason)}
		}
	}
	good := func(string) (*provider.AccessToken, error) {
		return &provider.AccessToken{Subject: "robot", Person: true, Claims: identity.Claims{}}, nil
	}
	make := func(name, issued string, answer func(string) (*provider.AccessToken, error)) (*Bearer, *entry) {
		e := &entry{answer: answer}
		o := BearerOptions{Name: name, Verify: e.verify}
		if issued != "" {
			o.Issued = func(token string) bool { return token == issued }
		}
		return NewBearer(o), e
	}
	a, _ := make("a", "of a", bad(provider.ReasonBearerExpired))
	other, _ := make("other audience", "of b", bad(provider.ReasonBearerAudience))
	b, _ := make("b", "of b", good)
	asks, asked := make("asks", "", good)
	all := []*Bearer{a, other, b, asks}

	if c, err := checkBearer(context.Background(), "of b", all); err != nil || c.Machine.Name != "b" {
		t.Errorf("the second entry of the issuer: %v, %v", c, err)
	}
	_, err := checkBearer(context.Background(), "of a", all)
	var refused *page.Error
	if !errors.As(err, &refused) || refused.Reason != provider.ReasonBearerExpired || asked.calls.Load() != 0 {
		t.Errorf("an expired token: %v, asked %d times", err, asked.calls.Load())
	}
	if c, err := checkBearer(context.Background(), "opaque", all); err != nil || c.Machine.Name != "asks" {
		t.Errorf("an opaque token: %v, %v", c, err)
	}
	for _, token := range []string{"", strings.Repeat("a", provider.MaxAccessToken+1)} {
		if _, err := checkBearer(context.Background(), token, all); err == nil {
			t.Errorf("a token of %d bytes passes", len(token))
		}
	}
	if _, err := checkBearer(context.Background(), "of b", nil); err == nil {
		t.Error("a token passes where none is accepted")
	}
}

func BenchmarkReadWithoutToken(b *testing.B) {
	token, hash := Mint("ci")
	raw, err := hex.DecodeString(hash)
	if err != nil || token == "" {
		b.Fatal(err)
	}
	desk := NewDesk([]ServiceToken{{Name: "ci", Hashes: [][32]byte{[32]byte(raw)}}}, true, nil)
	h := http.Header{}
	for _, name := range []string{"Accept", "Accept-Encoding", "Accept-Language", "Cookie", "Priority", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Upgrade-Insecure-Requests", "User-Agent"} {
		h.Set(name, "x")
	}
	b.ReportAllocs()
	for b.Loop() {
		if p, err := desk.Read(h, false); err != nil || !p.Nothing() {
			b.Fatal(p, err)
		}
	}
}

func BenchmarkServiceToken(b *testing.B) {
	token, hash := Mint("ci")
	raw, err := hex.DecodeString(hash)
	if err != nil {
		b.Fatal(err)
	}
	desk := NewDesk([]ServiceToken{{Name: "ci", Hashes: [][32]byte{[32]byte(raw)}}}, false, nil)
	h := http.Header{tokenHeader: {token}}
	b.ReportAllocs()
	for b.Loop() {
		p, err := desk.Read(h, false)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := desk.Check(context.Background(), p, nil); err != nil {
			b.Fatal(err)
		}
	}
}
