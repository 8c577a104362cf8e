package policy

import (
	"errors"
	"maps"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/expr"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

// expression is a compiled expr selector.
type expression struct {
	program *expr.Program
	reads   expr.Reads
	// mapped are the claims read whose names mean fields of the Identity.
	mapped []string
}

type exprSelector struct{ program *expr.Program }

// Expr is true when the expression is. Its claims are those that Claim sees
// under the same names. For an anonymous caller an expression that reads user
// or claims anywhere is unknown, and one that reads machine sees an empty name.
//
// An expression that fails decides nothing good: it is false in a rule that
// admits, true in a deny and as an exception from a rule that admits, and no
// exception from a deny. One that reads request.ip without an address, or the groups of
// somebody whose groups could not all be read, is unknown as IP and Group are.
func Expr(p *expr.Program) Selector { return exprSelector{p} }

func (s exprSelector) compile(*compiler) (test, error) {
	if s.program == nil {
		return test{}, errors.New("expr: no expression")
	}
	e := &expression{program: s.program, reads: s.program.Reads()}
	for _, name := range e.reads.Claims {
		if identity.Mapped(name) {
			e.mapped = append(e.mapped, name)
			e.reads.Groups = e.reads.Groups || name == "groups"
		}
	}
	t := test{term: e}
	switch {
	case e.reads.User || len(e.reads.Claims) > 0:
		t.about = aboutCaller
	case e.reads.Machine:
		t.about = aboutMachine
	}
	return t, nil
}

func (e *expression) truth(in *reading, onError Truth) Truth {
	if e.reads.IP && !in.query.Peer.IsValid() || e.reads.Groups && in.who.GroupsUnreadable {
		return Unknown
	}
	// Not kept in the reading: it is on the heap, and escape analysis would
	// send all that the reading points to after it.
	vars := in.query.vars()
	if in.who != nil {
		vars.Claims = e.claims(in.who)
	}
	ok, err := e.program.Eval(vars)
	if err != nil {
		if in.steps != nil {
			in.failure = err
		}
		return onError
	}
	return truthOf(ok)
}

// claims are the kept ones, and in the place of what the mapping decided about
// its result.
func (e *expression) claims(who *identity.Identity) map[string]any {
	if len(e.mapped) == 0 {
		return who.Claims
	}
	all := maps.Clone(map[string]any(who.Claims))
	if all == nil {
		all = map[string]any{}
	}
	for _, name := range e.mapped {
		delete(all, name)
		switch v, field := mapped(who, name); {
		case !field:
			if c, ok := who.Claims.Lookup(name); ok {
				all[name] = c
			}
		case v.texts != nil:
			all[name] = v.texts
		case v.text != "":
			all[name] = v.text
		case v.flag != nil:
			all[name] = v.flag
		}
	}
	return all
}

// vars is the query as expressions see it, without claims.
func (q *Query) vars() *expr.Vars {
	v := &expr.Vars{Request: expr.Request{Method: q.Method, Host: q.Host, Path: q.Path}}
	if q.Peer.IsValid() {
		v.Request.IP = q.Peer.Unmap().WithZone("").String()
	}
	switch who := q.Caller; {
	case q.Machine != nil:
		v.Machine.Name = q.Machine.Name
	case who != nil:
		v.User = expr.User{
			Sub: who.Subject, Email: who.Email, EmailVerified: who.EmailVerified && who.Email != "",
			Username: who.Username, Name: who.Name, Groups: slices.Clip(who.Groups),
			Provider: who.Provider, ACR: who.ACR, AMR: who.AMR,
		}
	}
	return v
}
