package vault

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The keys of a Secret.
const (
	chainKey   = "tls.crt"
	privateKey = "tls.key"
	contentKey = "content"
)

func contentOf(o *unstructured.Unstructured) (content []byte, err error) {
	for _, key := range []string{contentKey, chainKey, privateKey} {
		text, _, _ := unstructured.NestedString(o.Object, "data", key) // another kind is none
		part, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("the Secret %s: %w", o.GetName(), err)
		}
		content = append(content, part...)
	}
	return content, nil
}

// fill writes a content into an object. A chain with its key behind it are apart.
func fill(o *unstructured.Unstructured, content []byte) {
	kind, data := "Opaque", map[string]any{contentKey: base64.StdEncoding.EncodeToString(content)}
	if at := bytes.Index(content, []byte("-----BEGIN PRIVATE KEY-----")); at > 0 && bytes.HasPrefix(content, []byte("-----BEGIN CERTIFICATE-----")) {
		kind, data = "kubernetes.io/tls", map[string]any{chainKey: base64.StdEncoding.EncodeToString(content[:at]), privateKey: base64.StdEncoding.EncodeToString(content[at:])}
	}
	o.Object["type"], o.Object["data"] = kind, data
}
