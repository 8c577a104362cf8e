package session

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// packer writes values one after the other, without names: what reads them
// knows their order. Numbers are varints, and whatever has a length says it
// first. JSON takes half as much room again, and five times as long to read.
type packer struct {
	b   []byte
	err error // the first
}

func (p *packer) number(n int64) { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) count(n int) { p.b = binary.AppendUvarint(p.b, uint64(n)) }

func (p *packer) octet(c byte) { p.b = append(p.b, c) }

func (p *packer) moment(t Time) { p.number(int64(t)) }

func (p *packer) text(s string) {
	p.count(len(s))
	p.b = append(p.b, s...)
}

func (p *packer) texts(list []string) {
	p.count(len(list))
	for _, s := range list {
		p.text(s)
	}
}

func (p *packer) flag(is bool) {
	if is {
		p.octet(1)
	} else {
		p.octet(0)
	}
}

func (p *packer) moments(of map[string]Time) {
	p.count(len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		p.text(name)
		p.moment(of[name])
	}
}

// Kinds of a claim.
const (
	claimNull = iota
	claimFalse
	claimTrue
	claimText
	claimNumber
	claimList
	claimObject
)

// maxClaimDepth is beyond what package identity lets in.
const maxClaimDepth = 40

func (p *packer) claim(v any, depth int) {
	if depth > maxClaimDepth {
		p.fail(fmt.Errorf("claim nested deeper than %d", maxClaimDepth))
		return
	}
	switch v := v.(type) {
	case nil:
		p.octet(claimNull)
	case bool:
		if v {
			p.octet(claimTrue)
		} else {
			p.octet(claimFalse)
		}
	case string:
		p.octet(claimText)
		p.text(v)
	case json.Number:
		p.octet(claimNumber)
		p.text(string(v))
	case []any:
		p.octet(claimList)
		p.count(len(v))
		for _, member := range v {
			p.claim(member, depth+1)
		}
	case map[string]any:
		p.octet(claimObject)
		p.object(v, depth)
	default:
		p.fail(fmt.Errorf("claim of type %T", v))
	}
}

func (p *packer) object(of map[string]any, depth int) {
	p.count(len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		p.text(name)
		p.claim(of[name], depth+1)
	}
}

func (p *packer) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// unpacker reads what a packer wrote and takes no other spelling of it. After
// the first thing that is not so, broken holds and every value is zero. Texts
// are parts of what is read, so that they cost nothing; whoever keeps one
// longer than the session makes a copy.
type unpacker struct {
	rest   string
	broken bool
}

func (u *unpacker) breaks() { u.rest, u.broken = "", true }

func (u *unpacker) octet() byte {
	if u.rest == "" {
		u.breaks()
		return 0
	}
	c := u.rest[0]
	u.rest = u.rest[1:]
	return c
}

func (u *unpacker) unsigned() uint64 {
	var n uint64
	for shift := 0; ; shift += 7 {
		c := u.octet()
		if u.broken || shift == 63 && c > 1 || c == 0 && shift > 0 { // cut short, overflown, or longer than need be
			u.breaks()
			return 0
		}
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

func (u *unpacker) number() int64 {
	n := u.unsigned()
	return int64(n>>1) ^ -int64(n&1)
}

// count reads how many bytes or members follow. Each member takes a byte at
// least, so nobody makes us reserve more than they sent.
func (u *unpacker) count() int {
	n := u.unsigned()
	if n > uint64(len(u.rest)) {
		u.breaks()
		return 0
	}
	return int(n)
}

func (u *unpacker) moment() Time { return Time(u.number()) }

func (u *unpacker) text() string { return u.next(u.count()) }

// next reads n bytes.
func (u *unpacker) next(n int) string {
	if n > len(u.rest) {
		u.breaks()
		return ""
	}
	s := u.rest[:n]
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) texts() []string {
	n := u.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = u.text()
	}
	return list
}

func (u *unpacker) flag() bool {
	c := u.octet()
	if c > 1 {
		u.breaks()
	}
	return c == 1
}

func (u *unpacker) moments() map[string]Time {
	n := u.count()
	if n == 0 {
		return nil
	}
	of, last := make(map[string]Time, n), ""
	for i := range n {
		name := u.name(&last, i)
		of[name] = u.moment()
	}
	return of
}

func (u *unpacker) claim(depth int) any {
	if depth > maxClaimDepth {
		u.breaks()
		return nil
	}
	switch u.octet() {
	case claimNull:
		return nil
	case claimFalse:
		return false
	case claimTrue:
		return true
	case claimText:
		return u.text()
	case claimNumber:
		return json.Number(u.text())
	case claimList:
		list := make([]any, u.count())
		for i := range list {
			list[i] = u.claim(depth + 1)
		}
		return list
	case claimObject:
		if of := u.object(depth); of != nil {
			return of
		}
		return map[string]any{}
	}
	u.breaks()
	return nil
}

// object returns nil for an empty one.
func (u *unpacker) object(depth int) map[string]any {
	n := u.count()
	if n == 0 {
		return nil
	}
	of, last := make(map[string]any, n), ""
	for i := range n {
		name := u.name(&last, i)
		of[name] = u.claim(depth + 1)
	}
	return of
}

// name reads the i-th name of a map. They come in their order, so none comes
// twice.
func (u *unpacker) name(last *string, i int) string {
	name := u.text()
	if i > 0 && name <= *last {
		u.breaks()
	}
	*last = name
	return name
}
