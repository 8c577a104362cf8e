package session

import (
	"net/http"
	"strings"
	"testing"
)

func TestPiecesJoinToWhatWasSplit(t *testing.T) {
	names := [maxPieces]string{"s", "s.1", "s.2", "s.3"}
	for _, size := range []int{1, 100, pieceSize - countLen, pieceSize - countLen + 1, 2*pieceSize - countLen, 3*pieceSize - countLen, 3*pieceSize - countLen + 1, maxCookieBytes - countLen} {
		want := strings.Repeat("x", size-1) + "y"
		p := split(want)
		var line []string
		for i := range p.n {
			line = append(line, names[i]+"="+p.values[i])
		}
		var f found
		f.scan(http.Header{"Cookie": {strings.Join(line, "; ")}}, &names)
		got, ok := f.candidate(0)
		if !ok || got != p || got.sealed() != want {
			t.Errorf("%d bytes in %d pieces do not come back", size, p.n)
		}
		if p.size() > maxCookieBytes {
			t.Errorf("%d bytes became %d", size, p.size())
		}
	}
}

// One sealed value cut in many ways would be as many entries in the memory.
func TestOtherCutsAreRefused(t *testing.T) {
	names := [maxPieces]string{"s", "s.1", "s.2", "s.3"}
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, line := range []string{
		"s=2~" + x(pieceSize-3) + "; s.1=" + x(10),
		"s=2~" + x(pieceSize-1) + "; s.1=" + x(10),
		"s=2~" + x(pieceSize-2) + "; s.1=",
		"s=2~" + x(pieceSize-2),
		"s=1~" + x(pieceSize-1),
		"s=1~",
		"s=4~" + x(pieceSize-2) + "; s.1=" + x(pieceSize) + "; s.2=" + x(pieceSize) + "; s.3=" + x(pieceSize),
	} {
		var f found
		f.scan(http.Header{"Cookie": {line}}, &names)
		if _, ok := f.candidate(0); ok {
			t.Errorf("accepted %.20q… of %d bytes", line, len(line))
		}
	}
}

func TestSetCookieReplacesAnEarlierLine(t *testing.T) {
	h := http.Header{"Set-Cookie": {"app=1", "gatehouse=old; Path=/", "gatehouse.1=old"}}
	setCookie(h, origin{"http", "localhost"}, "gatehouse", "new", 60)
	want := "app=1|gatehouse.1=old|gatehouse=new; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
	if got := strings.Join(h["Set-Cookie"], "|"); got != want {
		t.Errorf("Set-Cookie is %s, want %s", got, want)
	}
}
