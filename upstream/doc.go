// Package upstream is where requests go: the targets of one route, the
// connections kept open to them, and what it means when they do not answer.
//
// A Pool is an http.RoundTripper over its targets:
//
//	choose       a target that is well, in turn, by load or by chance   balance.go
//	send         over a kept connection or a new one                    target.go, connections.go, dial.go
//	learn        failures in a row set a target aside for a while       condition.go
//	             health checks take it away and back                    check.go
//	             a name that means something else is followed           follow.go
//
// If no connection to a target can be made, the request goes to the next one.
// Once a byte was sent there is no second target, so that a POST arrives at
// most once; what is safe is repeated when a kept connection turned out dead
// before a byte of an answer. When no target is well all are tried as if they
// were: what is known may be wrong, and a 502 without asking helps nobody.
package upstream
