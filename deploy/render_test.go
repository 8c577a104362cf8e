package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests is what one variant brings into a cluster: one of each.
type manifests struct {
	deployment apps.Deployment
	service    core.Service
	config     core.ConfigMap
	budget     policy.PodDisruptionBudget
	network    networking.NetworkPolicy
}

// variants are all ways to deploy, by name.
var variants = map[string]func(*testing.T) manifests{
	"kubernetes/base":      func(t *testing.T) manifests { return decode(t, kustomized(t, "kubernetes/base")) },
	"kubernetes/sidecar":   func(t *testing.T) manifests { return decode(t, kustomized(t, "kubernetes/sidecar")) },
	"helm":                 func(t *testing.T) manifests { return decode(t, charted(t, "")) },
	"helm with everything": func(t *testing.T) manifests { return decode(t, charted(t, everything)) },
}

// everything sets each value that adds something, the sidecar among them.
const everything = `
image: {repository: registry.example.com/gatehouse, tag: v1}
imagePullSecrets: [{name: registry}]
replicas: 3
existingSecret: keys
config: {server: {listen: ":9000"}}
ports: {http: 9000}
service: {type: LoadBalancer, port: 443, annotations: {a: b}}
sidecar:
  enabled: true
  container: {name: app, image: "example/wiki:1.0", args: [--listen, "127.0.0.1:3000"]}
  volumes: [{name: data, emptyDir: {}}]
networkPolicy: {probe: []}
podAnnotations: {c: d}
extraEnv: [{name: HTTPS_PROXY, value: "http://proxy:3128"}]
extraVolumes: [{name: ca, configMap: {name: ca}}]
extraVolumeMounts: [{name: ca, mountPath: /etc/ca}]
nodeSelector: {disk: ssd}
tolerations: [{key: a, operator: Exists}]
affinity: {nodeAffinity: {}}
`

// kustomized is what `kubectl apply -k` would send.
func kustomized(t *testing.T, dir string) string {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// charted is what `helm install` would send, with values over the chart's.
func charted(t *testing.T, values string) string {
	t.Helper()
	files, err := chart(t, values)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if filepath.Ext(name) == ".yaml" {
			all = append(all, files[name])
		}
	}
	return strings.Join(all, "\n---\n")
}

func chart(t *testing.T, values string) (map[string]string, error) {
	t.Helper()
	c, err := loader.LoadDir("helm/gatehouse")
	if err != nil {
		t.Fatal(err)
	}
	var over map[string]any
	if err := yaml.Unmarshal([]byte(values), &over); err != nil {
		t.Fatal(err)
	}
	render, err := util.ToRenderValues(c, over, common.ReleaseOptions{Name: "gatehouse", Namespace: "gatehouse", IsInstall: true}, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, render)
}

// decode reads manifests as the API server does with fieldValidation=Strict:
// fields that are unknown or twice there are errors.
func decode(t *testing.T, text string) (m manifests) {
	t.Helper()
	into := map[string]any{
		"Deployment": &m.deployment, "Service": &m.service, "ConfigMap": &m.config,
		"PodDisruptionBudget": &m.budget, "NetworkPolicy": &m.network,
	}
	for document := range strings.SplitSeq(text, "\n---\n") {
		var head struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if head.Kind == "" {
			continue // only comments
		}
		target, ok := into[head.Kind]
		if !ok {
			t.Fatalf("a second %s, or one that no test knows", head.Kind)
		}
		delete(into, head.Kind)
		if err := yaml.UnmarshalStrict([]byte(document), target); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
	}
	if len(into) > 0 {
		t.Fatalf("there is no %v", slices.Sorted(maps.Keys(into)))
	}
	return m
}

// TestChartRefusesValuesThatMeanNothing: a misspelt value would else be a
// default that nobody notices.
func TestChartRefusesValuesThatMeanNothing(t *testing.T) {
	for values, says := range map[string]string{
		"replica: 3":                          "replica",
		"image: {repo: x}":                    "repo",
		"existingSecret: ''":                  "existingSecret",
		"sidecar: {enabled: true}":            "sidecar.container",
		"config: {server: {listen: ':8443'}}": "config.server.listen is :8443",
		"ports: {probe: 9000}":                "config.server.probe_listen is :9181",
		"ports: {http: 80}":                   "ports",
	} {
		if _, err := chart(t, values); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", values, err)
		}
	}
	if _, err := chart(t, everything); err != nil {
		t.Error(err)
	}
}

// TestNotesAreWhole: they are read once, right after the installation.
func TestNotesAreWhole(t *testing.T) {
	files, err := chart(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if notes := files["gatehouse/templates/NOTES.txt"]; !strings.Contains(notes, `{{index .data "gatehouse.yaml"}}`) || strings.Contains(notes, "<no value>") {
		t.Error(notes)
	}
}

// TestChartAndManifestsAreOfOneMind: what the base says of the pod is what the
// chart says.
func TestChartAndManifestsAreOfOneMind(t *testing.T) {
	a, b := variants["kubernetes/base"](t), variants["helm"](t)
	for _, d := range []*apps.Deployment{&a.deployment, &b.deployment} {
		d.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector = nil
		d.Spec.Template.Spec.Containers[0].ImagePullPolicy = ""
	}
	x, _ := yaml.Marshal(a.deployment.Spec.Template.Spec)
	y, _ := yaml.Marshal(b.deployment.Spec.Template.Spec)
	if string(x) != string(y) {
		t.Errorf("kubernetes/base:\n%s\nhelm:\n%s", x, y)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
