//go:build !race

package provider

import "testing"

// TestAnIDTokenAllocatesNoMoreThanItDid: a token that is read once more than need
// be shows here, and in no time that a busy machine could tell. Who makes the
// check leaner lowers the ceiling.
func TestAnIDTokenAllocatesNoMoreThanItDid(t *testing.T) {
	const ceiling = 269
	p := newIDP(t).client(nil)
	grant, err := redeem(p)
	if err != nil {
		t.Fatal(err)
	}
	want := expectation{nonce: testNonce, accessToken: testAccess}
	got := testing.AllocsPerRun(200, func() {
		if _, err := p.verifyIDToken(t.Context(), grant.IDToken, want); err != nil {
			t.Fatal(err)
		}
	})
	switch {
	case got > ceiling:
		t.Errorf("%v allocations, the ceiling is %v", got, ceiling)
	case got < ceiling-2:
		t.Logf("%v allocations; the ceiling of %v can be lowered", got, ceiling)
	}
}
