package session

import (
	"net/http"
	"time"
)

// signOutLife is how long a sign-out may take at the provider, in seconds.
const signOutLife Time = 600

// SignOutStates make and check the state that a sign-out takes along to the
// provider and back, so that people land where they wanted to. It holds no
// secret and proves no more than that we made it for this host: whoever plays
// one back sends somebody to an address that was checked before and is again.
type SignOutStates struct {
	codec *codec
	clock func() time.Time
}

// sealedSignOut is what a state holds.
type sealedSignOut struct {
	ReturnTo string `json:"r,omitempty"`
	Created  Time   `json:"c"`
}

// NewSignOutStates uses the clock now, time.Now if nil.
func NewSignOutStates(keys *Keys, now func() time.Time) *SignOutStates {
	if now == nil {
		now = time.Now
	}
	// Providers take some 8 KiB of address and state together.
	return &SignOutStates{codec: newCodec(keys, purposeSignOut, 4<<10), clock: now}
}

// State makes one for a sign-out on r's host that leads to returnTo, a checked
// address or "". What does not fit is left out. Its alphabet is base64url's
// with "=".
func (m *SignOutStates) State(r *http.Request, returnTo string) (string, error) {
	s := sealedSignOut{ReturnTo: returnTo, Created: At(m.clock())}
	state, err := m.codec.sealJSON(originOf(r), s)
	if err == ErrTooLarge {
		s.ReturnTo = ""
		state, err = m.codec.sealJSON(originOf(r), s)
	}
	return state, err
}

// ReturnTo reads a state that came back to r's host within ten minutes.
func (m *SignOutStates) ReturnTo(r *http.Request, state string) (returnTo string, ok bool) {
	var s sealedSignOut
	if !m.codec.openJSON(originOf(r), state, &s) {
		return "", false
	}
	now := At(m.clock())
	return s.ReturnTo, s.Created <= now+clockSkew && now < s.Created+signOutLife
}
