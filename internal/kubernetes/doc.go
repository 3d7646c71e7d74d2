// Package kubernetes describes an edge as the objects of a cluster that runs it:
// several copies of edgegen with one site. It makes values, and touches neither
// a cluster nor the disk but for the files that the site is made of.
package kubernetes

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// Options say what the site does not.
type Options struct {
	Name      string // of the objects; "" for one made of the first site's host
	Namespace string // "" for the one that they are applied to, or that the site names
	Image     string // with edgegen in it
	Replicas  int    // how many edges there are at least; at least 1
	// InImage says that the image holds the site's files, at /etc/edgegen.
	InImage bool
	// ServiceMonitor adds one, for the Prometheus operator.
	ServiceMonitor bool
	Argument       string // the site's file below /etc/edgegen; "" for the directory
}

// An Object is one of the cluster's, and the name of the file that it goes into.
type Object struct {
	File  string
	Value any
}

// exporter knows what all objects have in common.
type exporter struct {
	Options

	edge    *site.Edge
	loaded  *config.Loaded
	found   config.Findings
	version string
	files   files
	ports   []port
	health  probes
	rights  []rights // that the edge has at the cluster, by namespace
}

// Objects describes the edge, in the order in which a cluster wants them, with
// what is probably not meant. The error is a *config.Refused where the site
// cannot run like that.
func Objects(loaded *config.Loaded, options Options, version string) ([]Object, []Secret, config.Diagnostics, error) {
	e := &exporter{Options: options, edge: loaded.Edge, loaded: loaded, version: version}
	e.found.Loaded = loaded
	e.Name = cmp.Or(e.Name, named(e.edge.Sites[e.edge.First].Host))
	if err := e.checkNames(); err != nil {
		return nil, nil, nil, err
	}
	e.ports = e.listeners()
	e.health = e.probes()
	e.rights = e.needed()
	e.settle()
	e.doubts()
	e.files = e.sort()
	objects := []Object{{"serviceaccount.yaml", e.serviceAccount()}}
	for _, r := range e.rights {
		objects = append(objects, e.granted(r)...)
	}
	if !e.InImage {
		objects = append(objects, Object{"configmap.yaml", e.configMap()})
	}
	objects = append(objects,
		Object{"service.yaml", e.service()},
		Object{"deployment.yaml", e.deployment()},
		Object{"poddisruptionbudget.yaml", e.budget()},
		Object{"horizontalpodautoscaler.yaml", e.scaler()},
		Object{"networkpolicy.yaml", e.policy()})
	if e.edge.Cluster != nil {
		objects = append(objects, Object{"service-members.yaml", e.members()})
	}
	if e.ServiceMonitor {
		objects = append(objects, Object{"service-metrics.yaml", e.measured()}, Object{"servicemonitor.yaml", e.monitor()})
	}
	if err := e.found.Refusal(); err != nil {
		return nil, nil, nil, err
	}
	return objects, append(e.files.secrets, e.given()...), e.found.All, nil
}

// checkNames refuses what a cluster would.
func (e *exporter) checkNames() error {
	if wrong := validation.IsDNS1035Label(e.Name); len(wrong) > 0 || len(e.Name) > maxName {
		return fmt.Errorf("--name %q: the names of services are lower-case letters, digits and dashes, begin with a letter, and have at most %d characters", e.Name, maxName)
	}
	if wrong := validation.IsDNS1123Label(e.Namespace); e.Namespace != "" && len(wrong) > 0 {
		return fmt.Errorf("--namespace %q: the names of namespaces are lower-case letters, digits and dashes, at most %d", e.Namespace, validation.DNS1123LabelMaxLength)
	}
	if e.Image == "" || strings.ContainsFunc(e.Image, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fmt.Errorf("--image %q: name an image, such as registry.example/edgegen:1.0", e.Image)
	}
	return nil
}

// maxName leaves room for what is put behind a name.
const maxName = 40

// named makes a name of a host.
func named(host string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, host), "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "edge-" + name
	}
	return strings.TrimRight(name[:min(len(name), maxName)], "-")
}

// refuse notes why the site cannot run in a cluster as it is written.
func (e *exporter) refuse(at site.Source, summary, remedy string) {
	e.found.Add(at, config.Error, summary, remedy)
}

// warn notes what probably is not meant.
func (e *exporter) warn(at site.Source, summary, remedy string) {
	e.found.Add(at, config.Warning, summary, remedy)
}
