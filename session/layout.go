package session

import (
	"fmt"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Version is the layout of a session's bytes. A session of another version is
// no session: raise it with every change below.
const Version = 2

// pack writes s before it is sealed: its version, then every field in the order
// in which unpack reads them.
func (s *Session) pack() ([]byte, error) {
	p := packer{b: make([]byte, 0, 512)}
	p.number(int64(s.Version))
	p.text(s.ID)
	p.identity(&s.Identity)
	p.text(s.SID)
	p.moment(s.AuthTime)
	p.moments(s.Levels)
	p.text(s.Kept)
	p.tokens(&s.Tokens)
	p.moment(s.Checked)
	p.number(int64(s.Edition))
	p.text(s.Device)
	p.text(s.Address)
	p.moment(s.Created)
	p.moment(s.Seen)
	p.moment(s.Ends)
	if p.err != nil {
		return nil, fmt.Errorf("write session: %w", p.err)
	}
	return p.b, nil
}

// unpack reads what pack wrote, and nil from everything else: a byte too much
// or too few, another version, a session that does not say whose it is.
func unpack(plain []byte) *Session { return unpackText(string(plain)) }

// unpackText is unpack of a text, parts of which the session then consists of.
func unpackText(plain string) *Session {
	u := unpacker{rest: plain}
	s := &Session{Version: int(u.number())}
	if s.Version != Version {
		return nil
	}
	s.ID = strings.Clone(u.text()) // lists of IDs outlive sessions, and would keep all of this
	u.identity(&s.Identity)
	s.SID = u.text()
	s.AuthTime = u.moment()
	s.Levels = u.moments()
	s.Kept = u.text()
	u.tokens(&s.Tokens)
	s.Checked = u.moment()
	s.Edition = int(u.number())
	s.Device = u.text()
	s.Address = u.text()
	s.Created = u.moment()
	s.Seen = u.moment()
	s.Ends = u.moment()
	if u.broken || u.rest != "" || !s.names() {
		return nil
	}
	return s
}

func (p *packer) identity(id *identity.Identity) {
	p.text(id.Provider)
	p.text(id.Issuer)
	p.text(id.Subject)
	p.text(id.Email)
	p.flag(id.EmailVerified)
	p.text(id.Name)
	p.text(id.Username)
	p.texts(id.Groups)
	p.flag(id.GroupsUnreadable)
	p.text(id.ACR)
	p.texts(id.AMR)
	p.object(id.Claims, 0)
}

func (u *unpacker) identity(id *identity.Identity) {
	id.Provider = u.text()
	id.Issuer = u.text()
	id.Subject = u.text()
	id.Email = u.text()
	id.EmailVerified = u.flag()
	id.Name = u.text()
	id.Username = u.text()
	id.Groups = u.texts()
	id.GroupsUnreadable = u.flag()
	id.ACR = u.text()
	id.AMR = u.texts()
	id.Claims = u.object(0)
}

func (p *packer) tokens(t *Tokens) {
	p.text(t.ID)
	p.text(t.Access)
	p.moment(t.AccessExpires)
	p.moment(t.IDExpires)
	p.text(t.Refresh)
	p.moment(t.Spending)
}

func (u *unpacker) tokens(t *Tokens) {
	t.ID = u.text()
	t.Access = u.text()
	t.AccessExpires = u.moment()
	t.IDExpires = u.moment()
	t.Refresh = u.text()
	t.Spending = u.moment()
}
