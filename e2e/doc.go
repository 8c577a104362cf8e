// Package e2e tries Gatehouse from outside: the built binary, a browser, and
// OpenID providers that other people wrote. It is a module of its own, so that
// its parts stay out of Gatehouse's go.mod.
//
//	demo_*_test.go           Chromium walks through "gatehouse demo"
//	dex_test.go              examples/gatehouse.yaml with Dex, set up by examples/dex.yaml
//	oidc_provider_test.go    the certified npm package oidc-provider
//	pages_test.go            the pages that the demo never shows
//	forward_auth*_test.go    the examples of forward auth, asked by nginx and Caddy
//	nginx_test.go            examples/behind-a-proxy.yaml behind nginx
//
// What a machine lacks is skipped by name; with CI=true that is a failure.
// GATEHOUSE_BINARY=/path/to/gatehouse tries a binary that is there already.
package e2e
