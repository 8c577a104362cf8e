package config

// Config is the whole file. Struct tags drive everything that must not drift
// apart: `yaml` is the key, `default` the value of an absent key in the file's
// own notation, `doc` the reference's and the schema's sentence, `enum` the
// allowed words, and `placeholder` a value of the right shape for a secret that
// is not at hand.
type Config struct {
	Server        Server            `yaml:"server" doc:"Listeners, and whom to believe about the outside."`
	Session       Session           `yaml:"session" doc:"How long people stay signed in, and the keys that seal it."`
	Providers     []Provider        `yaml:"providers" doc:"Who vouches for people, in the order of the sign-in page."`
	Routes        []Route           `yaml:"routes" doc:"Public addresses, where they lead, and who may pass."`
	Policies      map[string][]Rule `yaml:"policies" doc:"Named lists of rules that routes refer to."`
	Headers       Headers           `yaml:"headers" doc:"Headers for the upstreams of all routes, besides or instead of the default ones."`
	ServiceTokens []ServiceToken    `yaml:"service_tokens" doc:"Programs that call with a token of ours."`
	Bearer        []Bearer          `yaml:"bearer" doc:"Programs that call with an access token of a provider."`
	Assertion     Assertion         `yaml:"assertion" doc:"The signed token by which upstreams know who is calling."`
	Compat        []string          `yaml:"compat" enum:"cloudflare" doc:"Other products' conventions to keep besides: cloudflare is Cloudflare Access's headers, cookie, addresses and tokens."`
	Log           Log               `yaml:"log" shape:"{level: info}" doc:"What is logged, and how."`
	Telemetry     Telemetry         `yaml:"telemetry" doc:"Where traces go."`
	Pages         Pages             `yaml:"pages" doc:"Whose name, picture and templates the pages show."`

	Tests []Test `yaml:"tests" doc:"Requests and what is to become of them, for gatehouse test."`

	report       *report // where every value stands
	files        []string
	text         []byte // the file
	warnings     []string
	placeholders bool
}

// Log is the `log` block.
type Log struct {
	Level  string `yaml:"level" default:"info" enum:"debug,info,warn,error" doc:"Least severe level that is written."`
	Format string `yaml:"format" default:"auto" enum:"auto,json,text" doc:"auto: text on a terminal, JSON elsewhere."`
	Access bool   `yaml:"access" default:"true" doc:"One line a request."`
}
