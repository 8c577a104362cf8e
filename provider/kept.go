package provider

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// fingerprint condenses what decides which claims a session keeps, and how
// they were read, into 12 characters. It is no secret and no signature: it
// only tells two configurations apart. The issuer is not part of it: Issues
// tells whether a session's still counts, also while two do.
func fingerprint(o Options) string {
	data, err := json.Marshal(struct {
		ClientID, Type       string
		Claims               ClaimMap
		Keep                 []string // sorted by withDefaults, as are the domains
		Userinfo             string
		EmailDomains         []string
		RequireEmailVerified string
		OnlyProvider         bool
	}{o.ClientID, o.Type, o.Claims, o.Keep, o.Userinfo, o.EmailDomains, o.RequireEmailVerified, o.OnlyProvider})
	if err != nil {
		panic(err) // strings, lists and booleans always marshal
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
