package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// YAML writes an object as people apply it, without what the cluster fills in.
func (o Object) YAML() ([]byte, error) {
	text, err := json.Marshal(o.Value)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", o.File, err)
	}
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf("write %s: %w", o.File, err)
	}
	delete(plain, "status")
	return yaml.Marshal(plain)
}

// Stream writes all objects as one text, after what has to be there before.
func Stream(objects []Object, secrets []Secret) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(preface(secrets))
	for _, o := range objects {
		text, err := o.YAML()
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "---\n%s", text)
	}
	return out.Bytes(), nil
}

// Kustomization lists the objects' files, as a base that others build upon.
func Kustomization(objects []Object, secrets []Secret) []byte {
	var out bytes.Buffer
	out.WriteString(preface(secrets))
	out.WriteString("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n")
	for _, o := range objects {
		fmt.Fprintf(&out, "  - %s\n", o.File)
	}
	return out.Bytes()
}

// preface says how the Secrets are made, which are not among the objects.
func preface(secrets []Secret) string {
	var made, taken strings.Builder
	for _, s := range secrets {
		if len(s.Keys) > 0 {
			fmt.Fprintf(&taken, "# A Secret %s is asked for %s, where there is one.\n", s.Name, strings.Join(s.Keys, ", "))
		} else {
			fmt.Fprintf(&made, "#   %s\n", s.Command())
		}
	}
	if made.Len() == 0 {
		return taken.String()
	}
	return "# Keys and passwords stay where they are. Before these objects are applied, in\n# the site's directory:\n" + made.String() + taken.String()
}
