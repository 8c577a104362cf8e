package policy

import "github.com/gatehouse-proxy/gatehouse/identity"

// reading is one run over a policy: the query, and what was worked out about
// its caller so far. It lives on the stack of Decide.
type reading struct {
	query  *Query
	groups *groupIndex

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
	if t.identity && in.query.Caller == nil {
		return Unknown
	}
	switch term := t.term.(type) {
	case everyone:
		return True
	case addresses:
		return term.truth(in)
	case domains:
		return term.truth(in)
	case groupBit:
		return term.truth(in)
	case groupSet:
		return term.truth(in.query.Caller)
	case *claim:
		return term.truth(in.query.Caller)
	case vouched:
		return term.truth(in.query.Caller)
	case network:
		return term.truth(in.query.Peer)
	case methods:
		return term.truth(in.query.Method)
	case prefixes:
		return term.truth(in.query.Path)
	}
	return Unknown // opens nothing: not an allow, and not an exception from a deny
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
	caller := in.query.Caller
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
