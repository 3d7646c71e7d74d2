package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNoEdge says that no edge runs with a state directory.
var ErrNoEdge = errors.New("no edge is running here")

// Client talks to the running edge of a state directory.
type Client struct {
	dir  string
	http *http.Client
}

// NewClient returns a client. Nothing is opened until it is used.
func NewClient(stateDir string) (*Client, error) {
	dir, err := filepath.Abs(stateDir)
	if err != nil {
		return nil, fmt.Errorf("find the state directory: %w", err)
	}
	c := &Client{dir: dir}
	c.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: c.dial}}
	return c, nil
}

func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	short, done, err := shorten(c.dir, controlSocket(c.dir))
	if err != nil {
		return nil, err
	}
	defer done()
	return (&net.Dialer{}).DialContext(ctx, "unix", short)
}

// Status asks for a snapshot. The error is ErrNoEdge where no edge runs.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var status Status
	response, err := c.do(ctx, http.MethodGet, "/status")
	if err != nil {
		return status, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
		return status, fmt.Errorf("read the edge's answer: %w", err)
	}
	return status, nil
}

// Stop asks the edge to drain and stop, and returns when it has.
func (c *Client) Stop(ctx context.Context) error {
	response, err := c.do(ctx, http.MethodPost, "/stop")
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (c *Client) do(ctx context.Context, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://edge"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w: %s", ErrNoEdge, c.dir)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("the edge of %s belongs to another user", c.dir)
	case err != nil:
		return nil, fmt.Errorf("ask the edge of %s: %w", c.dir, err)
	}
	return response, nil
}
