package session

import (
	"encoding/binary"
	"encoding/json"
)

// Summary is what lists of sessions show: enough to know one's own, and nothing
// that opens it.
type Summary struct {
	ID       string `json:"id"`
	Provider string `json:"p"`
	Issuer   string `json:"i"`
	Subject  string `json:"u"`
	SID      string `json:"sid,omitempty"`
	Email    string `json:"m,omitempty"`
	Device   string `json:"d,omitempty"`
	Address  string `json:"a,omitempty"`
	Created  Time   `json:"c"`
	Seen     Time   `json:"s"`
	Ends     Time   `json:"e"`
}

func summaryOf(s *Session) Summary {
	return Summary{
		ID: s.ID, Provider: s.Identity.Provider, Issuer: s.Identity.Issuer, Subject: s.Identity.Subject, SID: s.SID,
		Email: s.Identity.Email, Device: s.Device, Address: s.Address,
		Created: s.Created, Seen: s.Seen, Ends: s.Ends,
	}
}

// selects reports whether m selects the session that y is about.
func (y *Summary) selects(m Match) bool {
	switch m.by() {
	case byID:
		return y.ID == m.ID
	case bySID:
		return y.Issuer == m.Issuer && y.SID == m.SID
	case bySubject:
		return y.Issuer == m.Issuer && y.Subject == m.Subject
	case byAll:
		return true
	}
	return false
}

// A stored session is two sealed values in one: the summary, which the
// configured keys open so that operators can list it, and the session, which
// takes the browser's secret as well.
//
//	1 byte version | 2 bytes length of the summary | summary | session
const storedVersion = 1

// maxStored bounds a stored session: what a provider sends goes over the
// network whenever the session is not remembered.
const maxStored = 1 << 20

// safe seals and opens stored sessions.
type safe struct{ sessions, summaries, tickets *vault }

func newSafe(k *Keys) safe {
	return safe{newVault(k, purposeStored), newVault(k, purposeSummary), newVault(k, purposeTicket)}
}

func (v *safe) seal(b *binding, s *Session) (string, error) {
	plain, err := s.pack()
	if err != nil {
		return "", err
	}
	short, err := json.Marshal(summaryOf(s))
	if err != nil {
		return "", err
	}
	ref := refOf(s.ID)
	summary, err := v.summaries.seal([]byte(ref), ref, short)
	if err != nil {
		return "", err
	}
	sealed, err := v.sessions.seal(b.Secret, ref, deflate(plain))
	if err != nil {
		return "", err
	}
	if len(summary) > 1<<16-1 || len(summary)+len(sealed) > maxStored {
		return "", ErrTooLarge
	}
	out := make([]byte, 0, 3+len(summary)+len(sealed))
	out = append(out, storedVersion)
	out = binary.BigEndian.AppendUint16(out, uint16(len(summary)))
	out = append(out, summary...)
	return string(append(out, sealed...)), nil
}

// open returns the session that lies sealed at ref, or nil for what none of our
// keys with this binding sealed there.
func (v *safe) open(b *binding, ref, value string) *Session {
	_, sealed, ok := parts(value)
	if !ok {
		return nil
	}
	plain, ok := v.sessions.open(b.Secret, ref, sealed)
	if !ok {
		return nil
	}
	if plain, ok = inflate(plain); !ok {
		return nil
	}
	if s := unpack(plain); s != nil && s.ID == b.ID {
		return s
	}
	return nil
}

// summary returns what a stored session's summary says, or nil.
func (v *safe) summary(ref, value string) *Summary {
	sealed, _, ok := parts(value)
	if !ok {
		return nil
	}
	plain, ok := v.summaries.open([]byte(ref), ref, sealed)
	y := new(Summary)
	if !ok || !decodeStrict(plain, y) || refOf(y.ID) != ref {
		return nil
	}
	return y
}

func parts(value string) (summary, sealed []byte, ok bool) {
	if len(value) < 3 || value[0] != storedVersion {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16([]byte(value[1:3])))
	if len(value) < 3+n {
		return nil, nil, false
	}
	return []byte(value[3 : 3+n]), []byte(value[3+n:]), true
}
