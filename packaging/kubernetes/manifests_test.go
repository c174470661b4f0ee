package kubernetes

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"golang.org/x/crypto/bcrypt"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// made are the types that manifests may be of.
var made = map[string]func() any{
	"v1 ConfigMap":                        func() any { return &core.ConfigMap{} },
	"v1 Secret":                           func() any { return &core.Secret{} },
	"v1 Service":                          func() any { return &core.Service{} },
	"apps/v1 StatefulSet":                 func() any { return &apps.StatefulSet{} },
	"apps/v1 Deployment":                  func() any { return &apps.Deployment{} },
	"policy/v1 PodDisruptionBudget":       func() any { return &policy.PodDisruptionBudget{} },
	"networking.k8s.io/v1 NetworkPolicy":  func() any { return &networking.NetworkPolicy{} },
	"monitoring.coreos.com/v1 PodMonitor": func() any { return &monitoring.PodMonitor{} },
}

// objects reads all manifests, strictly: a field that the API does not have, or that stands twice,
// is an error, where a cluster would drop it without a word.
func objects(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("%q: %v", files, err)
	}
	all := map[string]any{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
			var head struct {
				meta.TypeMeta   `json:",inline"`
				meta.ObjectMeta `json:"metadata"`
			}
			if err := yaml.Unmarshal(doc, &head); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			kind := head.APIVersion + " " + head.Kind
			if made[kind] == nil {
				t.Fatalf("%s: a %s is not expected", name, kind)
			}
			o := made[kind]()
			if err := yaml.UnmarshalStrict(doc, o); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if head.Name == "" || all[head.Kind+" "+head.Name] != nil {
				t.Errorf("%s: %s %q is there already, or has no name", name, kind, head.Name)
			}
			all[head.Kind+" "+head.Name] = o
		}
	}
	return all
}

// get finds an object. It is there, or the test ends.
func get[T any](t *testing.T, all map[string]any, name string) T {
	t.Helper()
	o, ok := all[name].(T)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	return o
}

// What one manifest says of another must be so.
func TestManifestsFit(t *testing.T) {
	all := objects(t)
	set := get[*apps.StatefulSet](t, all, "StatefulSet tallystick")
	labels := set.Spec.Template.Labels
	pod := set.Spec.Template.Spec
	container := pod.Containers[0]
	ports := map[string]int32{}
	for _, p := range container.Ports {
		ports[p.Name] = p.ContainerPort
	}

	for n := range *set.Spec.Replicas {
		name := set.Name + "-" + string(rune('0'+n))
		s := get[*core.Service](t, all, "Service "+name)
		if s.Spec.ClusterIP == core.ClusterIPNone || s.Spec.Selector[apps.StatefulSetPodNameLabel] != name || len(s.Spec.Selector) != 1 {
			t.Errorf("Service %s: want an address of its own, for that pod alone", name)
		}
		if !s.Spec.PublishNotReadyAddresses {
			t.Errorf("Service %s: nodes must reach it before it is ready, or it never is", name)
		}
		if p := s.Spec.Ports[0]; p.Port != 10000 || ports[p.TargetPort.StrVal] != 10000 {
			t.Errorf("Service %s: port %v is not that of the configuration", name, p)
		}
	}
	if s := get[*core.Service](t, all, "Service "+set.Spec.ServiceName); s.Spec.ClusterIP != core.ClusterIPNone {
		t.Error("the StatefulSet's own Service has no address")
	}
	for what, selector := range map[string]*meta.LabelSelector{
		"StatefulSet":         set.Spec.Selector,
		"PodDisruptionBudget": get[*policy.PodDisruptionBudget](t, all, "PodDisruptionBudget tallystick").Spec.Selector,
		"NetworkPolicy":       &get[*networking.NetworkPolicy](t, all, "NetworkPolicy tallystick").Spec.PodSelector,
		"PodMonitor":          &get[*monitoring.PodMonitor](t, all, "PodMonitor tallystick").Spec.Selector,
	} {
		if s, err := meta.LabelSelectorAsSelector(selector); err != nil || selector == nil || s.Empty() || !s.Matches(labelSet(labels)) {
			t.Errorf("%s selects other pods (%v)", what, err)
		}
	}
	for name, path := range map[string]string{"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"} {
		p := map[string]*core.Probe{"startup": container.StartupProbe, "liveness": container.LivenessProbe, "readiness": container.ReadinessProbe}[name]
		if p == nil || p.HTTPGet.Path != path || ports[p.HTTPGet.Port.StrVal] != 8404 {
			t.Errorf("the %s probe asks elsewhere than %s", name, path)
		}
	}
	for _, v := range pod.Volumes {
		switch {
		case v.ConfigMap != nil:
			get[*core.ConfigMap](t, all, "ConfigMap "+v.ConfigMap.Name)
		case v.Secret != nil:
			get[*core.Secret](t, all, "Secret "+v.Secret.SecretName)
		}
	}
	c := container.SecurityContext
	if !*pod.SecurityContext.RunAsNonRoot || *c.AllowPrivilegeEscalation || !*c.ReadOnlyRootFilesystem || !slices.Equal(c.Capabilities.Drop, []core.Capability{"ALL"}) {
		t.Error("the pod may do what it need not")
	}
	for _, rule := range get[*networking.NetworkPolicy](t, all, "NetworkPolicy tallystick").Spec.Ingress {
		for _, p := range rule.Ports {
			if len(rule.From) == 0 || ports[p.Port.StrVal] == 0 {
				t.Errorf("the policy lets everybody in, or to a port that is not there: %v", p.Port)
			}
		}
	}
}

