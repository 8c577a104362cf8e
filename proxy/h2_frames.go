package proxy

import "encoding/binary"

// Types, flags and errors of HTTP/2 frames (RFC 9113 sections 6 and 7).
const (
	h2Data          = 0x0
	h2Headers       = 0x1
	h2ResetStream   = 0x3
	h2GoAway        = 0x7
	h2EndStream     = 0x1 // a flag of DATA and HEADERS
	h2FrameHead     = 9   // bytes before a payload
	h2ErrorLength   = 4   // bytes of an error code
	h2PrefaceRest   = "\r\nSM\r\n\r\n"
	enhanceYourCalm = 0xb
)

// h2Frames follows one direction of an HTTP/2 connection by the heads of its
// frames. Payloads are not looked at, but for the error of a RST_STREAM. The
// zero h2Frames is before the first frame.
type h2Frames struct {
	head [h2FrameHead + h2ErrorLength]byte
	have int // bytes of head
	rest int // bytes to come of the payload
}

// between reports whether one frame is over and the next has not begun.
func (f *h2Frames) between() bool { return f.have == 0 && f.rest == 0 }

// bound returns how much of p there is up to the next bound between frames: all
// of it if there is none.
func (f *h2Frames) bound(p []byte) (n int) {
	ahead := *f
	for n < len(p) && !ahead.between() {
		m, _ := ahead.step(p[n:])
		n += m
	}
	return n
}

// step moves on by at most one frame's head or payload, and returns by how
// much. whole says that a head is complete now, and can be asked until the next
// step. p is not empty.
func (f *h2Frames) step(p []byte) (n int, whole bool) {
	if f.have == 0 && f.rest > 0 {
		n = min(f.rest, len(p))
		f.rest -= n
		return n, false
	}
	for {
		want := h2FrameHead
		if f.have >= h2FrameHead {
			if f.kind() == h2ResetStream && f.length() >= h2ErrorLength {
				want += h2ErrorLength
			}
			if f.have == want {
				f.rest = f.length() - (want - h2FrameHead)
				f.have = 0
				return n, true
			}
		}
		if n == len(p) {
			return n, false
		}
		m := copy(f.head[f.have:want], p[n:])
		f.have += m
		n += m
	}
}

func (f *h2Frames) length() int     { return int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2]) }
func (f *h2Frames) kind() byte      { return f.head[3] }
func (f *h2Frames) ends() bool      { return f.head[4]&h2EndStream != 0 }
func (f *h2Frames) stream() uint32  { return binary.BigEndian.Uint32(f.head[5:]) &^ (1 << 31) }
func (f *h2Frames) failure() uint32 { return binary.BigEndian.Uint32(f.head[h2FrameHead:]) }
