// Package dns has a name server for tests: it says what the test wants, changes
// its mind, fails, and keeps silent.
package dns

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Server answers for names on one address, by UDP and TCP. Its methods may be
// called from any goroutine.
type Server struct {
	Address string // host:port

	mu     sync.Mutex
	names  map[string][]netip.Addr // with a dot at the end
	texts  func(name string) []string
	code   int           // of every answer; success unless it was set
	pause  time.Duration // before every answer
	silent bool
}

// Start runs a name server, which knows no name, until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartAt(t, "127.0.0.1")
}

// StartAt is Start at an address of this machine, or of a network that the test has made.
func StartAt(t testing.TB, address string) *Server {
	t.Helper()
	s := &Server{names: make(map[string][]netip.Addr)}
	packets, listener := listen(t, address)
	s.Address = packets.LocalAddr().String()
	for _, one := range []*dns.Server{{PacketConn: packets}, {Listener: listener}} {
		one.Handler = dns.HandlerFunc(s.answer)
		ready := make(chan struct{})
		one.NotifyStartedFunc = func() { close(ready) }
		go func() { _ = one.ActivateAndServe() }() // which its end makes fail
		<-ready
		t.Cleanup(func() { _ = one.Shutdown() }) // it may have ended
	}
	return s
}

// listen opens one port for both protocols.
func listen(t testing.TB, address string) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 50 {
		packets, err := net.ListenPacket("udp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		_ = packets.Close() // somebody else has the port for the other protocol
	}
	t.Fatal("there is no port for a name server")
	return nil, nil
}

// Set says what a name stands for; without addresses there is no such name.
func (s *Server) Set(name string, addresses ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[name+"."] = nil
	for _, a := range addresses {
		s.names[name+"."] = append(s.names[name+"."], netip.MustParseAddr(a))
	}
}

// Texts has a function say which TXT records a name has; the name ends in a dot.
func (s *Server) Texts(of func(name string) []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = of
}

// Fail has every answer be an error; dns.RcodeSuccess ends that.
func (s *Server) Fail(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.code = code
}

// Slow has every answer wait; Silent has none be given.
func (s *Server) Slow(pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause = pause
}

// Silent has no answer be given, or given again.
func (s *Server) Silent(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = silent
}

func (s *Server) answer(w dns.ResponseWriter, ask *dns.Msg) {
	s.mu.Lock()
	reply, pause, silent := s.reply(ask), s.pause, s.silent
	s.mu.Unlock()
	if silent {
		return
	}
	time.Sleep(pause) // an answer that is late is what the test wants
	size := dns.MinMsgSize
	if udp, _ := w.RemoteAddr().(*net.UDPAddr); udp == nil {
		size = dns.MaxMsgSize
	} else if o := ask.IsEdns0(); o != nil {
		size = int(o.UDPSize())
	}
	reply.Truncate(size)
	_ = w.WriteMsg(reply) // whoever asked may have left
}

// reply is what there is to say; the lock is held.
func (s *Server) reply(ask *dns.Msg) *dns.Msg {
	reply := new(dns.Msg)
	reply.SetRcode(ask, s.code)
	question := ask.Question[0]
	known := s.names[question.Name]
	if s.code != dns.RcodeSuccess {
		return reply
	}
	if question.Qtype == dns.TypeTXT && s.texts != nil {
		for _, text := range s.texts(question.Name) {
			head := dns.RR_Header{Name: question.Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 0}
			reply.Answer = append(reply.Answer, &dns.TXT{Hdr: head, Txt: []string{text}})
		}
	}
	if len(known) == 0 && len(reply.Answer) == 0 {
		reply.Rcode = dns.RcodeNameError
	}
	for _, a := range known {
		head := dns.RR_Header{Name: question.Name, Rrtype: question.Qtype, Class: dns.ClassINET, Ttl: 0}
		switch {
		case question.Qtype == dns.TypeA && a.Is4():
			reply.Answer = append(reply.Answer, &dns.A{Hdr: head, A: a.AsSlice()})
		case question.Qtype == dns.TypeAAAA && a.Is6():
			reply.Answer = append(reply.Answer, &dns.AAAA{Hdr: head, AAAA: a.AsSlice()})
		}
	}
	return reply
}
