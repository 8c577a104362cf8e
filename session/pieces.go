package session

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	// maxPieces, pieceSize: browsers keep 4096 bytes of name, value and
	// attributes together, and we leave them room.
	maxPieces = 4
	pieceSize = 3800
	// maxCookieBytes bounds the values of one session's cookies together.
	maxCookieBytes = 12 << 10
	// countLen is the "2~" in front of the first piece.
	countLen = 2
)

// pieces are the cookie values that make up one session, as the browser sent
// them. The first begins with their number, "1~" to "4~", so that a missing one
// is noticed and a stale one of an earlier, larger session is not read.
type pieces struct {
	values [maxPieces]string
	n      int
}

// split cuts a sealed value of at most maxCookieBytes-countLen bytes.
func split(sealed string) pieces {
	p := pieces{n: (len(sealed) + countLen + pieceSize - 1) / pieceSize}
	rest := string(rune('0'+p.n)) + "~" + sealed
	for i := range p.n {
		size := min(pieceSize, len(rest))
		p.values[i], rest = rest[:size], rest[size:]
	}
	return p
}

// candidate puts candidate number i of f together. It accepts only what split
// makes: one digit, all pieces there, all full but the last. Otherwise one
// sealed value could be cut in many ways and fill the memory of opened cookies.
func (f *found) candidate(i int) (p pieces, ok bool) {
	first, _ := f.at(i, 0)
	if len(first) <= countLen || first[0] < '1' || first[0] > '0'+maxPieces || first[1] != '~' {
		return p, false
	}
	p.n = int(first[0] - '0')
	total := 0
	for piece := range p.n {
		value, ok := f.at(i, piece)
		last := piece == p.n-1
		if !ok || value == "" || len(value) > pieceSize || !last && len(value) < pieceSize {
			return p, false
		}
		p.values[piece] = value
		total += len(value)
	}
	return p, total <= maxCookieBytes
}

// sealed returns the value that split was given.
func (p *pieces) sealed() string {
	if p.n == 1 {
		return p.values[0][countLen:]
	}
	return strings.Join(p.values[:p.n], "")[countLen:]
}

// size is the length of all values together.
func (p *pieces) size() int {
	size := 0
	for _, value := range p.values[:p.n] {
		size += len(value)
	}
	return size
}

// setCookie adds one Set-Cookie line to an answer, replacing an earlier line of
// the same name (RFC 6265 section 4.1.1 wants one). maxAge is in seconds; below
// one the cookie goes.
func setCookie(h http.Header, o origin, name, value string, maxAge Time) {
	if o.secure() {
		putCookie(h, name, value, maxAge, "; HttpOnly; Secure; SameSite=Lax")
	} else {
		putCookie(h, name, value, maxAge, "; HttpOnly; SameSite=Lax")
	}
}

// putCookie writes the line as http.Cookie does. That checks what every name and
// value of ours is made of: letters, digits and a few marks (see NewNames).
func putCookie(h http.Header, name, value string, maxAge Time, attributes string) {
	earlier := h["Set-Cookie"]
	kept := earlier[:0]
	for _, line := range earlier {
		if rest, same := strings.CutPrefix(line, name); !same || !strings.HasPrefix(rest, "=") {
			kept = append(kept, line)
		}
	}
	age := strconv.FormatInt(int64(max(0, maxAge)), 10)
	h["Set-Cookie"] = append(kept, name+"="+value+"; Path=/; Max-Age="+age+attributes)
}

// expireCookie tells the browser to forget a cookie.
func expireCookie(h http.Header, o origin, name string) {
	setCookie(h, o, name, "", -1)
}
