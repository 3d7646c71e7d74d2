package reload

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"edgegen/test/edge"
)

// TestFullDiskUploads holds that every engine answers an upload in the same way
// where there is no room to hold it, and takes it again once there is.
func TestFullDiskUploads(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.NginxAlone, edge.BuiltInWeb, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			w.small()
			e := w.Run()
			filler := filepath.Join(w.State, "filler")
			fill(t, filler)
			for range 3 {
				if status, page := upload(t, e, 8<<20); status != http.StatusInternalServerError || page != "500 Internal Server Error\n" {
					t.Errorf("the disk is full: %d %q", status, page)
				}
				if status, page := upload(t, e, 4<<10); status != http.StatusOK {
					t.Errorf("the disk is full, and the upload is small: %d %q", status, page)
				}
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			if status, page := upload(t, e, 8<<20); status != http.StatusOK {
				t.Errorf("there is room again: %d %q", status, page)
			}
			e.Stop()
		})
	}
}

// upload sends a body to an app, on a connection of its own.
func upload(t *testing.T, e *edge.Edge, size int) (status int, page string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{ServerName: host, InsecureSkipVerify: true}} // the certificate is not what is tested
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+e.HTTPS()+"/cached/upload", bytes.NewReader(make([]byte, size)))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Errorf("an upload of %d bytes: %v", size, err)
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("an upload of %d bytes: %v", size, err)
	}
	return response.StatusCode, string(body)
}
