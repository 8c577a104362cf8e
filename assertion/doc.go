// Package assertion makes the JWT by which an upstream knows that a request
// came through the gateway, and as whom.
//
// Identity headers are believed because of where they come from. An assertion
// is believed because of what it is: whoever verifies signature, issuer,
// audience and time needs to trust no network in between.
//
//	Key      one private key, and the public half that verifiers fetch
//	Keys     all of a configuration: one signs, all are published (rotation)
//	Plan     what one route's tokens say; of our shape, or of Cloudflare
//	         Access's for applications that verify those
package assertion
