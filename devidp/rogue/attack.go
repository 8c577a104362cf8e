package rogue

// Attack is a script with a name. Apply changes a Script, which is usually the
// zero one.
type Attack struct {
	Name string
	// Breaks is the rule that the attack breaks, in a word: the claim, header
	// or part of the answer that a relying party must look at.
	Breaks string
	Apply  func(s *Script)
}

// Script is the attack on its own.
func (a Attack) Script() Script {
	var s Script
	a.Apply(&s)
	return s
}

// edit changes the claims or the header of an ID token.
type edit func(claims, header map[string]any)

func set(claim string, value any) edit {
	return func(claims, _ map[string]any) { claims[claim] = value }
}

func drop(names ...string) edit {
	return func(claims, _ map[string]any) {
		for _, name := range names {
			delete(claims, name)
		}
	}
}

// rename makes a claim differ from its proper name in case only.
func rename(claim, to string) edit {
	return func(claims, _ map[string]any) {
		claims[to] = claims[claim]
		delete(claims, claim)
	}
}

// shift moves a time by seconds.
func shift(claim string, seconds int64) edit {
	return func(claims, _ map[string]any) { claims[claim] = claims[claim].(int64) + seconds }
}

func head(name string, value any) edit {
	return func(_, header map[string]any) { header[name] = value }
}

func headless(name string) edit {
	return func(_, header map[string]any) { delete(header, name) }
}

// token scripts edits of a token that is signed as it should be.
func token(edits ...edit) func(*Script) {
	return func(s *Script) {
		s.IDToken = func(claims, header map[string]any) {
			for _, e := range edits {
				e(claims, header)
			}
		}
	}
}

// forged scripts edits of a token that another key signs.
func forged(key func(Keys) any, edits ...edit) func(*Script) {
	return func(s *Script) {
		token(edits...)(s)
		s.Key = key
	}
}

func unpublished(k Keys) any  { return k.Unpublished }
func weak(k Keys) any         { return k.Weak }
func publicPEM(k Keys) any    { return k.PublicPEM() }
func clientSecret(k Keys) any { return []byte(k.ClientSecret) }

// publish scripts a change of the published key's object in the key set.
func publish(name string, value any) func(*Script) {
	return func(s *Script) {
		s.JWKS = func(set map[string]any, _ Keys) {
			set["keys"].([]any)[0].(map[string]any)[name] = value
		}
	}
}

// both applies two changes of different parts of a script.
func both(a, b func(*Script)) func(*Script) {
	return func(s *Script) { a(s); b(s) }
}

// metadata scripts a change of the discovery document; nil removes the member.
func metadata(name string, value any) func(*Script) {
	return func(s *Script) {
		s.Discovery = func(document map[string]any) {
			if value == nil {
				delete(document, name)
				return
			}
			document[name] = value
		}
	}
}
