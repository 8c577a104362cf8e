package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSecretsPrintRedacted(t *testing.T) {
	type hidden struct{ secret Secret } // fmt calls no methods in here
	type nest struct {
		Secret  Secret
		Pointer *Secret
		List    []Secret
		Map     map[string]Secret
		Any     any
	}
	s := NewSecret(plantedSecret)
	for _, value := range []any{
		s, &s, []Secret{s}, map[string]Secret{"a": s}, hidden{s}, &hidden{s},
		nest{s, &s, []Secret{s}, map[string]Secret{"a": s}, s},
		fmt.Errorf("wrapped: %v", s),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%10.3s", "% x", "%w"} {
			noSecret(t, verb, fmt.Sprintf(verb, value))
		}
	}
	noSecret(t, "Sprint", fmt.Sprint(s))

	value := nest{s, &s, []Secret{s}, map[string]Secret{"a": s}, s}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, "JSON", string(asJSON))
	asYAML, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, "YAML", string(asYAML))
	var logged bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&logged, nil), slog.NewTextHandler(&logged, nil)} {
		slog.New(handler).Info("m", "secret", s, "pointer", &s, "value", value, "hidden", hidden{s})
	}
	noSecret(t, "slog", logged.String())
	if got := fmt.Sprintf("%v %s", s, string(asJSON[:24])); !strings.Contains(got, "[redacted]") {
		t.Errorf("printed %q", got)
	}
}

func TestSecretsAreRevealedAndComparedOnRequest(t *testing.T) {
	s := NewSecret(plantedSecret)
	if s.Reveal() != plantedSecret || !s.Equal(NewSecret(plantedSecret)) || s.Equal(NewSecret("other")) {
		t.Error("the secret is not what was put in")
	}
	if zero := (Secret{}); !zero.IsZero() || zero.Reveal() != "" || s.IsZero() {
		t.Error("the zero secret is not empty")
	}
}

func TestLoadedConfigPrintsNoSecret(t *testing.T) {
	c := mustParse(t, smallest+"headers: {X-Key: {value: \"${PING_CLIENT_SECRET}\"}}\nserver: {admin: {token: \"${PING_CLIENT_SECRET}\"}}\n")
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		noSecret(t, verb, fmt.Sprintf(verb, c))
		noSecret(t, verb, fmt.Sprintf(verb, *c))
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, "JSON", string(data))
}

// noSecret fails if text holds the planted secret, plain or in hex.
func noSecret(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range []string{plantedSecret, fmt.Sprintf("%x", plantedSecret), fmt.Sprintf("%X", plantedSecret), fmt.Sprintf("% x", plantedSecret)} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the secret: %s", what, text)
		}
	}
}
