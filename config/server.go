package config

// Server is the `server` block.
type Server struct {
	Listen          string    `yaml:"listen" default:":8080" doc:"Address of the public listener: host:port, or unix:/path."`
	TLS             []TLSPair `yaml:"tls" doc:"Certificates; several are chosen by SNI. Without them the listener is plaintext, for use behind a TLS terminator."`
	ACME            ACME      `yaml:"acme" doc:"Instead of tls: obtains certificates by itself, for the hosts of all https routes."`
	RedirectListen  string    `yaml:"redirect_listen" placeholder:"127.0.0.1:0" doc:"Address of a second, plaintext listener that sends http to https, for example :80."`
	TrustedProxies  []Trusted `yaml:"trusted_proxies" doc:"CIDRs, addresses or \"unix\": the peers whose trusted_headers are believed. Default nobody."`
	TrustedHeaders  []string  `yaml:"trusted_headers" default:"[X-Forwarded-For, X-Forwarded-Proto]" enum:"X-Forwarded-For,X-Forwarded-Proto,X-Forwarded-Host,Forwarded,X-Real-Ip" doc:"What is believed from trusted_proxies. Two headers for one fact are an error. X-Forwarded-For and Forwarded are read from the right, past trusted addresses."`
	AuthPath        string    `yaml:"auth_path" default:"/.auth" doc:"Where Gatehouse's own addresses live on every host."`
	ProbeListen     string    `yaml:"probe_listen" placeholder:"127.0.0.1:0" doc:"Address of a listener with /healthz, /readyz and /metrics and nothing else, for kubelet and Prometheus."`
	Admin           Admin     `yaml:"admin" shape:"{listen: 127.0.0.1:9180}" doc:"The operators' listener."`
	DrainDelay      Duration  `yaml:"drain_delay" default:"0s" doc:"How long after SIGTERM requests are still taken while /readyz says 503, so that load balancers look elsewhere first."`
	ShutdownTimeout Duration  `yaml:"shutdown_timeout" default:"30s" doc:"How long running requests may take to finish once the listeners are closed, after SIGTERM and drain_delay."`
	MaxHeaderBytes  Size      `yaml:"max_header_bytes" default:"64KiB" doc:"Largest request head that is read; a larger one gets 431."`

	AuthURL *URL `yaml:"auth_url" doc:"One origin, like https://auth.example.com, where all sign-ins are: with one redirect URI for each provider, whatever the hosts of the routes are. A session signs in on every host; needs store: redis when there is more than one. Default: people sign in on the host they are on."`
}

// TLSPair is a certificate chain and its key, both PEM files.
type TLSPair struct {
	Cert string `yaml:"cert" doc:"Required. PEM file with the certificate and its chain."`
	Key  string `yaml:"key" doc:"Required. PEM file with the private key."`
}

// Admin is the `server.admin` block.
type Admin struct {
	Listen string   `yaml:"listen" default:"127.0.0.1:9180" doc:"Address of the operators' listener; also unix:/path. \"\" switches it off."`
	Token  Secret   `yaml:"token" doc:"What callers must present as Authorization: Bearer, or once in the page's form. /healthz, /readyz and /metrics need none. Required when the listener is not loopback."`
	Write  bool     `yaml:"write" doc:"Allows changes through the listener: reload, revocation. They are refused to pages of other origins."`
	Hosts  []string `yaml:"hosts" placeholder:"placeholder.invalid" doc:"Host names besides loopback under which the listener answers."`
}
