package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/supervise"
	"edgegen/internal/unixsocket"
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
	short, done, err := unixsocket.Shorten(c.dir, Socket(c.dir))
	if err != nil {
		return nil, err
	}
	defer done()
	return (&net.Dialer{}).DialContext(ctx, "unix", short)
}

// Status asks for a snapshot. The error is ErrNoEdge where no edge runs.
func (c *Client) Status(ctx context.Context) (status Status, err error) {
	return status, c.ask(ctx, http.MethodGet, "/status", &status)
}

// Overview asks how the edge is doing, for people.
func (c *Client) Overview(ctx context.Context) (overview Overview, err error) {
	return overview, c.ask(ctx, http.MethodGet, "/overview", &overview)
}

// Drain has the edge say to load balancers that it is not ready, or, to undo that, that
// it is, and returns what is in work. It may be asked again and again.
func (c *Client) Drain(ctx context.Context, undo bool) (work Work, err error) {
	path := "/drain"
	if undo {
		path += "?" + UndoField + "=1"
	}
	return work, c.ask(ctx, http.MethodPost, path, &work)
}

// Stop asks the edge to drain and stop, and returns when it has: its process has
// ended, and another edge can have the state directory.
func (c *Client) Stop(ctx context.Context) error {
	holder, unknown := supervise.Holder(c.dir)
	if err := c.ask(ctx, http.MethodPost, "/stop", nil); err != nil {
		return err
	}
	if unknown != nil {
		return fmt.Errorf("the edge of %s has stopped serving; whether it has ended is not known: %w", c.dir, unknown)
	}
	if holder == 0 {
		return nil // its process cannot be seen from here, such as from outside its container
	}
	waiting, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	if err := supervise.AwaitEnd(waiting, c.dir, holder); err != nil {
		return fmt.Errorf("the edge of %s has stopped serving, but its process %d has not ended: %w", c.dir, holder, err)
	}
	return nil
}

// endTime is how long an edge that serves nothing any more may take to tidy up:
// more than closeTime.
const endTime = 15 * time.Second

// Plan asks what a reload would do. The error is a *Refused where the site would be.
func (c *Client) Plan(ctx context.Context, of Planned) (plan Plan, err error) {
	query := url.Values{}
	for field, path := range map[string]string{SiteField: of.Site, TemplatesField: of.Templates} {
		if path == "" {
			continue
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return plan, fmt.Errorf("find %s: %w", path, err)
		}
		query.Set(field, absolute)
	}
	if len(of.Given) > 0 {
		text, err := json.Marshal(of.Given)
		if err != nil {
			return plan, fmt.Errorf("write the values: %w", err)
		}
		query.Set(GivenField, string(text))
	}
	return plan, c.ask(ctx, http.MethodGet, "/plan?"+query.Encode(), &plan)
}

// Reload has the edge read its site anew and waits until it serves it. The
// error is a *Refused where the site is refused and the edge goes on as before.
func (c *Client) Reload(ctx context.Context) (outcome Outcome, err error) {
	return outcome, c.ask(ctx, http.MethodPost, "/reload", &outcome)
}

// ask sends a request and reads the answer into the value, which may be nil.
func (c *Client) ask(ctx context.Context, method, path string, answer any) error {
	response, err := c.do(ctx, method, path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusUnprocessableEntity:
		refused := &config.Refused{}
		if err := json.NewDecoder(response.Body).Decode(&refused.Diagnostics); err != nil {
			return fmt.Errorf("read the edge's answer: %w", err)
		}
		return refused
	case response.StatusCode != http.StatusOK:
		text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
		if err != nil {
			return fmt.Errorf("read the edge's answer: %w", err)
		}
		return errors.New(strings.TrimSpace(string(text)))
	case answer == nil:
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("read the edge's answer: %w", err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, method, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://edge"+path, nil)
	if err != nil {
		return nil, err
	}
	if directory, err := os.Getwd(); err == nil { // else files are named from the root
		query := request.URL.Query()
		query.Set(DirectoryField, directory)
		request.URL.RawQuery = query.Encode()
	}
	response, err := c.http.Do(request)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w: %s; start one with `edgegen up`, or name its state directory with --state-dir", ErrNoEdge, c.dir)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("the edge of %s belongs to another user: ask as that user, or as root", c.dir)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, c.deaf()
	case err != nil:
		return nil, fmt.Errorf("ask the edge of %s: %w", c.dir, err)
	}
	return response, nil
}

// deaf says which process has the state directory and does not answer.
func (c *Client) deaf() error {
	if pid, err := supervise.Holder(c.dir); err == nil && pid != 0 {
		return fmt.Errorf("the edge of %s does not answer: its process %d hangs, or was stopped by a signal", c.dir, pid)
	}
	return fmt.Errorf("the edge of %s does not answer", c.dir)
}
