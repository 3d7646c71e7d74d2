package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// SocketOptions say what WebSockets do.
type SocketOptions struct {
	Address   string // of the TLS listener
	Host      string
	Path      string
	Count     int           // how many there are
	Pause     time.Duration // between two messages of one
	Reconnect bool          // one that is cut is opened again, with one retry
}

// Sockets are WebSockets in which messages go to an app and have to come back
// as they were.
type Sockets struct {
	options SocketOptions
	client  *http.Client
	cancel  context.CancelFunc
	work    sync.WaitGroup
	mu      sync.Mutex
	open    int
	report  SocketReport
}

// SocketReport is what has happened to WebSockets.
type SocketReport struct {
	Messages int           // that came back
	Longest  time.Duration // until one did
	Opened   int
	Cuts     []Failure // WebSockets that ended; Begin is when they were known to be well
	Failed   []Failure // handshakes, with their retries
	Wrong    []Failure // messages that came back as others
}

// OpenSockets opens WebSockets and returns when all are open, or could not be
// opened.
func OpenSockets(o SocketOptions) *Sockets {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Sockets{options: o, cancel: cancel}
	s.client = &http.Client{Transport: &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialTLS(ctx, o.Address, o.Host, "http/1.1")
		},
	}}
	var opening sync.WaitGroup
	opening.Add(o.Count)
	atOnce := make(chan struct{}, 32) // more would only wait in the kernel's queue
	for i := range o.Count {
		s.work.Go(func() { s.loop(ctx, i, atOnce, sync.OnceFunc(opening.Done)) })
	}
	opening.Wait()
	return s
}

// Open is how many are open.
func (s *Sockets) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Messages is how many have come back so far.
func (s *Sockets) Messages() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.report.Messages
}

// Stop closes the WebSockets and returns the report.
func (s *Sockets) Stop() SocketReport {
	s.cancel()
	s.work.Wait()
	return s.report
}

// loop keeps one WebSocket.
func (s *Sockets) loop(ctx context.Context, number int, atOnce chan struct{}, opened func()) {
	defer opened()
	for ctx.Err() == nil {
		atOnce <- struct{}{}
		socket := s.connect(ctx)
		<-atOnce
		if socket != nil {
			opened()
			s.converse(ctx, number, socket)
		}
		if !s.options.Reconnect {
			return
		}
	}
}

// connect opens one; nil where that failed.
func (s *Sockets) connect(ctx context.Context) *websocket.Conn {
	begin := time.Now()
	socket, err := s.dial(ctx)
	if err != nil && s.options.Reconnect && ctx.Err() == nil {
		first := err
		if socket, err = s.dial(ctx); err != nil {
			err = fmt.Errorf("first %w, then %w", first, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.open++
		s.report.Opened++
		return socket
	}
	if ctx.Err() == nil {
		s.report.Failed = append(s.report.Failed, Failure{s.options.Path, begin, time.Now(), err})
	}
	return nil
}

func (s *Sockets) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, "wss://"+s.options.Host+s.options.Path, &websocket.DialOptions{HTTPClient: s.client})
	return socket, err
}

// converse sends messages until the WebSocket ends or is to end.
func (s *Sockets) converse(ctx context.Context, number int, socket *websocket.Conn) {
	well := time.Now()
	defer func() { _ = socket.CloseNow() }() // it may have been cut
	for count := 0; ; count++ {
		message := fmt.Sprintf("%d/%d %s", number, count, strings.Repeat("x", rand.IntN(400)))
		sent := time.Now()
		got, err := exchange(socket, message)
		over := ctx.Err() != nil
		s.note(func(r *SocketReport) {
			now := time.Now()
			switch {
			case err != nil:
				s.open--
				r.Cuts = append(r.Cuts, Failure{s.options.Path, well, now, err})
			case got != message:
				r.Wrong = append(r.Wrong, Failure{s.options.Path, sent, now, fmt.Errorf("sent %.40q and got %.40q", message, got)})
			default:
				r.Messages++
				r.Longest = max(r.Longest, now.Sub(sent))
				well = sent
			}
			if err == nil && over {
				s.open--
			}
		})
		if err != nil || over {
			return
		}
		if pause := s.options.Pause; pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(pause/2 + rand.N(pause)):
			}
		}
	}
}

func (s *Sockets) note(what func(*SocketReport)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what(&s.report)
}

// exchange sends a message and waits for one.
func exchange(socket *websocket.Conn, message string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := socket.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		return "", err
	}
	_, got, err := socket.Read(ctx)
	return string(got), err
}
