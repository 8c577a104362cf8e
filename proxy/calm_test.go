package proxy

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// spoken is what a Framer writes.
func spoken(say func(*http2.Framer)) []byte {
	var b bytes.Buffer
	f := http2.NewFramer(&b, nil)
	f.AllowIllegalWrites = true
	say(f)
	return b.Bytes()
}

func asks(f *http2.Framer, stream uint32) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x82}, EndHeaders: true, EndStream: true})
}

func answers2(f *http2.Framer, stream uint32, pieces int) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x88}, EndHeaders: true})
	for i := range pieces {
		_ = f.WriteData(stream, i == pieces-1, []byte("body"))
	}
}

func calmNow(now time.Time) *calm {
	c := newCalm(1, now)
	c.hear([]byte(h2PrefaceRest), now)
	return c
}

// TestFloodsOfFramesAreNoticed: within a few hundred resets or a few thousand
// frames that bring nothing, in whichever way they come.
func TestFloodsOfFramesAreNoticed(t *testing.T) {
	now := time.Unix(1, 0)
	for _, flood := range []struct {
		name, want  string
		heard, said func(f *http2.Framer, i uint32)
	}{
		{"rapid reset", "reset_flood", func(f *http2.Framer, i uint32) { asks(f, 2*i+1); _ = f.WriteRSTStream(2*i+1, http2.ErrCodeCancel) }, nil},
		{"resets of nothing", "reset_flood", func(f *http2.Framer, i uint32) { _ = f.WriteRSTStream(2*i+1, http2.ErrCodeCancel) }, nil},
		{"mistakes that make us reset", "reset_flood", func(f *http2.Framer, i uint32) { asks(f, 2*i+1) },
			func(f *http2.Framer, i uint32) { _ = f.WriteRSTStream(2*i+1, http2.ErrCodeProtocol) }},
		{"more streams than are allowed", "reset_flood", func(f *http2.Framer, i uint32) { asks(f, 2*i+1) },
			func(f *http2.Framer, i uint32) { _ = f.WriteRSTStream(2*i+1, http2.ErrCodeRefusedStream) }},
		{"settings", "frame_flood", func(f *http2.Framer, _ uint32) { _ = f.WriteSettings() }, nil},
		{"pings", "frame_flood", func(f *http2.Framer, _ uint32) { _ = f.WritePing(false, [8]byte{}) }, nil},
		{"empty data", "frame_flood", func(f *http2.Framer, _ uint32) { _ = f.WriteData(1, false, nil) }, nil},
		{"priorities", "frame_flood", func(f *http2.Framer, i uint32) { _ = f.WritePriority(2*i+1, http2.PriorityParam{}) }, nil},
		{"windows", "frame_flood", func(f *http2.Framer, _ uint32) { _ = f.WriteWindowUpdate(0, 1) }, nil},
		{"continuations", "frame_flood", func(f *http2.Framer, _ uint32) { _ = f.WriteContinuation(1, false, nil) }, nil},
		{"an unknown type", "frame_flood", func(f *http2.Framer, _ uint32) { _ = f.WriteRawFrame(0x77, 0, 0, []byte("x")) }, nil},
	} {
		for _, piece := range []int{1, 7, 4096} {
			c, n := calmNow(now), uint32(0)
			for ; c.reason == "" && n < 10_000; n++ {
				for p := range slices.Chunk(spoken(func(f *http2.Framer) { flood.heard(f, n) }), piece) {
					c.hear(p, now)
				}
				if flood.said != nil {
					c.say(spoken(func(f *http2.Framer) { flood.said(f, n) }))
				}
			}
			if c.reason != flood.want || n < 100 {
				t.Errorf("%s in pieces of %d: %q after %d", flood.name, piece, c.reason, n)
			}
		}
	}
}

