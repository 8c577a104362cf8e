package config

import "testing"

func TestHeaderMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, around, []promise{
		{`headers: {Connection: {value: x}}`,
			`9:23: headers.Connection: steers the connection or the message and cannot be set`},
		{`headers: {content_length: {value: x}}`,
			`9:27: headers.content_length: steers the connection or the message and cannot be set`},
		{`headers: {Set-Cookie: {value: x}}`,
			`9:23: headers.Set-Cookie: cookies cannot be set here`},
		{`headers: {Sec-WebSocket-Key: {value: x}}`,
			`9:30: headers.Sec-WebSocket-Key: steers the connection or the message and cannot be set`},
		{`headers: {X-Forwarded-For: null}`,
			`9:28: headers.X-Forwarded-For: is always Gatehouse's own and can be neither set nor removed`},
		{`headers: {"X Y": {value: x}}`,
			`9:18: headers["X Y"]: "X Y" is not a header name`},
		{`headers: {X-A: {value: a}, x_a: {value: b}}`,
			`9:33: headers.x_a: is the same header as "X-A" to many upstreams; keep one`},
		{`headers: {X-A: value}`,
			`9:16: headers.X-A: must be {claim: PATH}, {value: TEXT} or null, which removes the header`},
		{`headers: {X-A: {}}`,
			`9:16: headers.X-A: needs exactly one of claim and value`},
		{`headers: {X-A: {claim: a, value: b}}`,
			`9:16: headers.X-A: needs exactly one of claim and value`},
		{`headers: {X-A: {claim: ""}}`,
			`9:24: headers.X-A.claim: is empty; name the claim, like employee.id`},
		{`headers: {X-A: {value: "a\nb"}}`,
			`9:24: headers.X-A.value: holds a line break or another control character`},
		{`headers: {X-A: {value: b, join: ";"}}`,
			`9:33: headers.X-A.join: goes with claim, not with value`},
		{`headers: {X-A: {claim: a, join: "\n"}}`,
			`9:33: headers.X-A.join: holds a line break or another control character`},
		{`headers: {X-A: {claim: a, join: ""}}`,
			`9:33: headers.X-A.join: is empty, so the members could not be told apart`},
		{`headers: {X-A: {claim: a, join: "%"}}`,
			`9:33: headers.X-A.join: must not hold %, which escapes`},
		{`headers: {X-A: {token: access}}`,
			`9:17: headers.X-A.token: "token" is not supported yet`},
		{`headers: {X-A: {claim: }}`,
			`9:17: headers.X-A.claim: has no value; give it one or remove the key`},
	})
	accepts(t, around,
		`headers: {X-A: {claim: a.b, join: ", "}, X-B: , Authorization: {value: "Basic x"}, X-Forwarded-Email: null}`,
	)
}
