package apiserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// access is what lets clients in.
type access struct {
	tokens     string // the file with the administrator's token
	token      string
	accountKey string // the file with the key that signs the tokens of service accounts
}

// newAccess makes a token and a key, in files of dir.
func newAccess(dir string) (access, error) {
	a := access{tokens: filepath.Join(dir, "tokens.csv"), token: rand.Text(), accountKey: filepath.Join(dir, "account.key")}
	// Who is in this group may do everything, whatever the roles say.
	if err := os.WriteFile(a.tokens, []byte(a.token+",administrator,administrator,system:masters\n"), 0o600); err != nil {
		return a, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return a, fmt.Errorf("make the key of service accounts: %w", err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return a, fmt.Errorf("write the key of service accounts: %w", err)
	}
	return a, os.WriteFile(a.accountKey, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// kubeconfig writes how the administrator reaches the server at address, whose
// certificate is in authority.
func (a access) kubeconfig(file, address, authority string) error {
	certificate, err := os.ReadFile(authority)
	if err != nil {
		return fmt.Errorf("read the server's certificate: %w", err)
	}
	const name = "edgegen-test"
	c := clientcmdapi.NewConfig()
	c.Clusters[name] = &clientcmdapi.Cluster{Server: "https://" + address, CertificateAuthorityData: certificate}
	c.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: a.token}
	c.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: "default"}
	c.CurrentContext = name
	return clientcmd.WriteToFile(*c, file)
}
