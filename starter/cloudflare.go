package starter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Cloudflare reads the JSON of Cloudflare Access's login methods, and of access
// policies or applications with policies: one object, a list, or the API's
// envelope {"result": …}. Notes say what could not be carried over.
func Cloudflare(data []byte) (*File, error) {
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("is no JSON: %w", err)
	}
	f := &File{}
	if err := f.take(document, 0); err != nil {
		return nil, err
	}
	if len(f.Providers) == 0 {
		return nil, errors.New(`holds no login method of type "ping" or "oidc"`)
	}
	slices.SortStableFunc(f.Rules, func(a, b Rule) int { return a.precedence - b.precedence })
	f.distinct()
	return f, nil
}

func (f *File) take(v any, depth int) error {
	if depth > 4 {
		return errors.New("is nested too deeply")
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := f.take(item, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		switch {
		case v["result"] != nil:
			return f.take(v["result"], depth+1)
		case v["decision"] != nil:
			f.guarded = true
			f.policy(v)
			return nil
		case v["policies"] != nil:
			if f.applications++; f.applications > 1 {
				return errors.New("holds policies of several applications, and one application's must not open another: give one at a time")
			}
			f.guarded = true
			return f.take(v["policies"], depth+1)
		case v["config"] != nil || v["type"] != nil:
			return f.method(v)
		}
	}
	return errors.New("has something that is neither a login method nor a policy")
}

func (f *File) note(format string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
}

// method takes one login method in.
func (f *File) method(v map[string]any) error {
	kind, name := text(v["type"]), strings.TrimSpace(comment(text(v["name"])))
	c, ok := v["config"].(map[string]any)
	if !ok {
		return fmt.Errorf("login method %q has no config", comment(name))
	}
	p := Provider{DisplayName: name, ClientID: text(c["client_id"]), Secret: text(c["client_secret"]), EmailClaim: text(c["email_claim_name"])}
	known := []string{"client_id", "client_secret", "email_claim_name", "claims", "pkce_enabled", "redirect_url"}
	switch kind {
	case "ping":
		p.Type, p.EnvironmentID = "pingone", text(c["ping_env_id"])
		p.Name = slug(name, "ping")
		known = append(known, "ping_env_id")
		if p.EnvironmentID == "" {
			return fmt.Errorf("login method %q has no ping_env_id", comment(name))
		}
	case "oidc":
		p.Type, p.Name = "oidc", slug(name, "oidc")
		p.Authorization, p.Token, p.JWKS = text(c["auth_url"]), text(c["token_url"]), text(c["certs_url"])
		known = append(known, "auth_url", "token_url", "certs_url", "scopes")
		for _, key := range []string{"auth_url", "token_url", "certs_url"} {
			if text(c[key]) == "" {
				return fmt.Errorf("login method %q has no %s", comment(name), key)
			}
		}
		p.Scopes = texts(c["scopes"])
		if len(p.Scopes) > 0 && !slices.Contains(p.Scopes, "openid") {
			p.Scopes = append([]string{"openid"}, p.Scopes...)
		}
	default:
		f.note("login method %q of type %q: only ping and oidc are", name, kind)
		return nil
	}
	if p.ClientID == "" {
		return fmt.Errorf("login method %q has no client_id", comment(name))
	}
	if strings.ContainsFunc(p.ClientID, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("login method %q: client_id holds a control character", name)
	}
	if on, said := c["pkce_enabled"].(bool); said && !on {
		f.note("login method %q has PKCE off; here it is required, which the provider may ignore but rarely refuses (pkce: off)", name)
	}
	if claims := texts(c["claims"]); len(claims) > 0 {
		f.note("login method %q asks for the claims %s: name them where they are used (headers, policies, claims)", name, strings.Join(claims, ", "))
	}
	f.unknown("config."+name, c, known)
	f.unknown("login method "+name, v, []string{"type", "name", "config", "id", "uid", "scim_config", "version"})
	f.Providers = append(f.Providers, p)
	return nil
}

func (f *File) unknown(of string, object map[string]any, known []string) {
	var names []string
	for name := range object {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		f.note("unknown field %q of %s", name, of)
	}
}

// distinct gives providers names of their own, and their secrets variables.
func (f *File) distinct() {
	taken := map[string]bool{}
	for i := range f.Providers {
		p := &f.Providers[i]
		for n, name := 2, p.Name; taken[p.Name]; n++ {
			p.Name = fmt.Sprintf("%s-%d", name, n)
		}
		taken[p.Name] = true
		p.SecretVariable = SecretVariable(p.Name)
	}
}

// SecretVariable is the environment variable that a provider's secret comes by.
func SecretVariable(provider string) string {
	name := strings.ToUpper(strings.ReplaceAll(provider, "-", "_")) + "_CLIENT_SECRET"
	if name[0] >= '0' && name[0] <= '9' {
		name = "IDP_" + name
	}
	return name
}

// IssuerOf guesses an issuer from an authorization endpoint. The operator is told
// to compare it.
func IssuerOf(authorization string) string {
	u, err := url.Parse(authorization)
	if err != nil || u.Host == "" {
		return ""
	}
	path := u.Path
	for _, end := range []string{"/o/oauth2/v2/auth", "/protocol/openid-connect/auth", "/oauth2/v2.0/authorize", "/v1/authorize", "/oauth2/authorize", "/authorize", "/auth", "/authorization"} {
		if rest, ok := strings.CutSuffix(path, end); ok {
			path = rest
			break
		}
	}
	if strings.HasSuffix(u.Path, "/oauth2/v2.0/authorize") {
		path += "/v2.0"
	}
	return u.Scheme + "://" + u.Host + strings.TrimSuffix(path, "/")
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func texts(v any) []string {
	var list []string
	items, _ := v.([]any)
	for _, item := range items {
		if s := text(item); s != "" {
			list = append(list, s)
		}
	}
	return list
}
