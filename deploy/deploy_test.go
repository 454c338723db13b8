// Package deploy has what a business needs to run Frontdesk beside the binary:
// manifests, rules, dashboards. Its tests read them as those do for whom they are
// meant, strictly.
package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/frontdesk-im/frontdesk/adapters"
	"github.com/frontdesk-im/frontdesk/cmd/app"
	"github.com/frontdesk-im/frontdesk/config"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A cluster is what the manifests make.
type cluster struct {
	config     v1.ConfigMap
	deployment apps.Deployment
	services   []v1.Service
	ingress    networking.Ingress
	budget     policy.PodDisruptionBudget
	scaler     autoscaling.HorizontalPodAutoscaler
	network    networking.NetworkPolicy
}

// into is where a manifest of a kind is read to, nil for a kind that is not known.
func (c *cluster) into(kind string) any {
	switch kind {
	case "v1 ConfigMap":
		return &c.config
	case "apps/v1 Deployment":
		return &c.deployment
	case "v1 Service":
		c.services = append(c.services, v1.Service{})
		return &c.services[len(c.services)-1]
	case "networking.k8s.io/v1 Ingress":
		return &c.ingress
	case "policy/v1 PodDisruptionBudget":
		return &c.budget
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return &c.scaler
	case "networking.k8s.io/v1 NetworkPolicy":
		return &c.network
	}
	return nil
}

