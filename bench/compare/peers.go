package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// Names of the gateways beside Gatehouse, as tables show them.
const (
	oauth2Proxy = "oauth2-proxy"
	openidc     = "mod_auth_openidc"
	vouch       = "nginx + vouch"
	asksUs      = "nginx + Gatehouse"
)

// signedInAt is proxy for a gateway: it signs in.
func (b *bed) signedInAt(place, name, url string, argv ...string) (*subject, error) {
	if s := b.subjects[place]; s != nil {
		return s, nil
	}
	s, err := b.proxy(place, name, url, argv...)
	if err != nil {
		return nil, err
	}
	return s, s.signIn()
}

// oauth2Proxied is oauth2-proxy with its cookie store, without its log of
// requests and with that of sign-ins, which Gatehouse keeps, too; nil unless
// OAUTH2_PROXY names it.
func (b *bed) oauth2Proxied() (*subject, error) {
	if b.settings.oauth2Proxy == "" {
		return nil, nil
	}
	upstream, err := b.upstream()
	if err != nil {
		return nil, err
	}
	url := "http://" + b.address("oauth2-proxy")
	argv, err := b.oauth2Command(b.address("oauth2-proxy"), upstream)
	if err != nil {
		return nil, err
	}
	return b.signedInAt("oauth2-proxy", oauth2Proxy, url, argv...)
}

func (b *bed) oauth2Command(address, upstream string) ([]string, error) {
	issuer, err := b.idp()
	return []string{
		b.settings.oauth2Proxy, "--http-address=" + address, "--upstream=http://" + upstream, "--provider=oidc", "--oidc-issuer-url=" + issuer,
		"--client-id=bench", "--client-secret=bench-secret", "--redirect-url=http://" + address + "/oauth2/callback",
		"--code-challenge-method=S256", "--scope=openid email profile", "--email-domain=example.com",
		"--cookie-secret=" + b.key[:32], "--cookie-secure=false", "--skip-provider-button", "--request-logging=false",
	}, err
}

// nginxVouch is nginx that asks vouch about every request; nil unless VOUCH
// names that.
func (b *bed) nginxVouch() (*subject, error) {
	if b.settings.vouch == "" {
		return nil, nil
	}
	if s := b.subjects["nginx-vouch"]; s != nil {
		return s, nil
	}
	issuer, err := b.idp()
	if err != nil {
		return nil, err
	}
	address := b.address("vouch")
	_, port, _ := net.SplitHostPort(address)
	file, err := b.file("vouch.yml", fmt.Sprintf(`vouch:
  logLevel: error
  listen: 127.0.0.1
  port: %s
  allowAllUsers: true
  cookie: {secure: false, domain: 127.0.0.1}
  jwt: {secret: %s}
  session: {key: %s}
oauth:
  provider: oidc
  client_id: bench
  client_secret: bench-secret
  auth_url: %[4]s/authorize
  token_url: %[4]s/token
  user_info_url: %[4]s/userinfo
  scopes: [openid, email, profile]
  callback_url: http://%[5]s/auth
  code_challenge_method: S256
`, port, b.key, b.key, issuer, address))
	if err != nil {
		return nil, err
	}
	asked, err := b.run("vouch", b.proxyCPU, b.settings.vouch, "-config", file)
	if err != nil {
		return nil, err
	}
	return b.nginxAsking("nginx-vouch", vouch, asked)
}

// nginxAsking is the server of nginx that asks a gateway: both work.
func (b *bed) nginxAsking(place, name string, gateway *process) (*subject, error) {
	front, err := b.nginx()
	if err != nil {
		return nil, err
	}
	s := &subject{name: name, url: "http://" + b.address(place), works: []*process{front.works[0], gateway}}
	if err := s.signIn(); err != nil {
		return nil, err
	}
	b.subjects[place] = s
	return s, nil
}

// apache is Debian's with mod_auth_openidc and its own, shared memory.
func (b *bed) apache() (*subject, error) {
	upstream, err := b.upstream()
	if err != nil {
		return nil, err
	}
	issuer, err := b.idp()
	if err != nil {
		return nil, err
	}
	address := b.address("apache")
	var modules strings.Builder
	for _, name := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"} {
		fmt.Fprintf(&modules, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", name, name)
	}
	user := ""
	if os.Getuid() == 0 {
		user = "User www-data\nGroup www-data\n"
	}
	file, err := b.file("apache.conf", fmt.Sprintf(`ServerRoot %[1]s
DefaultRuntimeDir %[1]s
PidFile %[1]s/apache.pid
ServerName 127.0.0.1
Listen %[2]s
ErrorLog /dev/stderr
LogLevel crit
%[3]s%[4]sStartServers 1
ServerLimit 1
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 128
MinSpareThreads 1
MaxSpareThreads 128
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
OIDCProviderMetadataURL %[5]s/.well-known/openid-configuration
OIDCClientID bench
OIDCClientSecret bench-secret
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCRedirectURI http://%[2]s/oidc/callback
OIDCCryptoPassphrase %[6]s
OIDCRemoteUserClaim email
<Location />
	AuthType openid-connect
	Require valid-user
</Location>
ProxyPass /oidc/ !
ProxyPass / http://%[7]s/ keepalive=On
ProxyPreserveHost On
`, b.dir, address, modules.String(), user, issuer, b.key, upstream))
	if err != nil {
		return nil, err
	}
	return b.signedInAt("apache", openidc, "http://"+address, "apache2", "-D", "FOREGROUND", "-f", file)
}
