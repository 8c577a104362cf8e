package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"unicode/utf8"
)

// Attempt is one sign-in under way, sealed in a cookie of the browser that
// started it: the server keeps nothing. State, nonce and PKCE verifier are
// derived from one random secret, so the cookie stays small.
type Attempt struct {
	// Provider is the name of the one whose callback may finish it.
	Provider string
	// ReturnTo is the address to return to, already checked.
	ReturnTo string
	// Created is the start.
	Created Time
	// MaxAge (in seconds) and ACR repeat what was asked for, so that the answer
	// can be held to it.
	MaxAge int
	ACR    string
	// Online says that this is the second try, without offline_access.
	Online bool
	// Before is what Remains of the session that the browser had, where its
	// answer will come without the cookie that tells: a form posted across sites.
	Before *Session
	// Test names the operator's test that this sign-in is for; it becomes no
	// session then.
	Test string
	// HandOver says which other host the session is for, where all sign-ins
	// are on one. An attempt without a Provider is the other half: a way back
	// from there.
	HandOver string
	secret   [32]byte
}

// Secrets are what an attempt sends to the provider or compares with its
// answer: 256 bits each, in 43 characters of base64url.
type Secrets struct {
	State    string // OAuth 2.0 state, RFC 6749 section 10.12
	Nonce    string // OpenID Connect Core section 3.1.2.1
	Verifier string // PKCE code_verifier, RFC 7636 section 4.1; its S256 is sent first
}

// StateLen is the length of each secret, which RFC 7636 wants at least.
const StateLen = 43

// Secrets derives them anew. Each is a MAC under its own label, so the state,
// which addresses and logs at the provider hold, says nothing of the others.
func (a *Attempt) Secrets() Secrets {
	return Secrets{State: a.derive("state"), Nonce: a.derive("nonce"), Verifier: a.derive("code_verifier")}
}

func (a *Attempt) derive(label string) string {
	mac := hmac.New(sha256.New, a.secret[:])
	mac.Write([]byte(label))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// sealedAttempt is an Attempt as its cookie holds it.
type sealedAttempt struct {
	Version  int    `json:"v"`
	Secret   []byte `json:"k"`
	Provider string `json:"p"`
	ReturnTo string `json:"r,omitempty"`
	// RawReturn stands in for a ReturnTo that is not UTF-8: JSON would mend it,
	// and people return to the exact address.
	RawReturn []byte   `json:"rr,omitempty"`
	Created   Time     `json:"c"`
	MaxAge    int      `json:"m,omitempty"`
	ACR       string   `json:"a,omitempty"`
	Online    bool     `json:"o,omitempty"`
	Before    *Session `json:"b,omitempty"`
	Test      string   `json:"t,omitempty"`
	HandOver  string   `json:"h,omitempty"`
}

const attemptVersion = 1

func (a *Attempt) sealed() sealedAttempt {
	s := sealedAttempt{
		Version: attemptVersion, Secret: a.secret[:], Provider: a.Provider,
		ReturnTo: a.ReturnTo, Created: a.Created, MaxAge: a.MaxAge, ACR: a.ACR,
		Online: a.Online, Before: a.Before, Test: a.Test, HandOver: a.HandOver,
	}
	if !utf8.ValidString(a.ReturnTo) {
		s.ReturnTo, s.RawReturn = "", []byte(a.ReturnTo)
	}
	return s
}

// attempt is the way back; false for another version.
func (s *sealedAttempt) attempt() (*Attempt, bool) {
	a := &Attempt{
		Provider: s.Provider, ReturnTo: s.ReturnTo + string(s.RawReturn),
		Created: s.Created, MaxAge: s.MaxAge, ACR: s.ACR,
		Online: s.Online, Before: s.Before, Test: s.Test, HandOver: s.HandOver,
	}
	return a, s.Version == attemptVersion && copy(a.secret[:], s.Secret) == len(a.secret)
}
