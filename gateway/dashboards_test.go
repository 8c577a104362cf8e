package gateway_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestDashboardAndAlertsNameWhatIsServed: a metric that was renamed would leave
// a panel empty, and an alert silent for ever.
func TestDashboardAndAlertsNameWhatIsServed(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	b.fetch("GET", home+"/admin", "").wants(403)
	served := map[string]map[string]bool{} // the labels that a metric has
	for line := range strings.Lines(h.admin("/metrics").wants(200).text) {
		if name, kind, ok := strings.Cut(strings.TrimPrefix(line, "# TYPE "), " "); ok && strings.HasPrefix(line, "# TYPE ") {
			served[name] = map[string]bool{"instance": true}
			if strings.HasPrefix(kind, "histogram") {
				served[name+"_bucket"] = served[name]
			}
		} else if name, labels, ok := strings.Cut(line, "{"); ok && served[name] != nil {
			for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(labels, -1) {
				served[name][label[1]] = true
			}
		}
	}
	for what, expressions := range map[string][]string{"alerts.yaml": alertExpressions(t), "grafana.json": panelExpressions(t)} {
		if len(expressions) < 10 {
			t.Errorf("%s holds %d expressions", what, len(expressions))
		}
		for _, e := range expressions {
			var labels []map[string]bool
			for _, name := range regexp.MustCompile(`\b(?:gatehouse|process|go)_\w+`).FindAllString(e, -1) {
				if served[name] == nil {
					t.Errorf("%s: %s is not served (%s)", what, name, e)
				}
				labels = append(labels, served[name])
			}
			for _, by := range regexp.MustCompile(`\bby \(([^)]*)\)`).FindAllStringSubmatch(e, -1) {
				for label := range strings.SplitSeq(by[1], ",") {
					label = strings.TrimSpace(label)
					if !slices.ContainsFunc(labels, func(has map[string]bool) bool { return has[label] }) {
						t.Errorf("%s: no metric has the label %s (%s)", what, label, e)
					}
				}
			}
		}
	}
}

// TestEveryAlertHasARunbook: whoever it wakes needs to know what to do.
func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	alerts, err := os.ReadFile("../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	operations, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, runbooks, _ := strings.Cut(string(operations), "\n## Runbooks\n")
	named, told := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(alerts), -1) {
		named[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(runbooks, -1) {
		told[m[1]] = true
	}
	if len(named) < 10 || !maps.Equal(named, told) {
		t.Errorf("the alerts are %v, the runbooks %v", slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(told)))
	}
}

func alertExpressions(t *testing.T) (all []string) {
	text, err := os.ReadFile("../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s does not say what happened and what to do", rule.Alert)
			}
			all = append(all, rule.Expr)
		}
	}
	return all
}

func panelExpressions(t *testing.T) (all []string) {
	text, err := os.ReadFile("../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}
