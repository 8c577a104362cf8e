package config

import "reflect"

// chapter is one block of the reference.
type chapter struct {
	level, title, intro string
	block               reflect.Type
	after, example      string
}

const referenceIntro = `# Configuration

<!-- Made from the structs of package config: go test ./config -update -->

Gatehouse reads one YAML file. The smallest useful one:

` + "```yaml" + `
session:
  keys: ["${GATEHOUSE_KEY}"]
providers:
  - name: ping
    type: pingone
    environment_id: 3f2504e0-4f89-41d3-9a0c-0305e82c3301
    region: eu
    client_id: "${PING_CLIENT_ID}"
    client_secret: "${PING_CLIENT_SECRET}"
routes:
  - from: https://wiki.example.com
    to: http://10.0.0.5:8080
    policy:
      - allow: {email_domain: example.com}
` + "```" + `

` + "`gatehouse check --config gatehouse.yaml`" + ` holds a file to everything said here and reports every
mistake at once:

` + "```" + `
gatehouse.yaml:14:9: routes[2].to: unknown scheme "htp"; did you mean "http"?
` + "```" + `

` + "`gatehouse schema`" + ` prints the JSON Schema of the file for editors.

## Rules for the whole file

- **Strict.** Unknown and duplicate keys, wrong types and references to nothing are errors. A key without a value is an
  error too, so that nothing is switched off by accident; only a block (` + "`server:`" + `) may be empty, and a header may be null.
- **Expansion.** In every value, but not in keys: ` + "`${NAME}`" + ` is an environment variable, ` + "`${NAME:-default}`" + ` has a default for one that
  is not set or empty (up to the first ` + "`}`" + `), ` + "`${file:/run/secrets/x}`" + ` is the content of a file without its final line break, and
  ` + "`$${`" + ` is a literal ` + "`${`" + `. Expanded once: what comes out is not looked at again. Typed afterwards: ` + "`max_body: ${LIMIT}`" + ` works. An
  undefined or empty variable and an unreadable file are errors.
- **Quotes.** Inside ` + "`{…}` and `[…]`" + ` YAML needs quotes around an expansion: ` + "`{value: \"${KEY}\"}`" + `.
- **Lists of one.** Wherever a list is expected, one value is accepted as a list of one.
- **Secrets** are never printed; they show as ` + "`[redacted]`" + `. Messages about a value that came out of an expansion name the
  expansion, not the value.
- **Danger is spelled out.** Everything that weakens security has a key that begins with ` + "`insecure_`" + ` and is named at start-up.
- Anchors, aliases and merge keys (` + "`<<`" + `) work; a second document (` + "`---`" + `) is refused.

| type | written |
|---|---|
| text | as it is; quotes are needed where YAML would read something else |
| word | one of the words listed with it |
| duration | ` + "`500ms`, `30s`, `5m`, `1h30m`" + ` |
| moment | ` + "`2027-06-01T00:00:00Z`" + `, or the day alone |
| size | bytes, or a whole number of ` + "`KiB`, `MiB`, `GiB`, `TiB`" + ` |
| number | digits; a share is between 0 and 1, like ` + "`0.01`" + ` |
| secret | text that is never printed |
| URL | absolute, with its scheme |
| CIDR | ` + "`10.0.0.0/8`" + `, ` + "`2001:db8::/32`" + `, or one address; ` + "`::ffff:10.0.0.1`" + ` means ` + "`10.0.0.1`" + ` |
| scalar | text, number, true or false, as YAML tells them apart |
| expression | [RE2](https://github.com/google/re2/wiki/Syntax) over the whole text |

## The file
` + referenceTop

const referenceTop = `
One block for each subject:
[server](#server), [session](#session), [providers](#providers), [routes](#routes), [policies](#rules), [headers](#headers), [service_tokens](#service_tokens), [bearer](#bearer), [assertion](#assertion), [log](#log), [pages](#pages).
`

