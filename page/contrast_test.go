package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// palettes reads the custom properties of the style sheet: the first block is
// light, the one for dark schemes overrides it.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	light, rest, ok := strings.Cut(ourStyle, "@media (prefers-color-scheme: dark)")
	dark, _, ok2 := strings.Cut(rest, "*, ::before")
	if !ok || !ok2 {
		t.Fatal("the style sheet has no dark scheme where it is looked for")
	}
	colour := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	read := func(css string) map[string]string {
		out := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(css, -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	return map[string]map[string]string{"light": read(light), "dark": read(dark)}
}

// luminance is WCAG 2.2's relative luminance of #rrggbb.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("colour %q", hex)
	}
	linear := func(c uint64) float64 {
		s := float64(c&0xff) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestContrastKnowsBlackOnWhite(t *testing.T) {
	if got := contrast(t, "#000000", "#ffffff"); math.Abs(got-21) > 0.01 {
		t.Errorf("contrast = %v, want 21", got)
	}
}

func TestColoursCanBeRead(t *testing.T) {
	const words, shapes = 4.5, 3.0 // WCAG 2.2: 1.4.3 and 1.4.11
	for scheme, colours := range palettes(t) {
		for _, c := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "ground", words}, {"ink", "door", words}, {"ink", "field", words},
			{"muted", "ground", words}, {"muted", "door", words}, {"muted", "field", words},
			{"accent", "ground", words}, {"accent", "door", words}, {"accent-strong", "door", words},
			{"accent-strong", "ground", words}, {"accent-strong", "wash", words},
			{"on-accent", "accent", words}, {"on-accent", "accent-strong", words},
			{"edge", "door", shapes}, {"accent", "field", shapes},
		} {
			if got := contrast(t, colours[c.front], colours[c.back]); got < c.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, c.front, c.back, got, c.least)
			}
		}
	}
}

// Every colour of the light scheme needs its twin, and no rule may bring a
// colour that the test above does not see.
func TestBothSchemesNameTheSameColours(t *testing.T) {
	schemes := palettes(t)
	for name := range schemes["light"] {
		if schemes["dark"][name] == "" {
			t.Errorf("the dark scheme has no --%s", name)
		}
	}
	_, rules, _ := strings.Cut(ourStyle, "*, ::before")
	if stray := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgb|hsl|oklch`).FindString(rules); stray != "" {
		t.Errorf("a rule has the colour %q of its own", stray)
	}
}

func TestMotionOnlyForThoseWhoWantIt(t *testing.T) {
	before, after, ok := strings.Cut(ourStyle, "@media (prefers-reduced-motion: no-preference) {")
	if !ok {
		t.Fatal("no rule about motion")
	}
	_, after, _ = strings.Cut(after, "\n}\n")
	if moving := regexp.MustCompile(`\b(animation|transition)[a-z-]*:`).FindString(before + after); moving != "" {
		t.Errorf("%q stands outside the rule about motion", moving)
	}
}
