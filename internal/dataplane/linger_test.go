package dataplane

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// E5: a client that sends all of a body before it reads gets the answer that
// refuses it.
func TestE5RefusedWhileSending(t *testing.T) {
	e := start(t, simple(t, app(t, func(http.ResponseWriter, *http.Request) {})))
	c := e.dial(t)
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	const size = 16 << 20
	if _, err := io.WriteString(c, request("POST", "/", "Content-Length: 16777216")+strings.Repeat("x", size)); err != nil {
		t.Fatalf("the body is not taken: %v", err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
}
