package session

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// TestNoFieldIsLost fills every field there is, so that one which the layout
// forgets is noticed on the day it is added.
func TestNoFieldIsLost(t *testing.T) {
	var s Session
	fill(t, reflect.ValueOf(&s).Elem(), "s")
	s.Version, s.Behind, s.Passing = Version, false, false // notes of a store are never in a session
	s.Identity.Claims = oddClaims()
	plain, err := s.pack()
	if err != nil {
		t.Fatal(err)
	}
	got := unpack(plain)
	if got == nil {
		t.Fatal("does not unpack")
	}
	if diff := cmp.Diff(s, *got); diff != "" {
		t.Error(diff)
	}
}

func TestNoFieldOfAnAttemptIsLost(t *testing.T) {
	a := Attempt{Before: &Session{Version: Version, ID: "id", Levels: map[string]Time{"mfa": 1}}, secret: [32]byte{0: 1, 31: 0xff}}
	a.Before.Identity.Issuer, a.Before.Identity.Subject = "i", "s"
	v := reflect.ValueOf(&a).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.CanSet() && f.Kind() != reflect.Pointer {
			fill(t, f, v.Type().Field(i).Name)
		}
	}
	a.ReturnTo = "/\xff?a=%2F"
	plain, err := a.pack()
	if err != nil {
		t.Fatal(err)
	}
	got := unpackAttempt(plain)
	if diff := cmp.Diff(&a, got, cmp.AllowUnexported(Attempt{})); diff != "" {
		t.Error(diff)
	}
	for n := range plain {
		if unpackAttempt(plain[:n]) != nil {
			t.Errorf("the first %d of %d bytes are an attempt", n, len(plain))
		}
	}
	if unpackAttempt(append(plain, 0)) != nil {
		t.Error("a byte too much is an attempt")
	}
}

// TestSecretsStayThose: browsers hold attempts while a new build takes over. Who
// derives them otherwise raises attemptVersion.
func TestSecretsStayThose(t *testing.T) {
	a := Attempt{secret: [32]byte{0: 1, 31: 0xff}}
	for label, got := range map[string]string{"state": a.Secrets().State, "nonce": a.Secrets().Nonce, "code_verifier": a.Secrets().Verifier} {
		sum := sha256.Sum256([]byte("\x00\x00\x00\x01" + string(a.secret[:]) + label))
		if want := base64.RawURLEncoding.EncodeToString(sum[:]); got != want {
			t.Errorf("%s is %s, want %s", label, got, want)
		}
	}
	if a.state() != a.Secrets().State {
		t.Error("there are two states")
	}
}

// fill gives everything in v a value of its own.
func fill(t *testing.T, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.String:
		v.SetString(path)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(path)) * 7919 * 104729 * 31)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			fill(t, v.Index(i), path+strings.Repeat("x", i))
		}
	case reflect.Map:
		if v.Type() == reflect.TypeFor[identity.Claims]() {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range []string{"", "a", "ü"} {
			member := reflect.New(v.Type().Elem()).Elem()
			fill(t, member, path+key)
			v.SetMapIndex(reflect.ValueOf(key), member)
		}
	default:
		t.Fatalf("%s is a %s, which this test cannot fill", path, v.Kind())
	}
}

func oddClaims() identity.Claims {
	return identity.Claims{
		"": nil, "no": false, "yes": true, "text": "<ü>\x00", "number": json.Number("12345678901234567890.5e-3"),
		"list":   []any{nil, "x", []any{}, map[string]any{}},
		"object": map[string]any{"b": map[string]any{"c": json.Number("0")}, "a": "", "": []any{true}},
	}
}

func TestSessionsOfNobodyAreNone(t *testing.T) {
	whole := Session{Version: Version, ID: "id", Identity: identity.Identity{Issuer: "i", Subject: "s"}}
	for name, lose := range map[string]func(*Session){
		"whole": func(*Session) {}, "id": func(s *Session) { s.ID = "" },
		"issuer": func(s *Session) { s.Identity.Issuer = "" }, "subject": func(s *Session) { s.Identity.Subject = "" },
	} {
		s := whole
		lose(&s)
		plain, err := s.pack()
		if err != nil {
			t.Fatal(err)
		}
		if got := unpack(plain) != nil; got != (name == "whole") {
			t.Errorf("%s: unpacks: %t", name, got)
		}
	}
}

func TestPartsAndLeftoversAreNoSession(t *testing.T) {
	s := Session{Version: Version, ID: "id", Ends: 1 << 40, Levels: map[string]Time{"a": 1, "b": 2}}
	s.Identity = identity.Identity{Issuer: "i", Subject: "s", Groups: []string{"g", ""}, Claims: oddClaims()}
	plain, err := s.pack()
	if err != nil {
		t.Fatal(err)
	}
	for n := range plain {
		if unpack(plain[:n]) != nil {
			t.Errorf("the first %d of %d bytes are a session", n, len(plain))
		}
	}
	if unpack(append(plain, 0)) != nil {
		t.Error("a byte too much is a session")
	}
}

// TestThereIsNoWayBackToJSON: what earlier layouts sealed is no session.
func TestThereIsNoWayBackToJSON(t *testing.T) {
	if unpack([]byte(`{"v":1,"id":"x","i":{"p":"p","iss":"i","sub":"s"},"c":1,"s":1,"e":9999999999}`)) != nil {
		t.Error("a session written as JSON opens")
	}
}

func TestWhatClaimsCannotBeIsRefused(t *testing.T) {
	deep := any("x")
	for range maxClaimDepth + 1 {
		deep = []any{deep}
	}
	for name, v := range map[string]any{"float": 1.5, "struct": struct{}{}, "typed list": []string{"a"}, "deep": deep} {
		s := Session{Version: Version, Identity: identity.Identity{Claims: identity.Claims{"c": []any{v}}}}
		if _, err := s.pack(); err == nil {
			t.Errorf("%s: packed", name)
		}
	}
}

// FuzzUnpack wants every session and attempt to have one spelling, and nothing to panic or
// to reserve more than it was sent.
func FuzzUnpack(f *testing.F) {
	s := Session{Version: Version, ID: "id", Levels: map[string]Time{"a": -1, "b": 1 << 62}, Edition: 3}
	s.Identity = identity.Identity{Issuer: "i", Subject: "s", Groups: []string{"g", ""}, Claims: oddClaims()}
	whole, err := s.pack()
	if err != nil {
		f.Fatal(err)
	}
	small := Session{Version: Version, ID: "i", Identity: identity.Identity{Issuer: "i", Subject: "s"}}
	least, err := small.pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(least)
	f.Add([]byte{})
	f.Add([]byte{4, 0x80, 0})
	f.Add([]byte{4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte(`{"v":1}`))
	attempt := Attempt{Provider: "p", ReturnTo: "/", Created: 1, Before: &s}
	started, err := attempt.pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(started)
	f.Fuzz(func(t *testing.T, plain []byte) {
		if a := unpackAttempt(plain); a != nil {
			if again, err := a.pack(); err != nil || string(again) != string(plain) {
				t.Fatalf("two spellings of %+v:\n%q\n%q", a, plain, again)
			}
		}
		got := unpack(plain)
		if got == nil {
			return
		}
		again, err := got.pack()
		if err != nil {
			t.Fatal(err)
		}
		if string(again) != string(plain) {
			t.Fatalf("two spellings of %+v:\n%q\n%q", got, plain, again)
		}
	})
}
