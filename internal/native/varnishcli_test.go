package native

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testSecret = "the secret\n"

// listen opens a command line that expects the test itself to dial it.
func listen(t *testing.T) *VarnishCLI {
	t.Helper()
	cli, err := ListenVarnishCLI([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cli.Close(); err != nil {
			t.Error(err)
		}
	})
	cli.Expect(os.Getpid())
	return cli
}

// dial plays varnishd up to and with its challenge; the answer must be right.
func dial(t *testing.T, cli *VarnishCLI) (net.Conn, *bufio.Reader) {
	t.Helper()
	const challenge = "abcdefghijklmnopqrstuvwxyzabcdef"
	connection, err := net.Dial("tcp4", cli.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	send(t, connection, frame(107, challenge+"\n\nAuthentication required.\n"))
	reader := bufio.NewReader(connection)
	line, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if want := "auth " + authenticationAnswer(challenge, []byte(testSecret)) + "\n"; line != want {
		t.Fatalf("answer %q, want %q", line, want)
	}
	send(t, connection, frame(200, "banner"))
	return connection, reader
}

func send(t *testing.T, connection net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(connection, text); err != nil {
		t.Error(err)
	}
}

// soon bounds what must not hang.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// expectClosed reads until the connection ends.
func expectClosed(t *testing.T, connection net.Conn) {
	t.Helper()
	if err := connection.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, connection)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection was not closed")
	}
}

// The example is the one in varnish-cli(7).
func TestAuthenticationAnswer(t *testing.T) {
	const want = "455ce847f0073c7ab3b1465f74507b75d3dc064c1e7de3b71e00de9092fdc89a"
	if got := authenticationAnswer("ixslvvxrgkjptxmcgnnsdxsvdmvfympg", []byte("foo\n")); got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
}

func TestCommandReply(t *testing.T) {
	for _, test := range []struct {
		name, reply string
		want        Reply
		wrong       string
	}{
		{"done", frame(200, "PONG"), Reply{200, "PONG"}, ""},
		{"refused", frame(106, "no such thing"), Reply{106, "no such thing"}, ""},
		{"malformed", "hello, this is no header", Reply{}, "closed its command line"},
		{"no reply", "", Reply{}, "closed its command line"},
		{"half a reply", "200 10      \nabc", Reply{}, "closed its command line"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cli := listen(t)
			connection, reader := dial(t, cli)
			var varnishd sync.WaitGroup
			varnishd.Go(func() {
				if line, err := reader.ReadString('\n'); err != nil || line != "vcl.load a \"/b c\"\n" {
					t.Errorf("read %q, %v", line, err)
				}
				send(t, connection, test.reply)
				if test.wrong != "" {
					connection.Close()
				}
			})
			got, err := cli.Command(soon(t), "vcl.load", "a", "/b c")
			varnishd.Wait()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("error %v, want %q", err, test.wrong)
			}
		})
	}
}

func TestCommandErrorNamesStatus(t *testing.T) {
	cli := listen(t)
	connection, reader := dial(t, cli)
	var varnishd sync.WaitGroup
	varnishd.Go(func() {
		if _, err := reader.ReadString('\n'); err != nil {
			t.Error(err)
		}
		send(t, connection, frame(300, "Child in state running\n"))
	})
	err := cli.Start(soon(t))
	varnishd.Wait()
	var refusal *VarnishError
	if !errors.As(err, &refusal) || refusal.Status != 300 || err.Error() != "varnish start: Child in state running (status 300)" {
		t.Errorf("error %v", err)
	}
}

func TestCommandGivenUpDropsTheConnection(t *testing.T) {
	cli := listen(t)
	connection, reader := dial(t, cli)
	ctx, cancel := context.WithCancel(t.Context())
	var varnishd sync.WaitGroup
	varnishd.Go(func() {
		if _, err := reader.ReadString('\n'); err != nil {
			t.Error(err)
		}
		send(t, connection, "200 10      \nabc") // half a reply
		cancel()
	})
	_, err := cli.Command(ctx, "ping")
	varnishd.Wait()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	expectClosed(t, connection)

	// varnishd dials again, and the next command gets its own reply.
	connection, reader = dial(t, cli)
	varnishd.Go(func() {
		if _, err := reader.ReadString('\n'); err != nil {
			t.Error(err)
		}
		send(t, connection, frame(200, "PONG 2"))
	})
	if err := cli.Ping(soon(t)); err != nil {
		t.Error(err)
	}
	varnishd.Wait()
}

func TestCommandsTakeTurns(t *testing.T) {
	cli := listen(t)
	connection, reader := dial(t, cli)
	const commands = 20
	var everybody sync.WaitGroup
	everybody.Go(func() {
		for range commands {
			line, err := reader.ReadString('\n')
			if err != nil {
				t.Error(err)
				return
			}
			if reader.Buffered() > 0 {
				t.Error("a second command before the reply to the first")
			}
			send(t, connection, frame(200, strings.TrimSpace(line)))
		}
	})
	for i := range commands {
		everybody.Go(func() {
			word := "command" + strings.Repeat("x", i)
			if reply, err := cli.Command(soon(t), word); err != nil || reply.Body != word {
				t.Errorf("reply %q, %v to %s", reply.Body, err, word)
			}
		})
	}
	everybody.Wait()
}

