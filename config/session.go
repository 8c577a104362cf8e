package config

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Session is the `session` block.
type Session struct {
	Keys             []Secret `yaml:"keys" placeholder:"9d1f0c6be2a8473560f4c81b27d95e3a7c06b1e84f2d935a60c7e1b89d24f5a3" doc:"Required. Keys of 32 bytes (gatehouse keygen prints one): exactly 64 hex digits or base64. The first seals, all open: put a new one first to rotate."`
	Idle             Duration `yaml:"idle" default:"1h" doc:"Sign-out after this long without a request; 0 means never."`
	Absolute         Duration `yaml:"absolute" default:"12h" doc:"Sign-out this long after the sign-in, whatever happens."`
	RefreshBefore    Duration `yaml:"refresh_before" default:"60s" doc:"Tokens that are in use are renewed this long before they expire."`
	OnRefreshFailure string   `yaml:"on_refresh_failure" default:"keep" enum:"keep,reauth" doc:"When tokens cannot be renewed for now: keep the session, without expired tokens, or reauth, which sends people to sign in once the tokens have expired. A refusal for good (invalid_grant) always ends the session."`
	Recheck          Duration `yaml:"recheck" default:"0s" doc:"Ask the provider this often, by a refresh or else by introspection, whether the person is still signed in there; 0 never asks."`
	Cookie           Cookie   `yaml:"cookie" shape:"{name: gatehouse}" doc:"The session cookie."`
	AfterSignOut     string   `yaml:"after_sign_out" placeholder:"/" doc:"Where people land after sign-out: a path or an absolute https URL. Default a page of Gatehouse's."`
	Store            string   `yaml:"store" default:"cookie" enum:"cookie,redis" doc:"Where sessions live: cookie (sealed, in the browser) or redis (for several replicas, see sessions.md)."`
	Redis            Redis    `yaml:"redis" doc:"The Redis or Valkey servers, 6 or newer, of store: redis."`
	RememberMax      Size     `yaml:"remember_max" default:"64MiB" doc:"Memory for opened sessions; 0 opens the cookie on every request."`
}

// Cookie is the `session.cookie` block.
type Cookie struct {
	Name string `yaml:"name" default:"gatehouse" doc:"Name of the session cookie; __Host- is put before it on https."`
}

// KeyBytes returns the keys, 32 bytes each: the first seals, all open.
func (s Session) KeyBytes() [][]byte {
	var keys [][]byte
	for _, key := range s.Keys {
		if data, ok := keyBytes(key.Reveal()); ok {
			keys = append(keys, data)
		}
	}
	return keys
}

// keyBytes decodes 64 hex digits or base64 of 32 bytes. Hex is decided first:
// 64 hex digits are valid base64 too, of other bytes.
func keyBytes(text string) ([]byte, bool) {
	if len(text) == 64 {
		data, err := hex.DecodeString(text)
		return data, err == nil
	}
	text = strings.TrimSuffix(text, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		// The length keeps line breaks out, which base64 would skip.
		if data, err := encoding.Strict().DecodeString(text); err == nil && len(data) == 32 && len(text) == 43 {
			return data, true
		}
	}
	return nil, false
}
