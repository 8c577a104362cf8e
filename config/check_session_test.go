package config

import "testing"

// aroundSession puts text on line 5 of a file that is otherwise in order.
func aroundSession(text string) string { return app + text + "\n" }

func TestSessionMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, aroundSession, []promise{
		{`session: {}`,
			`5:10: session.keys: holds no key; run gatehouse keygen and give the key as "${GATEHOUSE_KEY}"`},
		{`session: {keys: []}`,
			`5:17: session.keys: holds no key; run gatehouse keygen and give the key as "${GATEHOUSE_KEY}"`},
		{`session: {keys: ""}`,
			`5:17: session.keys: is empty`},
		{`session: {keys: [0000000000000000000000000000000000000000000000000000000000000000]}`,
			`5:18: session.keys[0]: is one byte repeated, which anybody can guess; gatehouse keygen prints a random one`},
		{`session: {keys: [AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]}`,
			`5:18: session.keys[0]: is one byte repeated, which anybody can guess; gatehouse keygen prints a random one`},
		{`session: {keys: [8f3c0a6e5d1b49728e6f0c3a9b7d5e1f2a4c6b8d0e1f3a5c7b9d2e4f6a8c0b1]}`,
			`5:18: session.keys[0]: must be exactly 64 hex digits, or base64 of exactly 32 bytes; gatehouse keygen prints one`},
		{`session: {keys: [8f3c0a6e5d1b49728e6f0c3a9b7d5e1f2a4c6b8d0e1f3a5c7b9d2e4f6a8c0b1g]}`,
			`5:18: session.keys[0]: must be exactly 64 hex digits, or base64 of exactly 32 bytes; gatehouse keygen prints one`},
		{`session: {keys: "${GATEHOUSE_KEY}", absolute: 0s}`,
			`5:47: session.absolute: must be more than 0: a session that never ends cannot be taken back`},
		{`session: {keys: "${GATEHOUSE_KEY}", idle: -1s}`,
			`5:43: session.idle: must not be negative`},
		{`session: {keys: "${GATEHOUSE_KEY}", idle: 1d}`,
			`5:43: session.idle: "1d" is not a duration; write it like 500ms, 30s, 5m or 1h30m`},
		{`session: {keys: "${GATEHOUSE_KEY}", cookie: {name: "a b"}}`,
			`5:52: session.cookie.name: "a b" is not a cookie name of up to 64 letters, digits, - and _`},
		{`session: {keys: "${GATEHOUSE_KEY}", cookie: {name: __host-x}}`,
			`5:52: session.cookie.name: must not have a prefix; __Host- is put before it on https`},
		{`session: {keys: "${GATEHOUSE_KEY}", after_sign_out: //evil.example}`,
			`5:53: session.after_sign_out: is read as another host by browsers; write one / or a whole https:// address`},
		{`session: {keys: "${GATEHOUSE_KEY}", after_sign_out: '/\evil.example'}`,
			`5:53: session.after_sign_out: is read as another host by browsers; write one / or a whole https:// address`},
		{`session: {keys: "${GATEHOUSE_KEY}", after_sign_out: http://www.example.com}`,
			`5:53: session.after_sign_out: must be a path or an https address without user name and password`},
		{`session: {keys: "${GATEHOUSE_KEY}", after_sign_out: "javascript:alert(1)"}`,
			`5:53: session.after_sign_out: must be a path or an https address without user name and password`},
		{`session: {keys: "${GATEHOUSE_KEY}", store: memory}`,
			`5:44: session.store: unknown store "memory"; it can be cookie, redis`},
		{`session: {keys: "${GATEHOUSE_KEY}", recheck: 5s}`,
			`5:46: session.recheck: must be 0, or at least 10s: it is a call to the provider for every session`},
		{`session: {keys: "${GATEHOUSE_KEY}", on_refresh_failure: drop}`,
			`5:57: session.on_refresh_failure: unknown on_refresh_failure "drop"; it can be keep, reauth`},
		{`session: {keys: "${GATEHOUSE_KEY}", remember_max: 64MB}`,
			`5:51: session.remember_max: "64MB" is not a size; write bytes, or a whole number of KiB, MiB, GiB or TiB`},
	})
	accepts(t, aroundSession,
		`session: {keys: [jzwKbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx0=, jzwKbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx0], idle: 0, after_sign_out: /bye, remember_max: 0}`,
	)
}
