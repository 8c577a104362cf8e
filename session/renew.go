package session

import "net/http"

// Ended reports whether s, once loaded, has reached its hard end or was
// revoked. It does not look at idleness, because s may have been renewed since:
// what lives as long as its session (a WebSocket) asks this.
func (c *CookieStore) Ended(s *Session) bool {
	return At(c.clock()) >= c.lifetime.Ends(s) || c.revoked.ended(s)
}

// Due reports whether s was last recorded a tenth of Idle ago or more, and its
// cookie not written within the last half minute; or whether the request came
// with the cookie of an earlier edition.
func (c *CookieStore) Due(s *Session) bool {
	if s.Behind {
		return true
	}
	now := c.clock()
	return c.lifetime.Due(s, At(now)) && !c.renewals.recent(s.ID, now, c.lifetime.pause())
}

// Renew writes the cookies of s anew with this moment as its last use. Of many
// requests that carry the same old cookie one writes; should its answer be
// lost, another may half a minute later. A browser that brings an earlier
// edition gets the newest with every answer, until one arrives: what it holds
// is a refresh token that was spent.
func (c *CookieStore) Renew(h http.Header, r *http.Request, s *Session) (bool, error) {
	now := c.clock()
	// A slow upstream may have outlasted the session since Load.
	switch {
	case !c.lifetime.Live(s, At(now)):
		return false, nil
	case s.Behind:
		s = c.editions.newest(s) // yet another may have come during the request
		c.renewals.wrote(s.ID, now)
	case !c.lifetime.Due(s, At(now)) || !c.renewals.claim(s.ID, now, c.lifetime.pause()):
		return false, nil
	}
	next := *s
	next.Seen = At(now)
	if err := c.write(h, r, &next, At(now)); err != nil {
		return false, err
	}
	return true, nil
}
