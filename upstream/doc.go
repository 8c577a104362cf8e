// Package upstream is where requests go: the targets of one route, the
// connections kept open to them, and what it means when they do not answer.
//
// A Pool is an http.RoundTripper over its targets. Each request goes to the
// next target in turn; if no connection to that one can be made, to the one
// after it. Once a byte was sent there is no second target, so that a POST
// arrives at most once.
package upstream
