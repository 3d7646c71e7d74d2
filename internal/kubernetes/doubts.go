package kubernetes

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// maxReplicas is how many edges there are at least, at most: the scaler may add four
// times as many.
const maxReplicas = 10000

// doubts looks at what works on one machine and not on several.
func (e *exporter) doubts() {
	if e.Replicas < 1 || e.Replicas > maxReplicas {
		e.refuse(site.Source{}, fmt.Sprintf("there has to be an edge, and there may be %d", maxReplicas), "write --replicas 2, say")
	}
	e.writes(e.edge.Storage.Path, e.edge.Storage.Source)
	e.writes(e.edge.Log.Access, e.edge.Log.Source)
	if at := slices.IndexFunc(e.ports, func(p port) bool { return p.name == "https" }); at >= 0 && e.ports[at].number != e.ports[at].outer && e.edge.PublicPort == 0 {
		e.warn(e.edge.HTTPS[0].Source, fmt.Sprintf("the service listens on %d, and redirects lead to %d", e.ports[at].outer, e.ports[at].number), "write public_port = 443 into the edge block")
	}
	if c := e.edge.Cluster; c != nil && !slices.ContainsFunc(c.Members, e.isMembers) {
		e.warn(c.Source, "the addresses of pods are not known beforehand", fmt.Sprintf("name the Service that stands for all of them: members = [\"%s:%d\"]", e.membersName(), c.Listen[0].Address.Port()))
	}
	for _, s := range e.edge.Sites {
		e.doubtACME(s.TLS)
		if s.TLS.SelfSigned && !e.edge.Plain() {
			e.warn(s.TLS.Source, "each edge signs its certificate itself, so clients see several", "name a certificate and a key for anything but a trial")
		}
		for _, b := range s.Backends {
			if len(b.Command) > 0 {
				e.warn(b.Source, "the image has to hold the program of this app, and each edge runs one", "give the app a Deployment, and name its Service here")
			}
			if at := slices.IndexFunc(b.Servers, func(s site.Server) bool { return s.Path != "" || isLoopback(s.Host) }); at >= 0 {
				e.warn(b.Servers[at].Source, "this server is looked for in the edge's own pod", "name the Service of the app, such as app.default.svc:5000, unless it runs beside the edge")
			}
		}
	}
}

// writes refuses a file that the edge is to write where a pod may write nothing.
func (e *exporter) writes(name string, at site.Source) {
	if filepath.IsAbs(name) && !slices.ContainsFunc(writable, func(directory string) bool { return strings.HasPrefix(name, directory+"/") }) {
		e.refuse(at, name+" lies where a pod may write nothing", "name a file below /tmp, or below /var/lib/edgegen: the pod has a volume for either")
	}
}

// doubtACME looks at what edges have in common that get certificates from an authority.
func (e *exporter) doubtACME(t site.TLS) {
	if !t.ACME || e.edge.Plain() {
		return
	}
	const remedy = "write acme { store = \"kubernetes://NAMESPACE/NAME\" } into the edge block, and the edges have one account and one certificate in common, in Secrets; or have the cluster get it, by cert-manager say, and name the files in which its Secret is to be found: certificate = \"tls/tls.crt\", key = \"tls/tls.key\""
	switch store := e.edge.ACME.Store; {
	case store == "":
		e.refuse(t.Source, "each edge would ask the authority for a certificate of its own", remedy)
	case !strings.HasPrefix(store, site.InKubernetes):
		e.refuse(e.edge.ACME.StoreSource, "pods have no directory in common, such as "+store, remedy)
	}
	if len(t.DNSHook) > 0 {
		e.warn(t.Source, "the image has to hold the program "+t.DNSHook[0]+", which writes into the DNS", "build an image FROM edgegen's with it, and pass --image")
	}
}

// isMembers reports whether the members of a cluster are found by the Service for them.
func (e *exporter) isMembers(m site.Member) bool {
	if m.Service != "" {
		return m.Service == e.membersName() && m.Namespace == e.Namespace
	}
	return m.Host == e.membersName() || strings.HasPrefix(m.Host, e.membersName()+".")
}
