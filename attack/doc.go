// Package attack is the suite of attacks that Gatehouse must hold against:
// every line of the case table that the project started from, and the siblings
// that a clever tester would think of next.
//
// It looks at a running gateway from outside, as an attacker does: raw sockets
// for HTTP/1.1, in the clear and over TLS, frames for HTTP/2, a provider that
// lies to order, and an application that records every byte it gets.
//
//	client bytes ──► gateway ──► application, which records bytes
//	                   │
//	                   └──► honest provider (devidp), rogue provider
//
// A file is an area. An area is a table of one line a case, and holds benign
// twins: cases that must pass, because refusing everything proves nothing. To
// add a case, add a line. Each area ends with a score, and a missing point
// fails the run:
//
//	framing: 214/214
//
// scripts/attack.sh runs it and prints the scores.
package attack
