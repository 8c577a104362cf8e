// Package policy answers one question: may this caller do this?
//
// A Policy is a compiled list of rules, read strictly from top to bottom. The
// first true rule decides and nothing true means deny. For an anonymous caller
// the selectors about identity are unknown, not false, and rules are read with
// three values:
//
//	rule         true                                unknown
//	deny         403, or sign-in after an            sign-in
//	             unknown allow
//	bypass       passes                              read on
//	allow        sign-in                             remembered, read on
//	service_auth remembered, read on                 remembered, read on
//	the end      sign-in after an unknown allow; else 401 after a
//	             service_auth rule that is not false; else 403
//
// For a person who is signed in little is unknown: an ip rule without an
// address, an unverified e-mail address that a rule names, groups that could
// not be read. There an unknown deny denies and any other unknown
// rule does not pass. Rules of the action service_auth are about machines and
// never admit a person.
//
// Deciding allocates nothing, so that every request can be decided anew. The
// one exception is an address of more than 32 bytes that is not lower case.
package policy
