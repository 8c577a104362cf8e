package session

import (
	"errors"
	"net/http"
	"time"
)

// confirmLife is how long a form may stay open, in seconds.
const confirmLife Time = 600

// Confirmations makes and checks the token in the form that confirms a
// sign-out. A third site cannot have one for somebody else's session, so it
// cannot send that form.
type Confirmations struct {
	codec *codec
	clock func() time.Time
}

// sealedConfirmation names the session that may be ended.
type sealedConfirmation struct {
	ID      string `json:"id"`
	Created Time   `json:"c"`
}

// NewConfirmations uses the clock now, time.Now if nil.
func NewConfirmations(keys *Keys, now func() time.Time) *Confirmations {
	if now == nil {
		now = time.Now
	}
	return &Confirmations{codec: newCodec(keys, purposeConfirm, 1<<10), clock: now}
}

// Token makes a token for the session called id on r's host. It may be used
// more than once within ten minutes. Its alphabet is base64url's with "=".
// Without a session (id is empty) it confirms that there is none.
func (m *Confirmations) Token(r *http.Request, id string) (string, error) {
	if len(id) > 128 {
		return "", errors.New("confirm sign-out: session ID too long")
	}
	return m.codec.sealJSON(originOf(r), sealedConfirmation{ID: id, Created: At(m.clock())})
}

// Check reports whether token was made for this session on this host within
// the last ten minutes.
func (m *Confirmations) Check(r *http.Request, id, token string) bool {
	var s sealedConfirmation
	if !m.codec.openJSON(originOf(r), token, &s) {
		return false
	}
	now := At(m.clock())
	return s.ID == id && s.Created <= now+clockSkew && now < s.Created+confirmLife
}
