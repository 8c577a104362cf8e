package devidp

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Options says which provider to be.
type Options struct {
	// Issuer is the absolute URL that tokens name, without a trailing slash;
	// Issuer composes one of PingOne's shape. Its path is where the handler
	// answers.
	Issuer string
	// Clients are the applications that may ask for sign-ins.
	Clients []Client
	// Users are the people to choose from. Subjects and user names are unique.
	Users []User
	// Now is the clock of everything the provider issues or expires; nil is
	// time.Now.
	Now func() time.Time
	// Key signs tokens until the first RotateKeys; nil generates one.
	Key *rsa.PrivateKey
	// TokenLifetime is how long ID and access tokens are good for; 0 is an hour.
	TokenLifetime time.Duration
	// RefreshGrace is how long a spent refresh token may be used again, as
	// after a lost answer. At 0 reuse ends the whole family at once.
	RefreshGrace time.Duration
	// SingleSignOn signs in whoever has a session here without asking again, as
	// a company's provider does. Without it the picker comes up every time,
	// which suits a demonstration with several people.
	SingleSignOn bool
	// RequirePAR has the metadata demand pushed requests, and of every client.
	RequirePAR bool
	// HintSignsIn lets a login_hint that is a user's name stand for a choice on
	// the picker, so that each request may be somebody else.
	HintSignsIn bool
}

// Client is an application registered at the provider.
type Client struct {
	ID string
	// Secret is empty for a public client, which must then use PKCE.
	Secret string
	// Auth is the one way in which the client may authenticate:
	// client_secret_basic, client_secret_post, client_secret_jwt,
	// private_key_jwt or none. Empty means any of the first three with a
	// secret, the fourth with a key, and none without either.
	Auth string
	// Key is the public key of private_key_jwt, as go-jose takes one to verify.
	Key any
	// RequirePAR refuses requests that were not pushed (RFC 9126).
	RequirePAR bool
	// RedirectURIs and PostLogoutRedirectURIs are compared byte for byte.
	RedirectURIs, PostLogoutRedirectURIs []string
	// BackChannelLogoutURI is told of every session that ends here, by a
	// sign-off or by EndSessions; empty for nowhere.
	BackChannelLogoutURI string
	// RequirePKCE refuses authorization requests without an S256 challenge.
	RequirePKCE bool
	// OfflineAccess means that the offline_access scope was granted to the
	// application: a refresh token then comes only to those who ask for it.
	// Without the grant one always comes.
	OfflineAccess bool
	// NoRefresh switches refresh tokens off.
	NoRefresh bool
}

// User is somebody who can sign in.
type User struct {
	// Subject is the sub claim, at PingOne the user's UUID.
	Subject string
	// Username is the preferred_username claim and the name that AutoLogin
	// and the picker go by.
	Username              string
	GivenName, FamilyName string
	// Email may be empty: not everybody has one.
	Email string
	// Groups is sent as the groups claim, unless it is empty.
	Groups []string
	// Claims are further attribute mappings, present in ID tokens and userinfo.
	Claims map[string]any
	// Note is a sentence for the picker: what this person is good for.
	Note string
}

// Name is the display name, the name claim.
func (u User) Name() string { return strings.TrimSpace(u.GivenName + " " + u.FamilyName) }

// EnvironmentID is an environment id of PingOne's form, for those who need one
// and do not care which.
const EnvironmentID = "7c3e1b52-9d40-4f6a-8e27-51c0a9f4d6b3"

// organizationID and region fill the org and p1.region claims.
const (
	organizationID = "b1f05d34-60a8-4c1e-9f7d-2e84c7d0a916"
	region         = "EU"
)

// Issuer is the issuer of an environment at base, a scheme and host such as
// http://127.0.0.1:9000: <base>/<environment id>/as.
func Issuer(base, environmentID string) string {
	return strings.TrimSuffix(base, "/") + "/" + environmentID + "/as"
}

// environment is the environment id in an issuer of PingOne's shape.
func (o Options) environment() string {
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return id
}

func (o Options) check() error {
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil:
		return fmt.Errorf("issuer: %w", err)
	case u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, "/"):
		return fmt.Errorf("issuer %q: want scheme://host/path without a trailing slash", o.Issuer)
	}
	for _, c := range o.Clients {
		if err := c.check(); err != nil {
			return err
		}
	}
	subjects, names := map[string]bool{}, map[string]bool{}
	for _, u := range o.Users {
		if u.Subject == "" || u.Username == "" {
			return fmt.Errorf("user %q: a subject and a user name are needed", u.Name())
		}
		if subjects[u.Subject] || names[u.Username] {
			return fmt.Errorf("user %q: subject or user name is taken", u.Username)
		}
		subjects[u.Subject], names[u.Username] = true, true
	}
	return nil
}

func (c Client) check() error {
	if c.ID == "" {
		return errors.New("client without an id")
	}
	switch c.Auth {
	case "", "none":
	case "private_key_jwt":
		if c.Key == nil {
			return fmt.Errorf("client %q: %s needs a key", c.ID, c.Auth)
		}
	case "client_secret_basic", "client_secret_post", "client_secret_jwt":
		if c.Secret == "" {
			return fmt.Errorf("client %q: %s needs a secret", c.ID, c.Auth)
		}
	default:
		return fmt.Errorf("client %q: unknown authentication %q", c.ID, c.Auth)
	}
	return nil
}