// TestHonestClientsAreNoFlood: what browsers, gRPC and downloads do, for long.
func TestHonestClientsAreNoFlood(t *testing.T) {
	for name, do := range map[string]func(c *calm, i uint32, now time.Time){
		"pages that are left, 100 streams each, every two seconds": func(c *calm, i uint32, now time.Time) {
			if i%10 != 0 { // a step is 200 ms
				return
			}
			c.hear(spoken(func(f *http2.Framer) {
				for s := range uint32(100) {
					asks(f, 200*i+2*s+1)
				}
			}), now)
			c.say(spoken(func(f *http2.Framer) { answers2(f, 200*i+1, 3) }))
			c.hear(spoken(func(f *http2.Framer) {
				for s := range uint32(100) {
					_ = f.WriteRSTStream(200*i+2*s+1, http2.ErrCodeCancel)
				}
			}), now)
		},
		"as many answers as cancels, 500 a second": func(c *calm, i uint32, now time.Time) {
			for s := range uint32(100) {
				stream := 200*i + 2*s + 1
				c.hear(spoken(func(f *http2.Framer) { asks(f, stream) }), now)
				if s%2 == 0 {
					c.say(spoken(func(f *http2.Framer) { answers2(f, stream, 1) }))
				} else {
					c.hear(spoken(func(f *http2.Framer) { _ = f.WriteRSTStream(stream, http2.ErrCodeCancel) }), now)
				}
			}
		},
		"a download with windows and a ping for each piece": func(c *calm, i uint32, now time.Time) {
			c.say(spoken(func(f *http2.Framer) { answers2(f, 2*i+1, 1000) }))
			c.hear(spoken(func(f *http2.Framer) {
				for range 1000 {
					_ = f.WriteWindowUpdate(2*i+1, 16<<10)
					_ = f.WriteWindowUpdate(0, 16<<10)
					_ = f.WritePing(false, [8]byte{})
				}
			}), now)
		},
		"an upload": func(c *calm, i uint32, now time.Time) {
			c.hear(spoken(func(f *http2.Framer) {
				for range 1000 {
					_ = f.WriteData(1, false, []byte("body"))
				}
				_ = f.WriteData(1, true, nil)
			}), now)
		},
		"an application that breaks its answers off": func(c *calm, i uint32, now time.Time) {
			c.say(spoken(func(f *http2.Framer) { _ = f.WriteRSTStream(2*i+1, http2.ErrCodeInternal) }))
			c.hear(nil, now)
		},
	} {
		now := time.Unix(1, 0)
		c := calmNow(now)
		for i := range uint32(500) {
			now = now.Add(200 * time.Millisecond)
			if do(c, i, now); c.reason != "" {
				t.Errorf("%s: %s in step %d", name, c.reason, i)
				break
			}
		}
	}
}

// FuzzH2Frames: however the bytes are cut, heads are found where a Framer finds
// them.
func FuzzH2Frames(f *testing.F) {
	f.Add(spoken(func(f *http2.Framer) {
		_ = f.WriteSettings(http2.Setting{ID: 1, Val: 2})
		asks(f, 1)
		_ = f.WriteRSTStream(1, http2.ErrCodeCancel)
		_ = f.WriteData(1, true, []byte("x"))
	}), uint8(3))
	f.Add([]byte{0, 0, 2, h2ResetStream, 0, 0, 0, 0, 1, 9, 9, 0, 0, 0, 6, 0, 0, 0, 0, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, sent []byte, piece uint8) {
		type head struct {
			kind   byte
			length int
			stream uint32
		}
		var want []head
		for rest := sent; len(rest) >= h2FrameHead; {
			h, err := http2.ReadFrameHeader(bytes.NewReader(rest))
			if err != nil {
				t.Fatal(err)
			}
			if h.Type == http2.FrameRSTStream && h.Length >= h2ErrorLength && len(rest) < h2FrameHead+h2ErrorLength {
				break // heard when its error is
			}
			want = append(want, head{byte(h.Type), int(h.Length), h.StreamID})
			rest = rest[min(len(rest), h2FrameHead+int(h.Length)):]
		}
		var got []head
		var follow h2Frames
		for p := range slices.Chunk(sent, int(piece)+1) {
			for len(p) > 0 {
				n, whole := follow.step(p)
				if p = p[n:]; whole {
					got = append(got, head{follow.kind(), follow.length(), follow.stream()})
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%x: heads %v, want %v", sent, got, want)
		}
	})
}
