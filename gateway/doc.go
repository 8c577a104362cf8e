// Package gateway makes a running gateway of a configuration.
//
//	config.Load ─ Compile ─ Build ─ Serve: listen, sign-ins in the background,
//	                 ↑        │             admin and probes, drain
//	   Reload: ──────┘        └─ hands on what must outlive it (lasting.go)
//
// Compile touches no network, so that a configuration can be tried beside the
// one that runs.
package gateway
