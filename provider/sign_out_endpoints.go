package provider

import (
	"context"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// signOutEndpoints are the addresses that only ending things needs. Each may be
// empty.
type signOutEndpoints struct {
	endSession    string // RP-Initiated Logout 1.0 section 2.1
	startSLO      string // PingFederate before it had the former
	revocation    string // RFC 7009
	introspection string // RFC 7662
}

// signOutEndpoints reads them from the configuration and then from discovery,
// where one that cannot be used counts as missing: nobody is kept from signing
// in because of where signing out would lead.
func (p *Provider) signOutEndpoints(document identity.Claims, at At) signOutEndpoints {
	read := func(configured, name string) string { return p.optional(document, at, configured, name) }
	return signOutEndpoints{
		endSession:    read(p.o.Endpoints.EndSession, "end_session_endpoint"),
		startSLO:      read("", "ping_end_session_endpoint"),
		revocation:    read(p.o.Endpoints.Revocation, "revocation_endpoint"),
		introspection: read(p.o.Endpoints.Introspection, "introspection_endpoint"),
	}
}

// patience is how long a sign-out waits for discovery.
const patience = 2 * time.Second

// atHand is an issuer's metadata for somebody who leaves: an error at once when the
// provider was down when it was last asked, because then there is nothing that
// could be done there.
func (s *source) atHand(ctx context.Context) (*metadata, error) {
	at, err := s.metadata.peek()
	if at.generation > 0 {
		return at.value, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	at, err = s.metadata.get(ctx)
	return at.value, err
}
