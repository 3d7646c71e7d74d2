package prove

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"edgegen/internal/standin"
)

// told are the headers that an app goes by.
func told() []string {
	return []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Cookie", "Authorization"}
}

// Record answers for an app with what it was asked. The app is called by the server that
// is stood for.
func Record(app string, w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // it broke off
	}
	w.Header().Set("Cache-Control", "no-store")
	if standin.OpenWebSocket(w, q) {
		return
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "the app at %s\n%s %s\nHost: %s\n", strings.TrimPrefix(app, "fastcgi "), q.Method, q.URL.RequestURI(), q.Host)
	for _, name := range told() {
		if value := strings.Join(q.Header.Values(name), ", "); value != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&out, "a body of %d bytes\n", len(body))
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(out.Bytes()) // whoever has gone does not read it
}
