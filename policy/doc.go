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
// For a person who is signed in, and for a machine with its token, little is
// unknown: an ip rule without an address, an unverified e-mail address that a
// rule names, groups that could not be read. There an unknown deny denies and
// any other unknown rule does not pass.
//
// The action says whom a rule is about: allow is about people and service_auth
// about machines, so neither ever admits the other kind, whatever its
// selectors say; deny and bypass are about both. An anonymous caller may turn
// out to be either, and a service_auth rule is read as if they had some token.
//
// Deciding allocates nothing, so that every request can be decided anew. The
// one exception is an address of more than 32 bytes that is not lower case.
package policy
