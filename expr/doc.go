// Package expr is the language of policies' expr selectors: CEL over the
// variables user, claims, machine and request, and nothing else. An expression
// is type-checked when the file is loaded, so that a misspelt field is a
// mistake with a line and a column and not a rule that never matches.
//
//	user     sub, email, email_verified, username, name, groups, provider, acr, amr
//	claims   map of the caller's claims, read by name: claims.department, claims["p1.region"]
//	machine  name
//	request  method, host, path, ip
//
// The package knows nothing of who decides with it: config checks expressions
// and policy evaluates them.
package expr
