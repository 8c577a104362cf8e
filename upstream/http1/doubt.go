package http1

import "bytes"

// doubtful looks for a head that two readers could read differently, before
// http.ReadResponse smooths it over (RFC 9112 section 6.3): with both a length
// and an encoding, with one of them twice, or with a folded line. A head that did
// not arrive whole in the buffer cannot be looked at and counts as well. Such an
// answer is passed on as net/http reads it, and its connection ends with it, so
// that no disagreement about its end can reach the next person's answer.
//
// Nothing else is decided here: what is missed costs no more than what
// http.Transport does.
func (x *answer) doubtful() bool {
	in := x.conn.in
	if _, err := in.Peek(1); err != nil {
		return true
	}
	seen, _ := in.Peek(in.Buffered())
	lengths, encodings := 0, 0
	for {
		end := bytes.IndexByte(seen, '\n')
		if end < 0 {
			return true
		}
		line := bytes.TrimSuffix(seen[:end], []byte{'\r'})
		seen = seen[end+1:]
		switch {
		case len(line) == 0:
			return lengths+encodings > 1
		case line[0] == ' ', line[0] == '\t':
			return true
		case isField(line, "content-length"):
			lengths++
		case isField(line, "transfer-encoding"):
			encodings++
		}
	}
}

// isField reports whether the line is a field of this name, in any case, also
// with blanks before the colon.
func isField(line []byte, lower string) bool {
	if len(line) <= len(lower) {
		return false
	}
	for i := range len(lower) {
		c := line[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	rest := bytes.TrimLeft(line[len(lower):], " \t")
	return len(rest) > 0 && rest[0] == ':'
}
