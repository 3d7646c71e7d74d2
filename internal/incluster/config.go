package incluster

import (
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Config is how the cluster is asked. In a pod edgegen is whoever the ServiceAccount
// says; elsewhere KUBECONFIG names the cluster, and the account.
func Config() (*rest.Config, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	config.UserAgent, config.QPS = "edgegen", -1 // the server says when it is too much
	return config, nil
}
