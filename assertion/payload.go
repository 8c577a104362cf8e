package assertion

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

// payload is a token's claims as JSON (RFC 7519 section 4), with room where the
// times belong. Until those are filled in, the same claims are the same bytes.
type payload struct {
	json    []byte
	issued  [2]int // where the rooms for iat and nbf begin
	expires int    // that for exp
	token   []byte // room to put it together
}

// timeRoom is how wide a time is, in digits; it suffices until 2286.
const timeRoom = 10

// payloads keeps those that were written. What is in them is nobody's then.
var payloads = sync.Pool{New: func() any { return &payload{json: make([]byte, 0, 1024), token: make([]byte, 0, 1024)} }}

// newPayload is to be released.
func newPayload() *payload {
	p := payloads.Get().(*payload)
	p.json = append(p.json[:0], '{')
	return p
}

// release may be called once the token is a text.
func (p *payload) release() {
	if cap(p.json)+cap(p.token) <= 32<<10 {
		payloads.Put(p)
	}
}

// name begins a member. The caller gives each but once.
func (p *payload) name(name string) {
	if len(p.json) > 1 {
		p.json = append(p.json, ',')
	}
	p.json = append(appendText(p.json, name), ':')
}

func (p *payload) text(name, value string) {
	p.name(name)
	p.json = appendText(p.json, value)
}

func (p *payload) flag(name string, value bool) {
	p.name(name)
	p.json = strconv.AppendBool(p.json, value)
}

// value writes what JSON has and Claims hold.
func (p *payload) value(name string, value any) (err error) {
	p.name(name)
	p.json, err = appendValue(p.json, value)
	return err
}

// times leaves room for iat, nbf and exp.
func (p *payload) times() {
	p.issued = [2]int{p.room("iat"), p.room("nbf")}
	p.expires = p.room("exp")
}

func (p *payload) room(name string) int {
	p.name(name)
	at := len(p.json)
	p.json = append(p.json, "          "[:timeRoom]...)
	return at
}

// fill writes the times and ends the object.
func (p *payload) fill(issued, expires time.Time) []byte {
	p.put(p.issued[0], issued)
	p.put(p.issued[1], issued)
	p.put(p.expires, expires)
	return append(p.json, '}')
}

// put writes to the right end of a room; blanks before a number mean nothing.
func (p *payload) put(at int, t time.Time) {
	var digits [20]byte
	d := strconv.AppendInt(digits[:0], t.Unix(), 10)
	copy(p.json[at+timeRoom-len(d):], d)
}

func appendValue(b []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case string:
		return appendText(b, value), nil
	case bool:
		return strconv.AppendBool(b, value), nil
	case []string:
		b = append(b, '[')
		for i, member := range value {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, member)
		}
		return append(b, ']'), nil
	}
	more, err := json.Marshal(value)
	return append(b, more...), err
}

// appendText leaves everything that has to be escaped to encoding/json.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, _ := json.Marshal(s) // a text never fails
			return append(b, escaped...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
