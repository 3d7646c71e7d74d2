// Command app is a backend for the tests of the edge's life. It answers every
// path with the request's id, and can be made to behave badly.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "", "host:port or unix:/path; nothing: never listen")
	stubborn := flag.Bool("stubborn", false, "ignore SIGTERM")
	offspring := flag.Bool("offspring", false, "start a process that has its own session and ignores SIGTERM")
	snooping := flag.Bool("snoop", false, "tell what of the list on stdin can be got at, and end")
	flag.Parse()
	if *snooping {
		got, err := snoop(os.Stdin)
		fmt.Print(strings.Join(append(got, ""), "\n"))
		if err != nil {
			fmt.Fprintln(os.Stderr, "app:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*listen, *stubborn, *offspring); err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

func run(listen string, stubborn, offspring bool) error {
	if stubborn {
		signal.Ignore(syscall.SIGTERM)
	}
	if offspring {
		child := exec.Command("/proc/self/exe", "-stubborn")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			return err
		}
		fmt.Println("offspring", child.Process.Pid)
	}
	if listen == "" {
		time.Sleep(10 * time.Minute) // longer than any test waits
		return nil
	}
	network, address := "tcp", listen
	if path, isUnix := strings.CutPrefix(listen, "unix:"); isUnix {
		network, address = "unix", path
		_ = os.Remove(path) // an app that was killed has left it
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	if network == "unix" {
		// The daemons may run as somebody else.
		if err := os.Chmod(address, 0o666); err != nil {
			return err
		}
	}
	return http.Serve(listener, http.HandlerFunc(answer))
}

// answer waits for the file that the query names as "gate" before it answers. What
// is sent to /snoop is a list to snoop at.
func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/snoop" {
		got, err := snoop(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, strings.Join(append(got, ""), "\n"))
		return
	}
	id := r.Header.Get("X-Request-Id")
	fmt.Println("asked", r.URL.Path, id)
	for gate := r.URL.Query().Get("gate"); gate != ""; {
		if _, err := os.Stat(gate); err == nil {
			break
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	fmt.Fprintln(w, id)
}
