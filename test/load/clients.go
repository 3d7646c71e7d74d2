package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// ClientOptions say what clients do.
type ClientOptions struct {
	Address     string // of the TLS listener
	Host        string
	Count       int           // how many there are
	Requests    int           // on one connection; 0 is any number
	Pause       time.Duration // between two requests of a client
	HTTP2       bool          // they speak HTTP/2
	Retry       bool          // what fails is tried once more, on a new connection
	Generations *Generations
	Expectation
}

// Clients ask, each in a loop, for one page after the other.
type Clients struct {
	options ClientOptions
	cancel  context.CancelFunc
	work    sync.WaitGroup
	mu      sync.Mutex
	report  Report
}

// Report is what clients have seen.
type Report struct {
	Requests    int
	Connections int
	Mixed       int       // answers whose parts were right for different generations
	Retried     int       // requests that failed once
	Failed      []Failure // with the retry, where there is one
	Wrong       []Failure // whole answers that should have been others
	Longest     time.Duration
}

// Failure is a request that went wrong, with all its tries.
type Failure struct {
	Path       string
	Begin, End time.Time
	Err        error
}

func (f Failure) String() string {
	return fmt.Sprintf("%s to %s: %s: %v", f.Begin.Format("15:04:05.000"), f.End.Format("15:04:05.000"), f.Path, f.Err)
}

// StartClients starts clients that go on until Stop.
func StartClients(o ClientOptions) *Clients {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Clients{options: o, cancel: cancel}
	for range o.Count {
		c.work.Go(func() { c.loop(ctx) })
	}
	return c
}

// Stop has every client finish its request, and returns the report.
func (c *Clients) Stop() Report {
	c.cancel()
	c.work.Wait()
	return c.report
}

// Requests is how many have been answered or have failed so far.
func (c *Clients) Requests() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.report.Requests
}

// client is one of them.
type client struct {
	*Clients
	connection *Connection
	used       int
}

func (c *Clients) loop(ctx context.Context) {
	one := &client{Clients: c}
	defer one.drop()
	for at := rand.IntN(len(c.options.Pages)); ctx.Err() == nil; at++ {
		one.request(c.options.Pages[at%len(c.options.Pages)])
		if pause := c.options.Pause; pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(pause/2 + rand.N(pause)):
			}
		}
	}
}

// request asks for a page, twice where the first try fails and that is asked
// for, and notes how it went.
func (c *client) request(page Page) {
	begin := time.Now()
	whole, wrong, err := c.try(page)
	retried := err != nil && c.options.Retry
	if retried {
		first := err
		if whole, wrong, err = c.try(page); err != nil {
			err = fmt.Errorf("first %w, then %w", first, err)
		}
	}
	end := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &c.report
	r.Requests++
	r.Longest = max(r.Longest, end.Sub(begin))
	if retried {
		r.Retried++
	}
	switch {
	case err != nil:
		r.Failed = append(r.Failed, Failure{page.Path, begin, end, err})
	case wrong != nil:
		r.Wrong = append(r.Wrong, Failure{page.Path, begin, end, wrong})
	case !whole:
		r.Mixed++
	}
}

// try asks once, on the client's connection or a new one. The error is about
// an answer that did not come, or that says the edge cannot answer.
func (c *client) try(page Page) (whole bool, wrong, err error) {
	low, _ := c.options.Generations.Window()
	if c.connection != nil && c.connection.ended() { // since the last answer
		c.drop()
	}
	if c.connection == nil {
		protocol := "http/1.1"
		if c.options.HTTP2 {
			protocol = "h2"
		}
		if c.connection, err = dial(c.options.Address, c.options.Host, protocol); err != nil {
			return false, nil, err
		}
		c.used = 0
		c.mu.Lock()
		c.report.Connections++
		c.mu.Unlock()
		_, high := c.options.Generations.Window()
		wrong = c.options.judgeSerial(low, high, c.connection.Serial)
	}
	c.used++
	answer, err := c.connection.Get(page.Path)
	if err != nil {
		err = fmt.Errorf("on request %d of its connection: %w", c.used, err)
		c.drop()
		return false, nil, err
	}
	if c.connection.ended() || c.used == c.options.Requests {
		c.drop()
	}
	_, high := c.options.Generations.Window()
	whole, judged := page.judge(low, high, answer)
	if judged != nil && answer.Status >= 500 && c.options.Retry {
		c.drop()
		return false, nil, judged
	}
	if wrong == nil {
		wrong = judged
	}
	return whole, wrong, nil
}

func (c *client) drop() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}
