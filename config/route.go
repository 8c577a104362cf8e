package config

// Route is one item of `routes`.
type Route struct {
	Name             string         `yaml:"name" doc:"Name in logs and metrics. Default from."`
	From             *URL           `yaml:"from" doc:"Required. The public address: scheme, host, port and path prefix at segment bounds. With server.auth_url the host may begin with *. for one label."`
	To               []*URL         `yaml:"to" doc:"Upstreams: http, https, h2c, or unix:///path; several take turns. A route without one is for forward auth only."`
	Policy           RoutePolicy    `yaml:"policy" doc:"Required. Who may pass: a name from policies, a list of rules, or public."`
	Providers        []string       `yaml:"providers" doc:"Providers whose sessions count here. Default all."`
	Bearer           []string       `yaml:"bearer" doc:"Items of bearer whose tokens count here. A Bearer token then decides alone and is not passed on; elsewhere Authorization passes untouched."`
	Headers          Headers        `yaml:"headers" doc:"Headers for the upstream, besides or instead of the default ones; null removes."`
	Assertion        RouteAssertion `yaml:"assertion" doc:"Over the top-level assertion; false sends none."`
	Unauthenticated  string         `yaml:"unauthenticated" default:"auto" enum:"auto,redirect,deny" doc:"What callers without a session get. auto: browsers are sent to sign in, everything else gets 401."`
	StripPrefix      bool           `yaml:"strip_prefix" doc:"Drops from's path before forwarding."`
	AddPrefix        string         `yaml:"add_prefix" placeholder:"/placeholder" doc:"A path put before the forwarded one."`
	PreserveHost     bool           `yaml:"preserve_host" default:"true" doc:"Forwards the public Host; false sends the upstream's own."`
	PermitInPath     []string       `yaml:"permit_in_path" enum:"encoded_slash,double_slash,semicolon" doc:"Ambiguous path forms that this upstream needs and reads as Gatehouse does."`
	WebsocketOrigins []string       `yaml:"websocket_origins" placeholder:"https://placeholder.invalid" doc:"Origins besides the route's own that may open WebSockets."`
	Timeout          Timeout        `yaml:"timeout" shape:"{dial: 5s, response_header: 60s}" doc:"How long the upstream may take."`
	Balance          string         `yaml:"balance" default:"round_robin" enum:"round_robin,least_requests,random" doc:"Which of several upstreams a request goes to: in turn, the one with the fewest requests under way, or the better of two taken by chance."`
	Health           Health         `yaml:"health" shape:"{path: /healthz, interval: 10s}" doc:"Asks each upstream whether it is well."`
	UpstreamTLS      UpstreamTLS    `yaml:"upstream_tls" doc:"TLS towards an https upstream."`
	MaxBody          Size           `yaml:"max_body" default:"0" doc:"Largest request body; 0 means no limit."`
	InsecureHTTP     bool           `yaml:"insecure_http" doc:"Needed for an http:// from on a host that is not loopback: cookies then cross the network in clear."`

	CORSPreflight string `yaml:"cors_preflight" default:"deny" enum:"deny,forward" doc:"Whether a browser's question before a request from another origin passes without a sign-in: OPTIONS with Origin and Access-Control-Request-Method, without body, cookies and Authorization. The application answers it, and is told of nobody."`
	Portal        Portal `yaml:"portal" shape:"{title: Wiki}" doc:"How the route looks among the apps on the page under auth_path."`

	StepUp StepUp `yaml:"step_up" shape:"{acr_values: mfa, max_age: 15m}" doc:"Asks people for a stronger or more recent sign-in than the session's, where the policy allows them. A person by a bearer token is held to its acr and auth_time; machines and bypass are not asked."`
}

// StepUp is the `step_up` block of a route.
type StepUp struct {
	ACRValues []string `yaml:"acr_values" doc:"Sign-ins of which one is needed, as the provider's acr names them. They are asked for, and the ID token must hold one."`
	MaxAge    Duration `yaml:"max_age" doc:"How long ago the sign-in may be, in whole seconds; with acr_values, the one that reached it. Default any time."`
}

// Portal is the `portal` block of a route.
type Portal struct {
	Title  string `yaml:"title" doc:"What the app is called there, at most 80 characters. Default name."`
	Icon   string `yaml:"icon" doc:"Its picture: an SVG, PNG, JPEG, GIF or WebP file of at most 32 KiB, or a data:image/ URL. It is embedded in the page."`
	Hidden bool   `yaml:"hidden" doc:"Leaves it out there. That keeps nobody from opening it."`
}

// Timeout is the `timeout` block of a route.
type Timeout struct {
	Dial           Duration `yaml:"dial" default:"5s" doc:"Connecting, TLS included."`
	ResponseHeader Duration `yaml:"response_header" default:"60s" doc:"From the sent request to the answer's head; 504 after it."`
	Idle           Duration `yaml:"idle" default:"90s" doc:"How long an unused connection is kept."`
}

// Health is the `health` block of a route.
type Health struct {
	Path           string   `yaml:"path" placeholder:"/placeholder" doc:"Required in this block. Path that is asked with GET; an answer below 400 is well."`
	Interval       Duration `yaml:"interval" default:"10s" doc:"Time between two questions."`
	Timeout        Duration `yaml:"timeout" default:"2s" doc:"How long an answer may take."`
	UnhealthyAfter Count    `yaml:"unhealthy_after" default:"3" doc:"Failures in a row that put an upstream aside: of questions, or, also without path, of requests that got no answer."`
	HealthyAfter   Count    `yaml:"healthy_after" default:"2" doc:"Good answers in a row that take it back."`
}

// UpstreamTLS is the `upstream_tls` block of a route.
type UpstreamTLS struct {
	CA                 string `yaml:"ca" doc:"PEM file with the roots that the upstream's certificate must chain to, instead of the system's."`
	Cert               string `yaml:"cert" doc:"PEM file with our client certificate."`
	Key                string `yaml:"key" doc:"PEM file with its private key."`
	ServerName         string `yaml:"server_name" placeholder:"placeholder.invalid" doc:"Name to verify and to send as SNI. Default the upstream's host."`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify" doc:"Accepts any certificate. Whoever is between can read and answer everything."`
}
