// Package admin is the operators' door: who may ask the admin listener what,
// and how its answers are told.
//
// A request meets the rules in this order, and every address of the listener
// stands in one table (Address):
//
//	Host       loopback or listed, or 421: no rebound name reads through a browser
//	address    404, 405
//	Probe      answered now: kubelet and Prometheus have no token
//	site       a page of another site may not make a browser ask
//	token      Authorization: Bearer, or the cookie that the form gave; or 401
//	Change     write is on, or 403; Origin, if there is one, is our own, or 403 (of every POST)
package admin
