package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// each runs a test with every variant.
func each(t *testing.T, test func(*testing.T, manifests)) {
	for name, render := range variants {
		t.Run(name, func(t *testing.T) { test(t, render(t)) })
	}
}

// gatehouse is the pod's container of that name.
func (m manifests) gatehouse(t *testing.T) core.Container {
	t.Helper()
	all := m.deployment.Spec.Template.Spec.Containers
	i := slices.IndexFunc(all, func(c core.Container) bool { return c.Name == "gatehouse" })
	if i < 0 {
		t.Fatal("no container is called gatehouse")
	}
	return all[i]
}

// TestPodMayDoNothingButServe: neither root nor capabilities, nothing to write
// to, no token of the cluster.
func TestPodMayDoNothingButServe(t *testing.T) {
	each(t, func(t *testing.T, m manifests) {
		pod, c := m.deployment.Spec.Template.Spec, m.gatehouse(t).SecurityContext
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
			t.Error("the pod gets a token of the cluster")
		}
		if pod.HostNetwork || pod.HostPID || pod.HostIPC {
			t.Error("the pod shares something with its host")
		}
		if pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
			t.Error("no seccomp profile")
		}
		if !*c.RunAsNonRoot || *c.RunAsUser == 0 || *c.AllowPrivilegeEscalation || !*c.ReadOnlyRootFilesystem ||
			!slices.Equal(c.Capabilities.Drop, []core.Capability{"ALL"}) || c.Capabilities.Add != nil {
			t.Errorf("securityContext: %+v", c)
		}
	})
}

// TestProbesAskTheProbeListener: readiness at the public port would be asked of
// routes, and metrics there would be shown to everybody.
func TestProbesAskTheProbeListener(t *testing.T) {
	each(t, func(t *testing.T, m manifests) {
		c := m.gatehouse(t)
		for path, probe := range map[string]*core.Probe{"/readyz": c.ReadinessProbe, "/healthz": c.LivenessProbe} {
			if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port.StrVal != "probe" {
				t.Errorf("%s: %+v", path, probe)
			}
		}
		ports := map[string]int32{}
		for _, p := range c.Ports {
			ports[p.Name] = p.ContainerPort
		}
		var file struct {
			Server map[string]any
		}
		if err := yaml.Unmarshal([]byte(m.config.Data["gatehouse.yaml"]), &file); err != nil {
			t.Fatal(err)
		}
		for key, port := range map[string]string{"listen": "http", "probe_listen": "probe"} {
			if got, want := file.Server[key], ":"+strconv.Itoa(int(ports[port])); got != want {
				t.Errorf("server.%s is %v, the port %s is %s", key, got, port, want)
			}
		}
		for _, p := range m.service.Spec.Ports {
			if p.TargetPort.StrVal != "http" {
				t.Errorf("the Service leads to the port %s", p.TargetPort.StrVal)
			}
		}
		// The kubelet must outwait the drain, and notice it within the delay.
		grace, delay := *m.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds, duration(t, file.Server["drain_delay"])
		if wait := delay + duration(t, file.Server["shutdown_timeout"]); time.Duration(grace)*time.Second <= wait {
			t.Errorf("terminationGracePeriodSeconds is %d, and a drain may take %s", grace, wait)
		}
		if notice := time.Duration(c.ReadinessProbe.PeriodSeconds*c.ReadinessProbe.FailureThreshold) * time.Second; notice > delay {
			t.Errorf("a pod that drains is noticed after %s, and drain_delay is %s", notice, delay)
		}
	})
}

// TestSelectorsMeanThePod: one that matches nothing protects nothing, and says
// nothing.
func TestSelectorsMeanThePod(t *testing.T) {
	each(t, func(t *testing.T, m manifests) {
		pod := labels.Set(m.deployment.Spec.Template.Labels)
		for what, selector := range map[string]*meta.LabelSelector{
			"Deployment": m.deployment.Spec.Selector, "PodDisruptionBudget": m.budget.Spec.Selector, "NetworkPolicy": &m.network.Spec.PodSelector,
			"Service": {MatchLabels: m.service.Spec.Selector}, "spread": m.deployment.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector,
		} {
			s, err := meta.LabelSelectorAsSelector(selector)
			if err != nil || s.Empty() || !s.Matches(pod) {
				t.Errorf("%s selects %v, the pod has %v (%v)", what, s, pod, err)
			}
		}
		if m.budget.Spec.MaxUnavailable.IntValue() != 1 {
			t.Error("a drained node may take more than one pod at a time")
		}
		for _, rule := range m.network.Spec.Ingress {
			if len(rule.From) == 0 || len(rule.Ports) == 0 {
				t.Errorf("a rule of the NetworkPolicy lets everybody in: %+v", rule)
			}
		}
	})
}

