package rogue

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"time"
)

// accessToken is the one access token: opaque, as a relying party must take it.
const accessToken = "rogue-access-token"

// userClaims is what the provider says about its user, in PingOne's words.
func userClaims() map[string]any {
	return map[string]any{
		"preferred_username": "ana.kovacs",
		"given_name":         "Ana",
		"family_name":        "Kovacs",
		"name":               "Ana Kovacs",
		"email":              "ana.kovacs@example.com",
		"groups":             []string{"staff", "engineering"},
	}
}

// token answers every code that the provider gave out once, and every refresh
// token.
func (p *Provider) token(w http.ResponseWriter, r *http.Request, s Script) {
	if s.Token != nil && s.Token(w, r) {
		return
	}
	nonce, known := p.spendCode(r.PostFormValue("code"))
	if !known && r.PostFormValue("grant_type") != "refresh_token" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant"})
		return
	}
	id, err := p.idToken(s, nonce)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer := map[string]any{
		"access_token":  accessToken,
		"token_type":    "Bearer",
		"expires_in":    3600,
		"refresh_token": "rogue-refresh-token",
		"id_token":      id,
	}
	if s.Answer != nil {
		s.Answer(answer)
	}
	writeJSON(w, answer)
}

// idToken follows the script from claims to compact form.
func (p *Provider) idToken(s Script, nonce string) (string, error) {
	claims, header := p.claims(nonce), map[string]any{"alg": "RS256", "typ": "JWT", "kid": KeyID}
	if s.IDToken != nil {
		s.IDToken(claims, header)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	if s.Payload != nil {
		payload = s.Payload(payload)
	}
	var key any = p.keys.Published
	if s.Key != nil {
		key = s.Key(p.keys)
	}
	token, err := Sign(header, payload, key)
	if err == nil && s.Compact != nil {
		token = s.Compact(token)
	}
	return token, err
}

func (p *Provider) claims(nonce string) map[string]any {
	now := p.now()
	claims := userClaims()
	claims["iss"] = p.issuer
	claims["sub"] = Subject
	claims["aud"] = ClientID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(time.Hour).Unix()
	claims["auth_time"] = now.Unix()
	claims["acr"] = "Single_Factor"
	claims["amr"] = []string{"pwd"}
	claims["sid"] = "5d8a6c0f-2b14-4f39-8c7e-9a1d3e5b7f20"
	claims["at_hash"] = leftHalf(accessToken)
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return claims
}

// leftHalf is at_hash for the SHA-256 algorithms (OpenID Connect Core 3.1.3.6).
func leftHalf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return encode(sum[:len(sum)/2])
}
