package sampleapp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// assertionHeader carries the gateway's signed token, by its canonical name.
const assertionHeader = "X-Gatehouse-Assertion"

// assertion is the token's readable parts. They are shown, not believed: an
// application that relies on them verifies the signature first.
type assertion struct {
	Header  json.RawMessage `json:"header,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Problem string          `json:"problem,omitempty"` // instead of the others
}

func readAssertion(token string) *assertion {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return &assertion{Problem: "This is not a compact JWT: it has no three parts."}
	}
	var a assertion
	for i, into := range []*json.RawMessage{&a.Header, &a.Payload} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		var pretty bytes.Buffer
		if err != nil || json.Indent(&pretty, text, "", "  ") != nil {
			return &assertion{Problem: "This is not a JWT: a part of it is not JSON in base64url."}
		}
		*into = pretty.Bytes()
	}
	return &a
}

// claimMeaning explains a claim of the assertion.
type claimMeaning struct{ Name, Text string }

func (a *assertion) Meanings() []claimMeaning {
	var claims map[string]json.RawMessage
	if json.Unmarshal(a.Payload, &claims) != nil {
		return nil
	}
	var present []claimMeaning
	for _, m := range []claimMeaning{
		{"iss", "who made the token: compare it with the gateway's address"},
		{"aud", "whom it is for: compare it with your own address, so that a token for another application is worth nothing here"},
		{"exp", "when it ends, in seconds since 1970: a few minutes from now; the gateway sends another before that"},
		{"iat", "when it was made"},
		{"nbf", "when it begins to hold"},
		{"sub", "the person's subject, as in X-Forwarded-User"},
		{"provider", "who vouches for them: a subject is unique at one provider only"},
		{"machine", "the program's name in the gateway's file, when no person is calling"},
		{"email", "their address, if they have one"},
		{"email_verified", "whether somebody made sure that the address is theirs"},
		{"groups", "their groups, as a list that needs no decoding"},
		{"name", "their display name"},
	} {
		if _, ok := claims[m.Name]; ok {
			present = append(present, m)
		}
	}
	return present
}
