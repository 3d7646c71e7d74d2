package controller

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// pod is an app at an address that an EndpointSlice can name: not on loopback, which the
// API server refuses.
type pod struct {
	name    string
	address string
	port    int
	server  *http.Server
	end     context.CancelFunc
	work    sync.WaitGroup
}

// machine is an address of the machine that is not on loopback.
func machine(t *testing.T) string {
	t.Helper()
	address, ok := port.Machine(t)
	if !ok {
		edge.Skip(t, "an address of the machine that is not on loopback, for pods")
	}
	return address
}

// startPod starts an app that answers with its name, and echoes WebSockets.
func startPod(t *testing.T, name string) *pod {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(machine(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	at := listener.Addr().(*net.TCPAddr)
	p := &pod{name: name, address: at.IP.String(), port: at.Port, end: cancel}
	p.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.work.Add(1)
		defer p.work.Done()
		if r.Header.Get("Upgrade") != "" {
			load.Echo(ctx, w, r)
			return
		}
		fmt.Fprint(w, load.Line(name, r.Header.Get("X-Stage"), r.URL.Path))
	})}
	p.work.Go(func() { _ = p.server.Serve(listener) }) // it returns ErrServerClosed
	t.Cleanup(p.stop)
	return p
}

func (p *pod) stop() {
	p.end()
	_ = p.server.Close() // what is open is of no use any more
	p.work.Wait()
}

// slice is the EndpointSlice of a pod, as the cluster makes one for a Service.
func (p *pod) slice(namespace, service string, ready bool) string {
	return fmt.Sprintf(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s-%[2]s, namespace: %[3]s, labels: {kubernetes.io/service-name: %[1]s}}
addressType: IPv4
ports: [{name: http, port: %[4]d, protocol: TCP}]
endpoints: [{addresses: [%[5]s], conditions: {ready: %[6]t}}]
`, service, p.name, namespace, p.port, p.address, ready)
}

// service is a Service of pods.
func service(namespace, name string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: %s}
spec: {ports: [{name: http, port: 80}]}
`, name, namespace)
}

// secret is one of a certificate.
func secret(namespace, name string, c edge.Certificate) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Secret
type: kubernetes.io/tls
metadata: {name: %s, namespace: %s}
stringData: {tls.crt: %q, tls.key: %q}
`, name, namespace, c.Chain, c.Key)
}

// answer is what a URL is answered with.
type answer struct {
	status   int
	body     string
	location string
	serial   int64 // of the certificate
}

// get asks at an address for what is at a host; the zero answer where nobody answers.
func get(t *testing.T, scheme, address, host, path string, header ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	client := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{ServerName: host, InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}
	response, err := client.RoundTrip(request)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	a := answer{status: response.StatusCode, body: string(body), location: response.Header.Get("Location")}
	if response.TLS != nil {
		a.serial = response.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	return a
}
