package session

// Match selects sessions to revoke: the one with this ID; else those of the
// provider's session (Issuer, SID); else all of the person (Issuer, Subject).
// The most specific that is filled in decides alone, as for logout tokens that
// carry both sid and sub (Back-Channel Logout 1.0 section 2.7). A Match with
// none of them filled in selects nothing. All selects every session; the rest
// must be empty then.
type Match struct {
	ID, Issuer, SID, Subject string
	All                      bool
	// Unproven says that nobody has proved to be entitled to this, so that it
	// must leave nothing unbounded behind. It goes with a SID, which is hard
	// to guess.
	Unproven bool
}

type matchBy int

const (
	byNothing matchBy = iota
	byID
	bySID
	bySubject
	byAll
)

func (m Match) by() matchBy {
	switch {
	case m.All && m == Match{All: true}:
		return byAll
	case m.All:
		return byNothing
	case m.ID != "":
		return byID
	case m.Issuer != "" && m.SID != "":
		return bySID
	case m.Issuer != "" && m.Subject != "":
		return bySubject
	}
	return byNothing
}

func (m Match) selects(s *Session) bool {
	switch m.by() {
	case byID:
		return s.ID == m.ID
	case bySID:
		return s.Identity.Issuer == m.Issuer && s.SID == m.SID
	case bySubject:
		return s.Identity.Issuer == m.Issuer && s.Identity.Subject == m.Subject
	case byAll:
		return true
	}
	return false
}