func TestReplyThatNobodyAskedForEndsTheConnection(t *testing.T) {
	cli := listen(t)
	connection, _ := dial(t, cli)
	if err := cli.Connected(soon(t)); err != nil {
		t.Fatal(err)
	}
	send(t, connection, frame(200, "surprise"))
	expectClosed(t, connection)
}

func TestNewestConnectionWins(t *testing.T) {
	cli := listen(t)
	first, _ := dial(t, cli)
	if err := cli.Connected(soon(t)); err != nil {
		t.Fatal(err)
	}
	second, reader := dial(t, cli)
	expectClosed(t, first)
	var varnishd sync.WaitGroup
	varnishd.Go(func() {
		if _, err := reader.ReadString('\n'); err != nil {
			t.Error(err)
		}
		send(t, second, frame(200, "PONG 1"))
	})
	if err := cli.Ping(soon(t)); err != nil {
		t.Error(err)
	}
	varnishd.Wait()
}

func TestForeignProcessIsTurnedAway(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("not covered here: who dials is known on Linux only")
	}
	cli := listen(t)
	cli.Expect(os.Getppid()) // the test is not its parent
	stranger, err := net.Dial("tcp4", cli.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	send(t, stranger, frame(107, strings.Repeat("a", 32)))
	reply, err := io.ReadAll(stranger)
	if len(reply) > 0 {
		t.Errorf("a stranger's challenge was answered: %q, %v", reply, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := cli.Connected(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestDialerWaitsToBeExpected(t *testing.T) {
	cli := listen(t)
	cli.Expect(0)
	var varnishd sync.WaitGroup
	varnishd.Go(func() { cli.Expect(os.Getpid()) })
	dial(t, cli)
	if err := cli.Connected(soon(t)); err != nil {
		t.Error(err)
	}
	varnishd.Wait()
}

func TestExpectEndsAnEarlierProcess(t *testing.T) {
	cli := listen(t)
	connection, _ := dial(t, cli)
	if err := cli.Connected(soon(t)); err != nil {
		t.Fatal(err)
	}
	cli.Expect(0)
	expectClosed(t, connection)
}

func TestAuthenticateRefusals(t *testing.T) {
	challenge := frame(107, strings.Repeat("a", 32))
	for _, test := range []struct{ name, wire, want string }{
		{"no secret asked for", frame(200, "welcome"), "does not ask for the secret"},
		{"short challenge", frame(107, "abc"), "does not ask for the secret"},
		{"hangs up", "", "read varnishd's challenge"},
		{"another secret", challenge + frame(107, "again"), "status 107"},
		{"hangs up on the answer", challenge, "answer varnishd's challenge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			wire := struct {
				io.Reader
				io.Writer
			}{strings.NewReader(test.wire), io.Discard}
			err := authenticate(wire, []byte(testSecret))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestCloseEndsCommands(t *testing.T) {
	cli := listen(t)
	_, reader := dial(t, cli)
	var other sync.WaitGroup
	other.Go(func() {
		if _, err := reader.ReadString('\n'); err != nil {
			t.Error(err)
		}
		if err := cli.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := cli.Ping(soon(t)); err == nil {
		t.Error("no error from a command that got no reply")
	}
	other.Wait()
	if err := cli.Ping(soon(t)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want net.ErrClosed", err)
	}
}

func TestListenNeedsASecret(t *testing.T) {
	if cli, err := ListenVarnishCLI(nil); err == nil {
		cli.Close()
		t.Error("no error")
	}
}

func TestUnoptimized(t *testing.T) {
	for _, test := range []struct{ name, command, want string }{
		{"Debian", "exec x86_64-linux-gnu-gcc -g -O2 -fpic -shared -Wl,-x -o %o %s", "exec x86_64-linux-gnu-gcc -g0 -O0 -fpic -shared -Wl,-x -o %o %s"},
		{"fortified", "gcc -O3 -Wp,-D_FORTIFY_SOURCE=2 -Werror -D_FORTIFY_SOURCE=3 -o %o %s", "gcc -O0 -U_FORTIFY_SOURCE -Werror -U_FORTIFY_SOURCE -o %o %s"},
		{"fortified as Fedora is", "gcc -Os -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 %s", "gcc -O0 -U_FORTIFY_SOURCE %s"},
		{"every flag", "cc -O -O1 -Og -Oz -Ofast  -Oops -o %o", "cc -O0 -O0 -O0 -O0 -O0  -Oops -o %o"},
		{"none", "cc -D_FORTIFY_SOURCE=2 -o %o %s", "cc -D_FORTIFY_SOURCE=2 -o %o %s"},
		{"a wrapper", "/opt/compile %D", "/opt/compile %D"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := unoptimized(test.command); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