// labelSet are the labels of a pod.
type labelSet map[string]string

func (l labelSet) Has(k string) bool              { _, ok := l[k]; return ok }
func (l labelSet) Get(k string) string            { return l[k] }
func (l labelSet) Lookup(k string) (string, bool) { v, ok := l[k]; return v, ok }

// Prometheus must know the password that the program asks for.
func TestPasswordFits(t *testing.T) {
	all := objects(t)
	secret := get[*core.Secret](t, all, "Secret tallystick-auth").StringData
	user, hash, _ := strings.Cut(strings.TrimSpace(secret["htpasswd"]), ":")
	if user != secret["username"] || bcrypt.CompareHashAndPassword([]byte(hash), []byte(secret["password"])) != nil {
		t.Error("htpasswd is not made of username and password")
	}
	auth := get[*monitoring.PodMonitor](t, all, "PodMonitor tallystick").Spec.PodMetricsEndpoints[0].BasicAuth
	if auth.Username.Name != "tallystick-auth" || secret[auth.Username.Key] == "" || auth.Password.Name != "tallystick-auth" || secret[auth.Password.Key] == "" {
		t.Errorf("Prometheus looks for the password elsewhere: %v", auth)
	}
}

// The configuration is one that the program takes, under the name of each pod.
func TestConfiguration(t *testing.T) {
	text := get[*core.ConfigMap](t, objects(t), "ConfigMap tallystick").Data["tallystick.cfg"]
	secret := get[*core.Secret](t, objects(t), "Secret tallystick-auth").StringData["htpasswd"]
	dir := t.TempDir()
	for name, data := range map[string]string{"htpasswd": secret, "tallystick.cfg": strings.Replace(text, "/etc/tallystick-auth", dir, 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := exec.Command("go", "run", "./cmd/tallystick", "-c", "-V", "-f", filepath.Join(dir, "tallystick.cfg"))
	check.Dir = "../.."
	check.Env = append(os.Environ(), "POD_NAME=tallystick-0")
	said, err := check.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "Configuration file is valid") {
		t.Errorf("%v\n%s", err, said)
	}
}

// The nodes call the aggregators by their names, at their addresses.
func TestNodesFit(t *testing.T) {
	all := objects(t)
	text := get[*core.ConfigMap](t, all, "ConfigMap haproxy").Data["haproxy.cfg"]
	lines := regexp.MustCompile(`(?m)^\s+server (\S+) (\S+):(\d+)$`).FindAllStringSubmatch(text, -1)
	if len(lines) != int(*get[*apps.StatefulSet](t, all, "StatefulSet tallystick").Spec.Replicas) {
		t.Errorf("nodes call %q", lines)
	}
	for _, l := range lines {
		if s := get[*core.Service](t, all, "Service "+l[1]); l[2] != s.Name || l[3] != "10000" {
			t.Errorf("%q", l[0])
		}
	}
	labels := labelSet(get[*apps.Deployment](t, all, "Deployment haproxy").Spec.Template.Labels)
	from := get[*networking.NetworkPolicy](t, all, "NetworkPolicy tallystick").Spec.Ingress[0].From[0].PodSelector
	if s, err := meta.LabelSelectorAsSelector(from); err != nil || !s.Matches(labels) {
		t.Errorf("the policy keeps the nodes out (%v)", err)
	}
}
