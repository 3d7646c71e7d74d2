package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
)

// fakeEdge answers on the control socket of a state directory, which it
// returns. The handlers are named as in "GET /status".
func fakeEdge(t *testing.T, handlers map[string]http.HandlerFunc) string {
	t.Helper()
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, handler := range handlers {
		mux.HandleFunc(pattern, handler)
	}
	server := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return dir
}

// answer returns a handler that answers with a value, or refuses a site where
// the value is diagnostics.
func answer(value any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if _, refused := value.(config.Diagnostics); refused {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_ = json.NewEncoder(w).Encode(value)
	}
}

// typo is a site that is refused.
var typo = config.Diagnostics{{
	Severity: config.Error, Summary: `no backend is called "ap"`, Remedy: `did you mean "app"?`,
	File: "/etc/edgegen/site.hcl", Line: 4, Column: 25, EndLine: 4, EndColumn: 29, Snippet: `  route "/" { backend = "ap" }`,
}}

const typoText = `error: no backend is called "ap"
 --> /etc/edgegen/site.hcl:4:25
  |
4 |   route "/" { backend = "ap" }
  |                         ^^^^
  = did you mean "app"?
`

// runVerb runs a verb as a shell would.
func runVerb(t *testing.T, arguments ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), arguments, streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}
