package examples_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// documents parses every document of a YAML file into values of type T.
func documents[T any](t *testing.T, file string) []T {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, file)))
	var all []T
	for {
		var one T
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, one)
	}
}

// dex is what Dex's configuration and ours must agree on.
type dex struct {
	Issuer        string
	StaticClients []struct {
		ID, Secret   string
		RedirectURIs []string `yaml:"redirectURIs"`
	} `yaml:"staticClients"`
}

func TestDexAndGatewayKnowEachOther(t *testing.T) {
	provider := documents[dex](t, "dex.yaml")[0]
	c := load(t, "gatehouse.yaml", read(t, "gatehouse.yaml"))
	client, registered := provider.StaticClients[0], gateway.Registrations(c)[0]
	if provider.Issuer != c.Providers[0].Issuer[0] || client.ID != c.Providers[0].ClientID {
		t.Errorf("Dex is %s with client %s, the gateway expects %s with %s",
			provider.Issuer, client.ID, c.Providers[0].Issuer[0], c.Providers[0].ClientID)
	}
	if diff := cmp.Diff(registered.RedirectURIs, client.RedirectURIs); diff != "" {
		t.Errorf("redirect URIs (-gatehouse.yaml +dex.yaml):\n%s", diff)
	}
	// An undefined variable has its default, even with placeholders.
	if got := c.Providers[0].ClientSecret[0].Reveal(); got != client.Secret {
		t.Errorf("the gateway presents the secret %q, Dex knows %q", got, client.Secret)
	}
}

// compose is the part of the Compose format that can point to nothing.
type compose struct {
	Services map[string]struct {
		Build, Image string
		NetworkMode  string   `yaml:"network_mode"`
		DependsOn    []string `yaml:"depends_on"`
		Volumes      []string
		Ports        []string
	}
}

func TestComposeFilesPointToWhatIsThere(t *testing.T) {
	for _, file := range []string{"compose.yaml", "sidecar/compose.yaml"} {
		all := documents[compose](t, file)[0]
		if len(all.Services) < 2 {
			t.Errorf("%s: only %d services", file, len(all.Services))
		}
		for name, s := range all.Services {
			if (s.Build == "") == (s.Image == "") {
				t.Errorf("%s: %s needs either build or image", file, name)
			}
			paths := []string{}
			if s.Build != "" {
				paths = append(paths, filepath.Join(s.Build, "Dockerfile"))
			}
			for _, volume := range s.Volumes {
				host, _, _ := strings.Cut(volume, ":")
				paths = append(paths, host)
			}
			for _, path := range paths {
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), path)); err != nil {
					t.Errorf("%s: %s: %v", file, name, err)
				}
			}
			named := slices.Clone(s.DependsOn)
			if other, ok := strings.CutPrefix(s.NetworkMode, "service:"); ok {
				named = append(named, other)
				if len(s.Ports) > 0 {
					t.Errorf("%s: %s shares a network and cannot publish ports of its own", file, name)
				}
			}
			for _, other := range named {
				if _, ok := all.Services[other]; !ok {
					t.Errorf("%s: %s names the service %q, which is not there", file, name, other)
				}
			}
		}
	}
}

// container is one of a pod.
type container struct {
	Name  string
	Ports []struct {
		Name          string
		ContainerPort string `yaml:"containerPort"`
	}
	ReadinessProbe struct {
		HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
	} `yaml:"readinessProbe"`
}

// object is what a Deployment and its Service must agree on with the gateway.
type object struct {
	Kind string
	Spec struct {
		Selector map[string]any
		Ports    []struct {
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct{ Containers []container }
		}
	}
}

func TestPodLeadsToTheGateway(t *testing.T) {
	all := documents[object](t, "sidecar/pod.yaml")
	if len(all) != 2 || all[0].Kind != "Deployment" || all[1].Kind != "Service" {
		t.Fatalf("want a Deployment and a Service, got %+v", all)
	}
	pod, service := all[0].Spec.Template, all[1].Spec
	i := slices.IndexFunc(pod.Spec.Containers, func(c container) bool { return c.Name == "gatehouse" })
	if i < 0 {
		t.Fatal("no container is called gatehouse")
	}
	gate := pod.Spec.Containers[i]
	ports := map[string]string{}
	for _, p := range gate.Ports {
		ports[p.Name] = ":" + p.ContainerPort
	}
	c := load(t, "sidecar/gatehouse.yaml", read(t, "sidecar/gatehouse.yaml"))
	if target := service.Ports[0].TargetPort; ports[target] != c.Server.Listen {
		t.Errorf("the Service leads to %q, the gateway listens on %q", ports[target], c.Server.Listen)
	}
	if probe := gate.ReadinessProbe.HTTPGet; ports[probe.Port] != c.Server.ProbeListen || probe.Path != "/readyz" {
		t.Errorf("the probe asks %q%s, the gateway answers on %q", ports[probe.Port], probe.Path, c.Server.ProbeListen)
	}
	for name, value := range service.Selector {
		if pod.Metadata.Labels[name] != value {
			t.Errorf("the Service selects %s=%v, the pod is labelled %v", name, value, pod.Metadata.Labels)
		}
	}
}
