package policy

import "github.com/gatehouse-proxy/gatehouse/identity"

// reading is one run over a policy: the query, and what was worked out about
// its caller so far. It lives on the stack of Decide.
type reading struct {
	query *Query
	// who is the person, or what a machine's token says of it; nil is an
	// anonymous caller.
	who    *identity.Identity
	groups *groupIndex
	// asMachine reads an anonymous caller as one who may turn out to be any
	// machine.
	asMachine bool
	// shadows are the shadow rules that would have had a say; steps, if not
	// nil, is where to note what each rule did.
	shadows Shadows
	steps   []Step
	failure error // of the expression read last, where steps are noted

	member     groupMask
	memberRead bool

	address     [maxAddress]byte
	addressSize int // 0: no address that may be compared
	addressAt   int // index of the "@"
	addressRead bool
}

// maxAddress bounds the addresses that selectors compare. RFC 5321 section
// 4.5.3.1 allows 64 octets, "@" and 255.
const maxAddress = 320

// truth reads one selector. It switches over types where a method of an
// interface would do, because arguments of interface methods escape: each
// decision would then put its reading and its query on the heap.
func (in *reading) truth(t test) Truth {
	if in.who == nil && t.about != aboutRequest && (t.about != aboutMachine || in.asMachine) {
		return in.unsaid(t.about)
	}
	result := Unknown // opens nothing: not an allow, and not an exception from a deny
	switch term := t.term.(type) {
	case everyone:
		result = True
	case addresses:
		result = term.truth(in)
	case domains:
		result = term.truth(in)
	case groupBit:
		result = term.truth(in)
	case groupSet:
		result = term.truth(in.who)
	case *claim:
		result = term.truth(in.who)
	case vouched:
		result = term.truth(in.who)
	case *expression:
		result = term.truth(in, t.onError)
	case tokens:
		result = term.truth(in.query)
	case network:
		result = term.truth(in.query.Peer)
	case methods:
		result = term.truth(in.query.Method)
	case prefixes:
		result = term.truth(in.query.Path)
	}
	if t.about == aboutPerson && in.query.Machine != nil {
		// Whatever a machine's token says of a person is no sign-in.
		result = min(result, Unknown)
	}
	return result
}

// unsaid is what is known of an anonymous caller, who came without a token.
func (in *reading) unsaid(a about) Truth {
	if in.asMachine && a == aboutPerson || !in.asMachine && a == aboutToken {
		return False
	}
	return Unknown
}

// any is the disjunction of tests; none at all is False.
func (in *reading) any(tests []test) Truth {
	result := False
	for i := 0; i < len(tests) && result != True; i++ {
		result = max(result, in.truth(tests[i]))
	}
	return result
}

// readAddress folds the caller's address into in.address. Folding
// here rather than by identity.FoldASCII keeps the copy off the heap;
// identity.ParseEmail remains the judge of what an address is.
func (in *reading) readAddress() {
	in.addressRead = true
	caller := in.who
	if len(caller.Email) > maxAddress {
		return
	}
	folded, at := false, -1
	for i := range len(caller.Email) {
		c := caller.Email[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
			folded = true
		case c == '@':
			at = i
		}
		in.address[i] = c
	}
	var ok bool
	if folded {
		_, ok = identity.ParseEmail(string(in.address[:len(caller.Email)]))
	} else {
		_, ok = identity.ParseEmail(caller.Email)
	}
	if ok {
		in.addressSize, in.addressAt = len(caller.Email), at
	}
}
