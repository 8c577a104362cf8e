package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestProvidersClock: half a minute is tolerated, ten are not, and then page
// and log say that a clock is off and by how much.
func TestProvidersClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		off    time.Duration
		reason string // "" is success
	}{
		{"30 s ahead", 30 * time.Second, ""},
		{"30 s behind", -30 * time.Second, ""},
		{"10 min ahead", 10 * time.Minute, "id_token_not_yet_valid"},
		{"2 h behind", -2 * time.Hour, "id_token_expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := start(t, simple)
			h.idp.EditIDToken(func(claims map[string]any) {
				for _, name := range []string{"iat", "exp", "nbf", "auth_time"} {
					if at, ok := claims[name].(int64); ok {
						claims[name] = at + int64(c.off/time.Second)
					}
				}
			})
			b := h.browser()
			a := b.open(home + "/x")
			if c.reason == "" {
				a.fromApp()
				return
			}
			a.wants(http.StatusBadRequest).says("clocks disagree")
			a.says(c.reason)
			line := h.log.last(t, "audit", func(r map[string]any) bool { return r["reason"] == c.reason })
			if text, _ := line["error"].(string); strings.Count(text, "T") < 2 || strings.Count(text, "Z") < 2 {
				t.Errorf("the log does not tell both times: %v", line["error"])
			}
		})
	}
}