// TestChangesOfConfigMapAndSecretReachTheRunningPod: they are mounted as whole
// directories, under names that stay, and nothing in the pod changes with them.
func TestChangesOfConfigMapAndSecretReachTheRunningPod(t *testing.T) {
	each(t, func(t *testing.T, m manifests) {
		pod, c := m.deployment.Spec.Template.Spec, m.gatehouse(t)
		volumes := map[string]core.Volume{}
		for _, v := range pod.Volumes {
			volumes[v.Name] = v
		}
		mounted := map[string]core.Volume{}
		for _, mount := range c.VolumeMounts {
			if mount.SubPath != "" || volumes[mount.Name].Name == "" {
				t.Errorf("%+v", mount)
			}
			mounted[mount.MountPath] = volumes[mount.Name]
		}
		if v := mounted["/etc/gatehouse"].ConfigMap; v == nil || v.Name != m.config.Name {
			t.Errorf("/etc/gatehouse is %+v, the ConfigMap is called %s", v, m.config.Name)
		}
		if v := mounted["/run/secrets/gatehouse"].Secret; v == nil || *v.DefaultMode&0o007 != 0 {
			t.Errorf("/run/secrets/gatehouse is %+v", v)
		}
		for key := range m.deployment.Spec.Template.Annotations {
			if strings.Contains(key, "checksum") {
				t.Errorf("the annotation %s starts all pods anew", key)
			}
		}
		if len(c.EnvFrom) > 0 {
			t.Error("variables are those of the start; a rotated Secret would not count")
		}
	})
}

// TestChangedConfigurationLeavesThePodAsItIs: else the chart would roll it.
func TestChangedConfigurationLeavesThePodAsItIs(t *testing.T) {
	a, b := decode(t, charted(t, "")), decode(t, charted(t, "config: {session: {idle: 2h}}"))
	x, _ := yaml.Marshal(a.deployment)
	y, _ := yaml.Marshal(b.deployment)
	if string(x) != string(y) || a.config.Data["gatehouse.yaml"] == b.config.Data["gatehouse.yaml"] {
		t.Errorf("%s\n%s", x, y)
	}
}

// TestConfigurationPassesCheck with the binary, and holds no secret itself.
func TestConfigurationPassesCheck(t *testing.T) {
	binary := os.Getenv("GATEHOUSE_BINARY")
	if binary == "" {
		binary = filepath.Join(t.TempDir(), "gatehouse")
		build := exec.Command("go", "build", "-o", binary, "./cmd/gatehouse")
		build.Dir = ".."
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
	each(t, func(t *testing.T, m manifests) {
		file := filepath.Join(t.TempDir(), "gatehouse.yaml")
		text := m.config.Data["gatehouse.yaml"]
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		output, err := exec.Command(binary, "check", "--placeholder-secrets", "--config", file).CombinedOutput()
		if err != nil || strings.Contains(string(output), "warning") {
			t.Errorf("%v\n%s", err, output)
		}
		if !strings.Contains(string(output), "https://wiki.example.com/.auth/callback/corp") {
			t.Errorf("check does not tell the redirect URL:\n%s", output)
		}
		for _, line := range regexp.MustCompile(`(?m)^.*(?:secret|keys):\s+.*$`).FindAllString(text, -1) {
			if !strings.Contains(line, "${file:/run/secrets/gatehouse/") {
				t.Error(line)
			}
		}
	})
}

// TestOnlyTheSidecarListensOutside: the application of the pod is on loopback,
// answers while Gatehouse drains, and its routes lead there.
func TestOnlyTheSidecarListensOutside(t *testing.T) {
	m := variants["kubernetes/sidecar"](t)
	pod := m.deployment.Spec.Template.Spec
	if len(pod.Containers) != 2 || !strings.Contains(m.config.Data["gatehouse.yaml"], "to: http://127.0.0.1:3000") {
		t.Fatalf("%d containers, and\n%s", len(pod.Containers), m.config.Data["gatehouse.yaml"])
	}
	for _, c := range pod.Containers {
		if c.Name == "gatehouse" {
			continue
		}
		if len(c.Ports) > 0 || !slices.Contains(c.Args, "127.0.0.1:3000") {
			t.Errorf("%+v", c)
		}
		if sleep := c.Lifecycle.PreStop.Sleep.Seconds; sleep < 35 || sleep >= *pod.TerminationGracePeriodSeconds {
			t.Errorf("the application is stopped after %d s", sleep)
		}
	}
}

func duration(t *testing.T, value any) time.Duration {
	t.Helper()
	text, _ := value.(string)
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
