package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummaryHoldsMediansAgainstTheirBounds(t *testing.T) {
	r := &result{
		row: row{name: "1k-64", title: "signed in", bounds: []bound{
			{figure: cpu, times: bare, most: 0.85},
			{figure: cpu, times: nginx, most: 2.2},
			{figure: cpu, most: 35},
			{figure: flow, times: bare, least: 0.9},
			{figure: growth, most: 8, worst: true},
			{figure: cpu, times: oauth2Proxy, most: 0.15},
		}},
		who: []string{gatehouse, bare, nginx},
		rounds: map[string][]figures{
			gatehouse: {{cpu: 40, flow: 95, growth: 1}, {cpu: 400, flow: 95, growth: 9}, {cpu: 40, flow: 95, growth: 1}}, // one outlier
			bare:      {{cpu: 50, flow: 100}, {cpu: 50, flow: 100}, {cpu: 5, flow: 100}},
			nginx:     {{cpu: 10}, {cpu: 11}, {cpu: 9}},
		},
	}
	const want = `| row | figure | Gatehouse | yardstick | ratio | bound | |
|---|---|---:|---|---:|---:|---|
| signed in | CPU µs | 40 | bare ReverseProxy 50 | 0.80 | ≤ 0.85 × | held |
| signed in | CPU µs | 40 | nginx proxy_pass 10 | 4.00 | ≤ 2.20 × | **missed** |
| signed in | CPU µs | 40 | – | – | ≤ 35 | **missed** |
| signed in | MiB/s | 95 | bare ReverseProxy 100 | 0.95 | ≥ 0.90 × | held |
| signed in | RSS growth MiB | 9 | – | – | ≤ 8 | **missed** |
| signed in | CPU µs | 40 | oauth2-proxy not measured | – | ≤ 0.15 × | – |

signed in:

| | CPU µs | MiB/s | RSS growth MiB |
|---|---:|---:|---:|
| Gatehouse | 40 | 95 | 1 |
| bare ReverseProxy | 50 | 100 | – |
| nginx proxy_pass | 10 | – | – |
`
	var got strings.Builder
	writeSummary(&got, []*result{r})
	writeFigures(&got, []*result{r})
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestEveryBoundIsOfAFigureThatIsPrinted(t *testing.T) {
	printed := map[string]bool{}
	for _, name := range figureNames {
		printed[name] = true
	}
	names := map[string]bool{}
	for _, r := range all() {
		if names[r.name] {
			t.Errorf("two rows are called %s", r.name)
		}
		names[r.name] = true
		for _, b := range r.bounds {
			if !printed[b.figure] {
				t.Errorf("%s: the bound's figure %q is in no table", r.name, b.figure)
			}
		}
	}
}

func TestLoadThatFailedIsNoMeasurement(t *testing.T) {
	answers, f, err := readWrk("Running 1s test\nRESULT 1000 2.000 500 900 0 0 0 0 0\n")
	if err != nil || answers != 1000 || f[rate] != 500 || f[p50] != 0.5 || f[p99] != 0.9 {
		t.Errorf("%d, %v, %v", answers, f, err)
	}
	const frames = "Application protocol: h2\nstatus codes: 120 2xx, %FAIL% 3xx, 0 4xx, 0 5xx\n"
	if answers, _, err := readH2load(strings.ReplaceAll(frames, "%FAIL%", "0"), 2); err != nil || answers != 120 {
		t.Errorf("%d, %v", answers, err)
	}
	for _, out := range []string{"RESULT 1000 2.000 500 900 0 0 0 3 0\n", "RESULT 1000\n", "unable to connect\n"} {
		if _, _, err := readWrk(out); err == nil {
			t.Errorf("wrk: accepted %q", out)
		}
	}
	for _, out := range []string{strings.ReplaceAll(frames, "%FAIL%", "1"), strings.ReplaceAll(frames, "h2", "http/1.1"), ""} {
		if _, _, err := readH2load(out, 2); err == nil {
			t.Errorf("h2load: accepted %q", out)
		}
	}
}

func TestSavedResultsReplaceTheLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	const above = "# Benchmarks\n\nwords\n\n## Results\n\nOne machine's figures.\n"
	if err := os.WriteFile(path, []byte(above+"\nold\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := save(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	if diff := cmp.Diff(above+"\nnew\n", string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsNameWhatIsWrong(t *testing.T) {
	set := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	if s, err := settingsFrom(set()); err != nil || s.rounds != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, pair := range [][]string{{"BENCH_ROUNDS", "many"}, {"OAUTH2_PROXY", "/nonexistent"}, {"BENCH_ROWS", "1k-64", "BENCH_SAVE", "1"}} {
		if _, err := settingsFrom(set(pair...)); err == nil || !strings.Contains(err.Error(), pair[0]) && !strings.Contains(err.Error(), pair[1]) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	s, err := settingsFrom(set("BENCH_ROWS", "1k-64 redsi"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.chosen(); err == nil || !strings.Contains(err.Error(), `"redsi"`) {
		t.Error(err)
	}
}
