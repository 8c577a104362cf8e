package admin

import "net/http"

// Access is what an address asks of its caller.
type Access uint8

const (
	// Change alters something: the token, `write: true`, and no foreign
	// Origin. It is the zero Access, so that a forgotten word locks.
	Change Access = iota
	// Read only tells: the token.
	Read
	// Probe is for machines that hold no token, and tells no secret.
	Probe
)

// Address is one row of the listener's table. Pattern is http.ServeMux's:
// method, blank, path. "{$}" ends a path that must be met exactly.
type Address struct {
	Pattern string
	Access  Access
	Handle  http.HandlerFunc
}

// Options are the contract of `server.admin`.
type Options struct {
	// Token is what callers present; "" means that whoever reaches the
	// listener may, which is for loopback and unix sockets.
	Token string
	// Write allows what Change addresses do.
	Write bool
	// Hosts answer besides loopback, without ports.
	Hosts []string
	// Cookie names the cookie of the page's form, with -admin behind it. A name
	// that the public listener strips keeps it from applications on the same
	// host: cookies know no ports.
	Cookie string
	// Key seals that cookie: 32 random bytes of the process, so that a
	// stolen cookie tells nothing about the token.
	Key []byte
	// Pages are for people who have yet to show the token.
	Pages *Pages
	// Addresses are the table.
	Addresses []Address
}

// New is the handler of the admin listener.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	pass := newPass(&o)
	for _, a := range o.Addresses {
		mux.Handle(a.Pattern, guard(a, &o, pass))
	}
	if o.Token != "" {
		mux.HandleFunc("POST /sign-in", pass.signIn)
		mux.HandleFunc("POST /sign-out", pass.signOut)
	}
	return withHost(o.Hosts, mux)
}

// guard puts an address behind what its Access asks.
func guard(a Address, o *Options, pass *pass) http.Handler {
	if a.Access == Probe {
		return a.Handle
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case foreignRead(r):
			Fail(w, r, http.StatusForbidden, "foreign_site", "Pages of other sites may not ask here.")
		case !pass.admits(r):
			pass.ask(w, r)
		case a.Access == Change && !o.Write:
			Fail(w, r, http.StatusForbidden, "write_off", "Changes need server.admin.write: true in the file.")
		case (a.Access == Change || r.Method == http.MethodPost) && !ownOrigin(r):
			Fail(w, r, http.StatusForbidden, "foreign_origin", "Changes must come from this listener's own page, or from no page at all.")
		default:
			a.Handle(w, r)
		}
	})
}
