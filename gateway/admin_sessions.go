package gateway

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/admin"
	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

const (
	// listedSessions is how many sessions an answer holds unless asked for
	// fewer or more, and maxListed the most.
	listedSessions, maxListed = 1000, 10000
)

// SessionList is what GET /api/sessions tells.
type SessionList struct {
	Sessions []ListedSession `json:"sessions"`
	// More says that there are others.
	More bool `json:"more"`
}

// ListedSession is one session, with nothing that opens it.
type ListedSession struct {
	ID       string    `json:"id"`
	Provider string    `json:"provider"`
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"sub"`
	Email    string    `json:"email,omitempty"`
	SID      string    `json:"sid,omitempty"`
	Device   string    `json:"device,omitempty"`
	Address  string    `json:"address,omitempty"`
	Created  time.Time `json:"created"`
	Seen     time.Time `json:"seen"`
	Expires  time.Time `json:"expires"`
}

// Revoked is what POST /api/sessions/revoke tells.
type Revoked struct {
	// Revoked is how many sessions were known and ended.
	Revoked int `json:"revoked"`
	// Note says what the number cannot.
	Note string `json:"note,omitempty"`
}

// chosen is which sessions an operator means.
type chosen struct {
	User string // subject or e-mail address
	SID  string // a session's ID, or the provider's name for it
	All  bool
}

// matches are the selections that find what c means.
func (c chosen) matches(b *Build) []session.Match {
	switch {
	case c.All:
		return []session.Match{{All: true}}
	case c.SID != "":
		list := []session.Match{{ID: c.SID}}
		for _, issuer := range b.issuerNames() {
			list = append(list, session.Match{Issuer: issuer, SID: c.SID})
		}
		return list
	}
	var list []session.Match
	for _, issuer := range b.issuerNames() {
		list = append(list, session.Match{Issuer: issuer, Subject: c.User})
	}
	return list
}

// issuerNames are those that sessions may come from.
func (b *Build) issuerNames() []string {
	var list []string
	for _, p := range b.Providers {
		if issuer := p.Issuer(); issuer != "" && !slices.Contains(list, issuer) {
			list = append(list, issuer)
		}
	}
	return list
}

// listSessions answers GET /api/sessions[?user=S][&sid=S][&limit=N].
func (s *Server) listSessions(w http.ResponseWriter, r *http.Request) {
	b := s.current()
	if b.store.redis == nil {
		admin.Fail(w, r, http.StatusConflict, "redis_needed", "Only session.store: redis knows all sessions; with cookies they are in people's browsers. They can be revoked all the same.")
		return
	}
	query := r.URL.Query()
	limit := listedSessions
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxListed {
			admin.Fail(w, r, http.StatusBadRequest, "limit_invalid", "limit is a number from 1 to "+strconv.Itoa(maxListed)+".")
			return
		}
		limit = n
	}
	found, more, err := b.find(r.Context(), chosen{User: query.Get("user"), SID: query.Get("sid")}, limit)
	if err != nil {
		storeFails(w, r, err)
		return
	}
	answer := SessionList{Sessions: []ListedSession{}, More: more}
	for _, y := range found {
		answer.Sessions = append(answer.Sessions, ListedSession{
			ID: y.ID, Provider: y.Provider, Issuer: y.Issuer, Subject: y.Subject, Email: y.Email, SID: y.SID,
			Device: y.Device, Address: y.Address, Created: y.Created.Std(), Seen: y.Seen.Std(), Expires: y.Ends.Std(),
		})
	}
	admin.JSON(w, http.StatusOK, answer)
}

// find lists what c means, the latest used first. An e-mail address is in no
// index: it takes a look at all.
func (b *Build) find(ctx context.Context, c chosen, limit int) (list []session.Summary, more bool, err error) {
	byEmail := c.SID == "" && strings.Contains(c.User, "@")
	matches := c.matches(b)
	if c == (chosen{}) || byEmail {
		matches = []session.Match{{All: true}}
	}
	seen := map[string]bool{}
	for _, m := range matches {
		reach := limit
		if byEmail {
			reach = maxListed
		}
		found, cut, err := b.store.redis.List(ctx, m, reach)
		if err != nil {
			return nil, false, err
		}
		more = more || cut
		for _, y := range found {
			if byEmail && !strings.EqualFold(y.Email, c.User) && y.Subject != c.User || seen[y.ID] {
				continue
			}
			seen[y.ID] = true
			list = append(list, y)
		}
	}
	slices.SortFunc(list, func(a, b session.Summary) int {
		return cmp.Or(cmp.Compare(b.Seen, a.Seen), cmp.Compare(a.ID, b.ID))
	})
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, nil
}

// choose reads JSON of user, sid and all. What ends sessions has one reading:
// each name as it is written here, and once.
func choose(body []byte) (c chosen, ok bool) {
	object, err := identity.DecodeClaims(body)
	if err != nil {
		return chosen{}, false
	}
	ok = true
	for name, v := range object {
		switch name {
		case "user":
			c.User, ok = v.(string)
		case "sid":
			c.SID, ok = v.(string)
		case "all":
			c.All, ok = v.(bool)
		default:
			ok = false
		}
		if !ok {
			return chosen{}, false
		}
	}
	return c, true
}

// revokeSessions answers POST /api/sessions/revoke with one of user, sid and
// all, as JSON.
func (s *Server) revokeSessions(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	c, ok := choose(body)
	if err != nil || !ok {
		admin.Fail(w, r, http.StatusBadRequest, "request_malformed", `Send JSON: {"user": "subject or e-mail"}, {"sid": "session id"} or {"all": true}.`)
		return
	}
	if one := c == (chosen{User: c.User}) || c == (chosen{SID: c.SID}) || c == (chosen{All: c.All}); !one || c == (chosen{}) {
		admin.Fail(w, r, http.StatusBadRequest, "selection_needed", "Say which sessions: exactly one of user, sid and all.")
		return
	}
	b := s.current()
	n, err := b.revoke(r.Context(), c)
	e := telemetry.AuditEvent{Event: telemetry.EventRevoked, Outcome: telemetry.OutcomeSuccess, Reason: "by_operator"}
	if c.SID != "" {
		e.Session = telemetry.SessionHash(c.SID)
	} else if strings.Contains(c.User, "@") {
		e.Email = c.User
	} else {
		e.Subject = c.User
	}
	if err != nil {
		e.Outcome, e.Err = telemetry.OutcomeFailure, err
		telemetry.Audit(s.process.Log, e)
		storeFails(w, r, err)
		return
	}
	telemetry.Audit(s.process.Log, e)
	answer := Revoked{Revoked: n}
	if b.store.redis == nil {
		answer.Note = "with cookies this holds for this process, and counts only sessions that it remembers"
		if strings.Contains(c.User, "@") {
			answer.Note += "; a user is known by subject alone"
		}
	}
	admin.JSON(w, http.StatusOK, answer)
}

func (b *Build) revoke(ctx context.Context, c chosen) (int, error) {
	matches := c.matches(b)
	if b.store.redis != nil && strings.Contains(c.User, "@") {
		found, _, err := b.find(ctx, c, maxListed)
		if err != nil {
			return 0, err
		}
		for _, y := range found {
			matches = append(matches, session.Match{ID: y.ID})
		}
	}
	ended := 0
	for _, m := range matches {
		n, err := b.store.Revoke(ctx, m)
		if err != nil {
			return ended, err
		}
		ended += n
	}
	return ended, nil
}

func storeFails(w http.ResponseWriter, r *http.Request, err error) {
	admin.Fail(w, r, http.StatusServiceUnavailable, "session_store_unavailable", "The session store cannot be asked: "+err.Error())
}
