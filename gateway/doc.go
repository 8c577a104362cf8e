// Package gateway makes a running gateway of a configuration.
//
//	config.Load ─ Compile ─ Build ─ Serve: listen, sign-ins in the background,
//	                                 admin and probes, drain
//
// Compile touches no network, so that a configuration can be tried beside the
// one that runs.
package gateway