var referenceChapters = []chapter{
	{level: "##", title: "server", block: reflect.TypeFor[Server](),
		intro: "Listeners, and whom to believe about the outside. A plaintext listener behind a TLS terminator is the default; the public addresses of the routes are https all the same.",
		example: `server:
  listen: ":8443"
  tls: {cert: /etc/tls/tls.crt, key: /etc/tls/tls.key}
  redirect_listen: ":80"
  probe_listen: ":9181"
`},
	{level: "###", title: "server.tls", block: reflect.TypeFor[TLSPair](),
		intro: "One pair or a list of them. A changed file is loaded without a restart; see [operations](operations.md#tls)."},
	{level: "###", title: "server.acme", block: reflect.TypeFor[ACME](),
		intro: "Certificates from Let's Encrypt or another authority that speaks ACME; see [operations](operations.md#certificates-from-an-authority). To set it is to agree to the authority's terms.",
		example: `server:
  listen: ":443"
  redirect_listen: ":80"
  acme: {email: ops@example.com, cache: /var/lib/gatehouse/acme}
`},
	{level: "###", title: "server.admin", block: reflect.TypeFor[Admin](),
		intro: "Health, metrics and state for operators, never on the public listener.",
		example: `server:
  admin: {listen: "0.0.0.0:9180", token: "${ADMIN_TOKEN}", hosts: [gatehouse.internal]}
`},
	{level: "##", title: "session", block: reflect.TypeFor[Session](),
		intro: "How long people stay signed in, and the keys that seal it.",
		after: "`gatehouse keygen` prints a key. To rotate, put the new one first and keep the old one until `absolute` has passed:",
		example: `session:
  keys: ["${GATEHOUSE_KEY}", "${GATEHOUSE_OLD_KEY}"]
  idle: 30m
  absolute: 8h
`},
	{level: "###", title: "session.cookie", block: reflect.TypeFor[Cookie](),
		intro: "The session cookie."},
	{level: "###", title: "session.redis", block: reflect.TypeFor[Redis](),
		intro: "The Redis or Valkey servers of `store: redis`, version 6 or newer. [sessions.md](sessions.md) tells how to set them up."},
	{level: "###", title: "session.redis.tls", block: reflect.TypeFor[RedisTLS](),
		intro: "TLS towards `rediss://` servers."},
	{level: "##", title: "providers", block: reflect.TypeFor[Provider](),
		intro: "A list; its order is that of the sign-in page. Register `https://<host><auth_path>/callback/<name>` as redirect URI at the provider; `gatehouse check` prints it.",
		after: "`authorization_params` cannot hold what Gatehouse sets itself: state, nonce, redirect_uri, client_id, response_type, response_mode, scope, request, request_uri, code_challenge and its like.",
		example: `providers:
  - name: ping
    type: pingone
    environment_id: 3f2504e0-4f89-41d3-9a0c-0305e82c3301
    region: eu
    client_id: "${PING_CLIENT_ID}"
    client_secret: "${PING_CLIENT_SECRET}"
  - name: partners
    display_name: Partner account
    type: oidc
    issuer: https://idp.partner.example
    client_id: gatehouse
    client_secret: "${file:/run/secrets/partners}"
    email_domains: [partner.example]
`},
	{level: "###", title: "providers.endpoints", block: reflect.TypeFor[Endpoints](),
		intro: "Each is a URL that overrides discovery."},
	{level: "###", title: "providers.claims", block: reflect.TypeFor[ClaimMap](),
		intro: "Each is a claim path or a list of them. A claim whose whole name is the path wins over steps into objects, so `p1.region` and `realm_access.roles` both work.",
		example: `providers:
  - name: corp
    type: oidc
    issuer: https://idp.example.com
    client_id: gatehouse
    client_secret: "${CORP_SECRET}"
    claims: {email: [mail, email], groups: realm_access.roles}
`},
	{level: "##", title: "routes", block: reflect.TypeFor[Route](),
		intro: "`from` states the public origin. Requests are matched by host and port, then by the longest path at segment bounds.",
		after: "The upstreams of one route are of one kind, and have no path of their own; `add_prefix` puts one before every request. A route without `to` is for [forward auth](forward-auth.md).",
		example: `routes:
  - name: wiki
    from: https://wiki.example.com/docs
    to: [http://10.0.0.5:8080, http://10.0.0.6:8080]
    policy: staff
    headers:
      X-Employee-Id: {claim: employee.id}
  - from: https://wiki.example.com/assets
    to: unix:///run/assets.sock
    policy: public
policies:
  staff: {allow: {email_domain: example.com}}
`},
	{level: "###", title: "routes.step_up", block: reflect.TypeFor[StepUp](),
		intro: "At least one of the two. What comes of it: [stronger or more recent sign-ins](policies.md#stronger-or-more-recent-sign-ins).",
		example: `routes:
  - from: https://payroll.example.com
    to: http://10.0.0.7:8080
    policy: {allow: {group: finance}}
    step_up: {acr_values: Multi_Factor, max_age: 15m}
`},
	{level: "###", title: "routes.timeout", block: reflect.TypeFor[Timeout](),
		intro: "0 means the default."},
	{level: "###", title: "routes.portal", block: reflect.TypeFor[Portal](),
		intro: "The page lists what a person may open, as the policies decide.",
		example: `routes:
  - from: https://wiki.example.com
    to: http://10.0.0.5:8080
    policy: public
    portal: {title: The wiki}
`},
	{level: "###", title: "routes.health", block: reflect.TypeFor[Health](),
		intro: "Each upstream is asked by itself; requests go to those that are well.",
		example: `routes:
  - from: https://wiki.example.com
    to: [http://10.0.0.5:8080, http://10.0.0.6:8080]
    policy: {allow: everyone}
    health: {path: /healthz, interval: 5s}
`},
	{level: "###", title: "routes.upstream_tls", block: reflect.TypeFor[UpstreamTLS](),
		intro: "For https upstreams alone."},
	{level: "##", title: "rules", block: reflect.TypeFor[Rule](),
		intro: "`policies` maps names to lists of rules; a route's `policy` is such a name, a list of rules of its own, or `public`, which is one bypass rule for everyone. Rules are read from top to bottom: the first true one decides, and nothing true means deny.",
		after: "`allow: X` is short for `{action: allow, include: [X]}`; so are `deny: X` and `bypass: X`. A bypass rule cannot look at who somebody is.",
		example: `policies:
  staff:
    - name: not from outside
      action: deny
      include: [{not_ip: [10.0.0.0/8]}]
    - name: engineers
      action: allow
      include: [{group: engineering}, {email: cto@example.com}]
      require: [{claim: {path: amr, has: mfa}}]
      exclude: [{email: intern@example.com}]
    - bypass: {path: /healthz}
`},
	{level: "###", title: "selectors", block: reflect.TypeFor[Selector](),
		intro: "A selector is a mapping with exactly one of these keys, or the bare word `everyone`. Its list means any of them."},
	{level: "###", title: "claim", block: reflect.TypeFor[ClaimTest](),
		intro: "`path` and exactly one of the others.",
		example: `policies:
  research:
    - allow: {claim: {path: department, in: [research, development]}}
`},
	{level: "##", title: "headers", block: reflect.TypeFor[HeaderValue](),
		intro: "A map from header names to one of `{claim: …}`, `{value: …}` or null, which removes a default header. At the top level it holds for all routes, and a route's own comes over it.",
		after: "Headers that steer the connection or the message, cookies, `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, `Forwarded` and `X-Request-Id` cannot be set.",
		example: `headers:
  X-Teams: {claim: groups, join: ";"}
  X-Api-Key: {value: "${BACKEND_KEY}"}
  X-Forwarded-Groups: null
`},
	{level: "##", title: "service_tokens", block: reflect.TypeFor[ServiceToken](),
		intro: "Programs that call with a token which Gatehouse knows by its hash. `gatehouse keygen service-token NAME` prints both. [machines.md](machines.md) tells more.",
		example: `service_tokens:
  - {name: ci, secret_sha256: 2ca9d1d3f64d8e5e5b5c4a7c1e9f3b0d8a6f4e2c0b9d7f5a3e1c8b6d4f2a0e9c, expires: 2099-06-01}
`},
	{level: "##", title: "bearer", block: reflect.TypeFor[Bearer](),
		intro: "Whose access tokens programs may bring, on routes that name them. The keys of `claims` are those of [providers.claims](#providersclaims).",
		example: `bearer:
  - {name: backend, issuer: https://idp.example.com, audiences: api}
  - {name: people, issuer: https://login.example.com, audiences: [wiki-cli], as: user}
routes:
  - from: https://api.example.com
    to: http://10.0.0.5:8080
    bearer: [backend, people]
    policy: {allow: everyone}
`},
	{level: "##", title: "assertion", block: reflect.TypeFor[Assertion](),
		intro: "Besides the headers, an upstream gets a signed token (a JWT) that says who is calling, and can verify it. It is on without being asked for. [assertion.md](assertion.md) shows how to verify it.",
		after: "To change a key, put the new one behind the old one, reload, and some minutes later move it to the front; drop the old one when its last token has expired.",
		example: `assertion:
  issuer: https://auth.example.com
  keys: ["${file:/etc/gatehouse/assertion.pem}", "${file:/etc/gatehouse/assertion-old.pem}"]
  lifetime: 2m
  claims: [email, groups, department]
`},
	{level: "###", title: "routes.assertion", block: reflect.TypeFor[RouteAssertion](),
		intro: "A block over the top-level one, or `false` to send no token.",
		example: `routes:
  - from: https://wiki.example.com
    to: http://10.0.0.5:8080
    policy: {allow: everyone}
    assertion: {audience: wiki, lifetime: 1m, claims: email}
  - from: https://legacy.example.com
    to: http://10.0.0.6:8080
    policy: {allow: everyone}
    assertion: false
`},
	{level: "##", title: "log", block: reflect.TypeFor[Log](),
		intro: "What is logged, and how.",
		example: `log: {level: info, format: json}
`},
	{level: "##", title: "pages", block: reflect.TypeFor[Pages](),
		intro: "Whose house it looks like: the pages that Gatehouse shows in its own name.",
		after: "[pages.md](pages.md) tells what the style sheet can change and what each template is given. The files are read at start; a template that cannot show every page is a problem of the file, with its line.",
		example: `pages:
  title: Northwind
  logo: /etc/gatehouse/northwind.svg
  templates: /etc/gatehouse/pages
  support: help@northwind.example
`},
	{level: "##", title: "tests", block: reflect.TypeFor[Test](),
		intro: "Requests and what is to become of them. `gatehouse test` runs them with the policies and headers that `serve` uses; [policies.md](policies.md) shows how.",
		example: `tests:
  - {name: strangers sign in, url: https://app.example.com/, expect: sign_in}
  - name: staff may read
    url: https://app.example.com/
    ip: 10.1.2.3
    user: {sub: a, email: a@example.com, email_verified: true, groups: [engineering], claims: {department: rd}}
    expect: allow
    headers: {X-Forwarded-Email: a@example.com}
`},
	{level: "###", title: "tests.user", block: reflect.TypeFor[TestUser](),
		intro: "Who is signed in: what the provider's claims are mapped to."},
}
