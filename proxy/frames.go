package proxy

import "encoding/binary"

// Bits of a WebSocket frame's first two bytes (RFC 6455 section 5.2).
const (
	finalFrame   = 0x80
	opcodeBits   = 0x0f
	opcodeClose  = 0x8
	maskedFrame  = 0x80
	lengthBits   = 0x7f
	length16     = 126 // two more bytes follow
	length64     = 127 // eight more
	maskLength   = 4
	maxFrameHead = 14
)

// frames follows a stream of WebSocket frames by their heads, to know where one
// ends. Payloads are not looked at. The zero frames is before the first.
type frames struct {
	head    [maxFrameHead]byte
	have    int    // bytes of head
	payload uint64 // bytes to come of the frame's payload
	closed  bool   // a close frame has passed
}

// between reports whether one frame is over and the next has not begun.
func (f *frames) between() bool { return f.have == 0 }

// follow moves on by p.
func (f *frames) follow(p []byte) {
	for len(p) > 0 {
		p = p[f.step(p):]
	}
}

// bound returns how much of p there is up to the next bound between frames: all
// of it if there is none.
func (f *frames) bound(p []byte) (n int) {
	ahead := *f
	for n < len(p) && !ahead.between() {
		n += ahead.step(p[n:])
	}
	return n
}

// step moves on to the end of the present frame, or of p, and returns by how
// much. p is not empty.
func (f *frames) step(p []byte) (n int) {
	for n < len(p) && f.have < f.headLength() {
		f.head[f.have] = p[n]
		f.have++
		n++
		if f.have == f.headLength() {
			f.payload = f.payloadLength()
		}
	}
	if f.have < f.headLength() {
		return n
	}
	rest := min(f.payload, uint64(len(p)-n))
	f.payload -= rest
	if f.payload == 0 {
		f.closed = f.closed || f.head[0]&opcodeBits == opcodeClose
		f.have = 0
	}
	return n + int(rest)
}

// headLength is how long the head is, as far as its bytes tell so far.
func (f *frames) headLength() int {
	if f.have < 2 {
		return 2
	}
	length := 2
	switch f.head[1] & lengthBits {
	case length16:
		length += 2
	case length64:
		length += 8
	}
	if f.head[1]&maskedFrame != 0 {
		length += maskLength
	}
	return length
}

func (f *frames) payloadLength() uint64 {
	switch short := f.head[1] & lengthBits; short {
	case length16:
		return uint64(binary.BigEndian.Uint16(f.head[2:]))
	case length64:
		return binary.BigEndian.Uint64(f.head[2:])
	default:
		return uint64(short)
	}
}
