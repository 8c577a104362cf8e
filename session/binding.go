package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// binding ties one browser on one host to a session that lies elsewhere. It is
// all that the browser holds: the session's ID, and the random secret without
// which the stored session cannot be opened. Sealed in the cookie it is bound to
// scheme and host, so several hosts may each have their own for one session.
type binding struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Secret  []byte `json:"k"`
}

const (
	bindingVersion = 1
	bindingSecret  = 32 // bytes
	// maxBinding bounds the sealed value.
	maxBinding = 512
)

func newBinding(id string) *binding {
	b := &binding{Version: bindingVersion, ID: id, Secret: make([]byte, bindingSecret)}
	rand.Read(b.Secret) // never fails (crypto/rand since Go 1.24)
	return b
}

func (b *binding) valid() bool {
	return b.Version == bindingVersion && b.ID != "" && len(b.Secret) == bindingSecret
}

// refOf is the name of a session's place in the store: a hash, so that the
// names which monitoring and dumps show lead to nobody's session ID.
func refOf(id string) string {
	sum := sha256.Sum256([]byte("gatehouse session " + id))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// bindings reads and writes the cookies that hold them.
type bindings struct {
	codec *codec
	names Names
}

// open returns what p was sealed from, or nil.
func (c *bindings) open(o origin, p *pieces) *binding {
	b := new(binding)
	if p.n != 1 || !c.codec.openJSON(o, p.sealed(), b) || !b.valid() {
		return nil
	}
	return b
}

// carried lists the bindings that r carries and that open here, each once.
func (c *bindings) carried(r *http.Request) []*binding {
	o := originOf(r)
	var f found
	f.scan(r.Header, c.names.session(o))
	var list []*binding
	for i := range f.tries() {
		p, ok := f.candidate(i)
		if !ok {
			continue
		}
		if b := c.open(o, &p); b != nil {
			list = append(list, b)
		}
	}
	return list
}

// find returns the binding to the session called id that r carries, or nil.
func (c *bindings) find(r *http.Request, id string) *binding {
	for _, b := range c.carried(r) {
		if b.ID == id {
			return b
		}
	}
	return nil
}

// set writes b for r's host into h, to be kept for maxAge seconds, and removes
// pieces that a larger cookie left behind.
func (c *bindings) set(h http.Header, r *http.Request, b *binding, maxAge Time) error {
	o := originOf(r)
	sealed, err := c.codec.sealJSON(o, b)
	if err != nil {
		return err
	}
	names, p := c.names.session(o), split(sealed)
	var f found
	f.scan(r.Header, names)
	setCookie(h, o, names[0], p.values[0], maxAge)
	for i := 1; i < maxPieces; i++ {
		if f.n[i] > 0 {
			expireCookie(h, o, names[i])
		}
	}
	return nil
}
