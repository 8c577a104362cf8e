// Package proxy is the life of one request: door, route, caller, decide,
// headers, forward.
//
//	door      peer, scheme, host and canonical path are settled, once
//	endpoint  Gatehouse's own addresses under auth_path
//	route     host first, then the longest path prefix
//	caller    whose token or session counts on this route, or nobody
//	decide    the route's policy, on every request
//	forward   strip, set, pass on
//
// Runtime.serve in serve.go reads as this list does.
package proxy
