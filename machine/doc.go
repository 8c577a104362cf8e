// Package machine finds out which program is calling.
//
// A program brings a token with each request: a service token, whose hash the
// configuration has, or an access token of an issuer that the route accepts.
//
//	Desk       reads a request's headers and knows the service tokens
//	Presented  what was found there, unproven
//	Bearer     one issuer's access tokens, read (JWT) or asked about (RFC 7662)
//	Caller     who it turned out to be
//
// A token that does not hold ends the request, whatever cookie comes along: a
// program that meant to be itself must not become the person whose browser it
// borrows. So does what can be read in two ways.
package machine