func manifests(t *testing.T) (c cluster) {
	t.Helper()
	for _, doc := range strings.Split(read(t, "kubernetes/frontdesk.yaml"), "\n---\n") {
		var head struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal([]byte(doc), &head); err != nil {
			t.Fatal(err)
		}
		v := c.into(head.APIVersion + " " + head.Kind)
		if v == nil {
			t.Fatalf("nobody knows %s %s", head.APIVersion, head.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(doc), v); err != nil {
			t.Errorf("%s: %v", head.Kind, err)
		}
	}
	return c
}

// The manifests are what Kubernetes reads, key by key, and name each other.
func TestManifests(t *testing.T) {
	c := manifests(t)
	pod := c.deployment.Spec.Template
	for what, labels := range map[string]map[string]string{
		"Deployment": c.deployment.Spec.Selector.MatchLabels, "Service": c.services[0].Spec.Selector, "Service of nodes": c.services[1].Spec.Selector,
		"PodDisruptionBudget": c.budget.Spec.Selector.MatchLabels, "NetworkPolicy": c.network.Spec.PodSelector.MatchLabels,
	} {
		if len(labels) == 0 {
			t.Errorf("%s selects everything", what)
		}
		for k, v := range labels {
			if pod.Labels[k] != v {
				t.Errorf("%s selects %s=%s, pods have %v", what, k, v, pod.Labels)
			}
		}
	}
	if s := c.ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name; s != c.services[0].Name {
		t.Errorf("the ingress leads to %s", s)
	}
	if r := c.scaler.Spec.ScaleTargetRef; r.Name != c.deployment.Name || r.Kind != "Deployment" {
		t.Errorf("%+v is scaled", r)
	}
	if m := c.scaler.Spec.Metrics[0].External.Metric.Name; !slices.Contains(app.Metrics(), m) {
		t.Errorf("it is scaled by %s, which nobody counts", m)
	}
	for _, v := range pod.Spec.Volumes {
		if v.ConfigMap != nil && v.ConfigMap.Name != c.config.Name {
			t.Errorf("pods mount the configuration %s", v.ConfigMap.Name)
		}
	}
	box := pod.Spec.Containers[0]
	for what, p := range map[string]*v1.Probe{"/healthz": box.LivenessProbe, "/readyz": box.ReadinessProbe} {
		if p == nil || p.HTTPGet == nil || p.HTTPGet.Path != what || p.HTTPGet.HTTPHeaders != nil {
			t.Errorf("no plain probe of %s: %+v", what, p)
		}
	}
	if *pod.Spec.TerminationGracePeriodSeconds <= 30+box.Lifecycle.PreStop.Sleep.Seconds {
		t.Error("pods are killed before limits.stop is over")
	}
}

// The configurations of both clusters are accepted, and every secret in them is
// one of those that the page says to make.
func TestConfigurations(t *testing.T) {
	for name, c := range map[string]struct{ text, secrets string }{
		"kubernetes": {manifests(t).config.Data["frontdesk.yaml"], read(t, "kubernetes/frontdesk.yaml")},
		"compose":    {read(t, "compose/frontdesk.yaml"), read(t, "compose/secrets.env.example")},
	} {
		env := func(k string) (string, bool) {
			if !strings.Contains(c.secrets, k) {
				t.Errorf("%s: nothing says to make %s", name, k)
			}
			switch k {
			case "DATABASE_URL":
				return "postgres://frontdesk:word@db:5432/frontdesk", true
			case "REDIS_URL":
				return "redis://:word@redis:6379/0", true
			}
			return "word", true
		}
		if _, err := config.Parse(name, []byte(c.text), config.Options{Makers: adapters.All, Sources: config.Sources{Env: env}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for line := range strings.Lines(read(t, "compose/secrets.env.example")) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasSuffix(k, "_URL") && !strings.Contains(v, "change-me") {
			t.Errorf("%s does not use the password above it", k)
		}
	}
}

// compose.yaml has no key that Compose does not know, and what it mounts is there.
func TestCompose(t *testing.T) {
	type service struct {
		Image, Restart          string
		Build                   struct{ Context, Dockerfile string }
		Command, Ports, Volumes []string
		EnvFile                 string `json:"env_file"`
		Environment             map[string]string
		Deploy                  struct{ Replicas int }
		DependsOn               any    `json:"depends_on"`
		StopGracePeriod         string `json:"stop_grace_period"`
		Healthcheck             struct {
			Test              []string
			Interval, Timeout string
			Retries           int
		}
	}
	var c struct {
		Name     string
		Services map[string]service
		Volumes  map[string]struct{}
	}
	if err := yaml.UnmarshalStrict([]byte(read(t, "compose/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	if c.Services["node"].Deploy.Replicas < 2 {
		t.Error("one node is no cluster")
	}
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, named := c.Volumes[from]; !named {
				if _, err := os.Stat(filepath.Join("compose", from)); err != nil {
					t.Errorf("%s mounts %v", name, err)
				}
			}
		}
		if s.Build.Context != "" {
			if _, err := os.Stat(filepath.Join("compose", s.Build.Context, s.Build.Dockerfile)); err != nil {
				t.Errorf("%s is built from %v", name, err)
			}
		}
	}
	secrets := read(t, "compose/secrets.env.example")
	for _, m := range regexp.MustCompile(`\$\$(\w+)`).FindAllStringSubmatch(read(t, "compose/compose.yaml"), -1) {
		if !strings.Contains(secrets, m[1]+"=") {
			t.Errorf("secrets.env.example does not say %s", m[1])
		}
	}
}

// Every figure that rules, dashboard and autoscaler ask for is one of ours.
func TestFigures(t *testing.T) {
	known := map[string]bool{}
	for _, name := range app.Metrics() {
		known[name] = true
	}
	asked := map[string]bool{}
	for _, file := range []string{"watch/rules.yaml", "watch/rules_test.yaml", "watch/grafana.json", "watch/adapter.values.yaml", "kubernetes/frontdesk.yaml", "README.md"} {
		for _, name := range regexp.MustCompile(`frontdesk_[a-z_]+`).FindAllString(read(t, file), -1) {
			asked[name] = true
			if base, ok := strings.CutSuffix(name, "_bucket"); !known[name] && !(ok && known[base]) {
				t.Errorf("%s: nobody counts %s", file, name)
			}
		}
	}
	if len(asked) < 15 {
		t.Errorf("only %d figures are asked for", len(asked))
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "watch/grafana.json")), &board); err != nil || len(board.Panels) == 0 {
		t.Fatalf("%d panels, %v", len(board.Panels), err)
	}
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			if q.Expr == "" {
				t.Errorf("%s asks for nothing", p.Title)
			}
		}
	}
}

// Prometheus reads the rules and the dashboard's questions, and the rules alarm
// when they should.
func TestRules(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		const how = "install promtool: apt-get install prometheus"
		if os.Getenv("FRONTDESK_REQUIRE_PEERS") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	asked := filepath.Join(t.TempDir(), "asked.yaml")
	if err := os.WriteFile(asked, questions(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "rules", "rules.yaml"}, {"check", "config", "--syntax-only", "prometheus.yaml"},
		{"test", "rules", "rules_test.yaml"}, {"check", "rules", asked},
	} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = "watch"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// questions are the dashboard's, as rules that promtool can check.
func questions(t *testing.T) []byte {
	t.Helper()
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal([]byte(read(t, "watch/grafana.json")), &board); err != nil {
		t.Fatal(err)
	}
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			rules = append(rules, rule{"asked:" + strings.Repeat("x", len(rules)+1), q.Expr})
		}
	}
	b, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "asked", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
