package session

import (
	"crypto/sha256"
	"encoding/base64"
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

// labels of Secrets, in its order. None is the beginning of another.
var labels = [...]string{"state", "nonce", "code_verifier"}

// Secrets derives them anew, each under its own label, so the state, which
// addresses and logs at the provider hold, says nothing of the others. They are
// parts of one text.
func (a *Attempt) Secrets() Secrets {
	var b [len(labels) * StateLen]byte
	for i, label := range labels {
		a.derive(b[i*StateLen:], label)
	}
	text := string(b[:])
	return Secrets{State: text[:StateLen], Nonce: text[StateLen : 2*StateLen], Verifier: text[2*StateLen:]}
}

// state is the State of Secrets.
func (a *Attempt) state() string {
	var b [StateLen]byte
	a.derive(b[:], labels[0])
	return string(b[:])
}

// derive writes one of the secrets. It is the one-step key derivation of NIST
// SP 800-56C section 4 with SHA-256: a counter, which stays 1 for so few bits,
// the secret, and what the result is for, all within one block. HMAC would take
// four of them, and guards against longer messages that nobody can ask for here.
func (a *Attempt) derive(to []byte, label string) {
	var message [4 + len(a.secret) + 16]byte
	message[3] = 1
	copy(message[4:], a.secret[:])
	n := 4 + len(a.secret) + copy(message[4+len(a.secret):], label)
	sum := sha256.Sum256(message[:n])
	base64.RawURLEncoding.Encode(to[:StateLen], sum[:])
}

// attemptVersion is the layout of an attempt's bytes. One of another version is
// no attempt: raise it with every change below and in how secrets are derived.
const attemptVersion = 3

// pack writes a before it is sealed, in the order in which unpackAttempt reads.
func (a *Attempt) pack() ([]byte, error) {
	p := packer{b: make([]byte, 0, 64+len(a.Provider)+len(a.ReturnTo)+len(a.ACR)+len(a.Test)+len(a.HandOver))}
	p.number(attemptVersion)
	p.b = append(p.b, a.secret[:]...)
	p.text(a.Provider)
	p.text(a.ReturnTo)
	p.moment(a.Created)
	p.number(int64(a.MaxAge))
	p.text(a.ACR)
	p.flag(a.Online)
	var before []byte
	if a.Before != nil {
		var err error
		if before, err = a.Before.pack(); err != nil {
			return nil, err
		}
	}
	p.count(len(before))
	p.b = append(p.b, before...)
	p.text(a.Test)
	p.text(a.HandOver)
	return p.b, p.err
}

// unpackAttempt reads what pack wrote, and nil from everything else.
func unpackAttempt(plain []byte) *Attempt {
	u := unpacker{rest: string(plain)}
	if u.number() != attemptVersion {
		return nil
	}
	a := new(Attempt)
	copy(a.secret[:], u.next(len(a.secret)))
	a.Provider = u.text()
	a.ReturnTo = u.text()
	a.Created = u.moment()
	a.MaxAge = int(u.number())
	a.ACR = u.text()
	a.Online = u.flag()
	if before := u.text(); before != "" {
		if a.Before = unpack([]byte(before)); a.Before == nil {
			return nil
		}
	}
	a.Test = u.text()
	a.HandOver = u.text()
	if u.broken || u.rest != "" {
		return nil
	}
	return a
}
