package conformance

import (
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/gateway-api/conformance"
	conformancev1 "sigs.k8s.io/gateway-api/conformance/apis/v1"
	"sigs.k8s.io/gateway-api/conformance/tests"
	"sigs.k8s.io/gateway-api/conformance/utils/config"
	"sigs.k8s.io/gateway-api/conformance/utils/suite"
	"sigs.k8s.io/yaml"

	"edgegen/test/cluster"
	"edgegen/test/edge"
)

// What is asked of a run: the tests' flags of their own.
var (
	updating = flag.Bool("update", false, "write what the suite reports into report.yaml")
	only     = flag.String("only", "", "the one test of the suite that is run; the report is not looked at then")
	engines  = flag.String("engines", "builtin", "the combination of engines that serves")
)

// The addresses that Gateways can have, the one that a test of the suite asks for, and
// one that nobody has.
const (
	addresses     = 60
	gatewaysAt    = "10.80.1."
	usableAddress = "10.80.1.60"
	otherAddress  = "10.81.1.1"
)

// TestG8Suite runs the suite: its profile for HTTP, with each feature that a GatewayClass
// of ours says. What it reports is the report that is published.
func TestG8Suite(t *testing.T) { inNetworkOfItsOwn(t, runSuite) }

func runSuite(t *testing.T) {
	server := cluster.Start(t)
	access, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	access.QPS = -1
	log.SetLogger(klog.Background())
	options := optionsOf(t, access)
	define(t, options.Client)
	stop, err := startNode(t.Context(), access, edge.Program("echo-basic"), t.TempDir(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	startGateway(t, server.Kubeconfig)
	run, err := suite.NewConformanceTestSuite(options)
	if err != nil {
		t.Fatal(err)
	}
	run.Setup(t, tests.ConformanceTests)
	t.Run("suite", func(t *testing.T) { // what it is to end with it, ends with this
		if err := run.Run(t, tests.ConformanceTests); err != nil {
			t.Fatal(err)
		}
	})
	if *only != "" {
		return
	}
	report, err := run.Report()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, report)
}

// optionsOf are those of the suite.
func optionsOf(t *testing.T, access *rest.Config) suite.ConformanceOptions {
	t.Helper()
	c, err := client.New(access, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range []func() error{func() error { return gatewayv1.Install(c.Scheme()) }, func() error { return apiextensionsv1.AddToScheme(c.Scheme()) }} {
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
	typed, err := kubernetes.NewForConfig(access)
	if err != nil {
		t.Fatal(err)
	}
	ip := gatewayv1.IPAddressType
	timeouts := config.DefaultTimeoutConfig()
	return suite.ConformanceOptions{
		Client: c, Clientset: typed, RestConfig: access, ManifestFS: []fs.FS{&conformance.Manifests},
		ConfigurableOptions: suite.ConfigurableOptions{
			GatewayClassName: className, CleanupBaseResources: true, CleanupTestResources: true, RunTest: *only, TimeoutConfig: timeouts,
			SupportedFeatures: claimed(), ConformanceProfiles: []suite.ConformanceProfileName{suite.GatewayHTTPConformanceProfileName}, Implementation: implementation(t),
			UsableNetworkAddresses:   []gatewayv1.GatewaySpecAddress{{Type: &ip, Value: usableAddress}},
			UnusableNetworkAddresses: []gatewayv1.GatewaySpecAddress{{Type: &ip, Value: otherAddress}},
		},
	}
}

// className is that of the GatewayClass.
const className = "edgegen"

// implementation says whose report it is.
func implementation(t *testing.T) conformancev1.Implementation {
	t.Helper()
	said, err := exec.Command(edge.Program("edgegen"), "version").Output()
	words := strings.Fields(string(said))
	if err != nil || len(words) < 2 {
		t.Fatalf("edgegen version says %q: %v", said, err)
	}
	return conformancev1.Implementation{Organization: "edgegen", Project: "edgegen", Version: "v" + words[1], Contact: []string{}} // it has no address yet that is its own
}

// define makes the definitions of the Gateway API, and our GatewayClass.
func define(t *testing.T, c client.Client) {
	t.Helper()
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "config/crd/standard/*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d definitions, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(text, definition); err != nil {
			t.Fatal(err)
		}
		if definition.Kind != "CustomResourceDefinition" {
			continue
		}
		if err := c.Create(t.Context(), definition); err != nil {
			t.Fatal(err)
		}
	}
	class := &gatewayv1.GatewayClass{}
	class.Name, class.Spec.ControllerName = className, "edgegen.dev/gateway"
	edge.Await(t, "the cluster knows the Gateway API", edge.Patience, func() error { return c.Create(t.Context(), class) }, func(err error) bool { return err == nil })
}
