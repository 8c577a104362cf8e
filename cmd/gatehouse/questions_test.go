package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/starter"
)

// TestAnAnswerThatDoesNotFitIsAskedForAgain, at once and with what is wrong.
func TestAnAnswerThatDoesNotFitIsAskedForAgain(t *testing.T) {
	typed := strings.Join([]string{
		"nonsense", "3f2504e0-4f89-41d3-9a0c-0305e82c3302", "mars", "eu", "", "client-7",
		"wiki.example.com", "http://wiki.example.com", "https://wiki.example.com", "htp://10.0.0.5", "http://10.0.0.5:8080",
	}, "\n") + "\n"
	var said bytes.Buffer
	var a answers
	if err := a.complete(&starter.File{}, &questions{in: bufio.NewReader(strings.NewReader(typed)), out: &said, terminal: true}); err != nil {
		t.Fatalf("%v after\n%s", err, &said)
	}
	want := answers{environmentID: "3f2504e0-4f89-41d3-9a0c-0305e82c3302", region: "eu", clientID: "client-7", from: "https://wiki.example.com", to: "http://10.0.0.5:8080"}
	if a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
	for _, wrong := range []string{"\"nonsense\"", "unknown region \"mars\"", "an answer is needed", "insecure_http", "unknown scheme \"htp\""} {
		if strings.Count(said.String(), wrong) != 1 {
			t.Errorf("%q is not said once in\n%s", wrong, &said)
		}
	}
}

func TestWhoHangsUpIsNotAskedAgain(t *testing.T) {
	for typed, want := range map[string]string{"": "an answer is needed", "nonsense": "nonsense"} {
		var a answers
		err := a.complete(&starter.File{}, &questions{in: bufio.NewReader(strings.NewReader(typed)), out: new(bytes.Buffer), terminal: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestNoSessionsIsSaid(t *testing.T) {
	var out bytes.Buffer
	if err := printSessions(&out, gateway.SessionList{}); err != nil || out.String() != "no sessions\n" {
		t.Errorf("%q, %v", &out, err)
	}
}
