package sampleapp

// meaning explains a header of the gateway: what it says, and, of the identity
// headers, what it says by not being there. Names are canonical.
type meaning struct {
	name, text, missing string
}

// meanings are in the order in which an application cares.
func meanings() []meaning {
	return []meaning{
		{
			"X-Forwarded-User",
			"The person's subject at the provider. It never changes and is never given to somebody else: make this, together with the provider, the key of your user table.",
			"Nobody is signed in, so there is no e-mail address, user name or group either.",
		},
		{
			"X-Forwarded-Email",
			"Their e-mail address, for showing and writing to. It may change, and not everybody has one, so it is no key.",
			"The provider gave no address.",
		},
		{
			"X-Forwarded-Preferred-Username",
			"The name they are known by in the company. UTF-8, and it may change.",
			"The provider gave no user name.",
		},
		{
			"X-Forwarded-Groups",
			"Their groups, separated by commas. A comma or percent sign inside a name is percent-encoded: split first, then decode.",
			"They are in no group.",
		},
		{
			"X-Gatehouse-Provider",
			"Which of the configured providers vouched for them.",
			"",
		},
		{
			assertionHeader,
			"The same facts as a signed token, which holds even if somebody reaches this application without the gateway. Taken apart below.",
			"",
		},
		{
			"X-Forwarded-For",
			"The address the request came from, as the gateway saw it. A list that the client wrote itself is gone.",
			"",
		},
		{
			"X-Forwarded-Proto",
			"The scheme of the public address: build links and secure cookies by it.",
			"",
		},
		{
			"X-Forwarded-Host",
			"The host of the public address: build absolute links with it.",
			"",
		},
		{
			"X-Request-Id",
			"The name of this request in the gateway's log. Write it into yours.",
			"",
		},
	}
}
