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

func TestCookieLinesAreThoseOfHTTPCookie(t *testing.T) {
	for _, https := range []bool{false, true} {
		for _, age := range []Time{1, 600, 15552000, 0, -1} {
			o := origin{"http", "localhost"}
			if https {
				o.scheme = "https"
			}
			h := http.Header{}
			setCookie(h, o, "__Host-gatehouse-Ab_9", "1~A-_z9=", age)
			want := http.Cookie{
				Name: "__Host-gatehouse-Ab_9", Value: "1~A-_z9=", Path: "/", MaxAge: int(max(age, 0)),
				Secure: https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			}
			if age <= 0 {
				want.MaxAge = -1
			}
			if got := h["Set-Cookie"]; len(got) != 1 || got[0] != want.String() {
				t.Errorf("Set-Cookie is %q, want %q", got, want.String())
			}
		}
	}
}

func TestSetCookieReplacesAnEarlierLine(t *testing.T) {
	h := http.Header{"Set-Cookie": {"app=1", "gatehouse=old; Path=/", "gatehouse.1=old", "gatehouse"}}
	setCookie(h, origin{"http", "localhost"}, "gatehouse", "new", 60)
	want := "app=1|gatehouse.1=old|gatehouse|gatehouse=new; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
	if got := strings.Join(h["Set-Cookie"], "|"); got != want {
		t.Errorf("Set-Cookie is %s, want %s", got, want)
	}
}
