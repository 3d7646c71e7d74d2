// Package cluster runs the API server of Kubernetes for tests, as a process of its own:
// the program of test/kubernetes/cmd/apiserver, which `make kubernetes` builds. Any
// client of Kubernetes reaches it by the kubeconfig.
package cluster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// programVariable names the program, which takes minutes to build.
const programVariable = "EDGEGEN_TEST_APISERVER"

// A Server is one that runs. Its kubeconfig is an administrator's, and is gone when
// the server is.
type Server struct {
	Kubeconfig string

	process *exec.Cmd
	life    io.Closer // the server lives as long as this is open
	said    *bytes.Buffer
}

// Start runs a server for one test, with nothing in it, until the test is over. Where
// the environment names no program, the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	program := os.Getenv(programVariable)
	if program == "" {
		t.Skipf("not covered: an API server of Kubernetes, which make kubernetes builds and names in %s", programVariable)
	}
	server, err := Run(program)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Run runs a server until Stop. It does not outlive the process that calls it.
func Run(program string) (*Server, error) {
	s := &Server{process: exec.Command(program), said: new(bytes.Buffer)}
	s.process.Stderr = s.said
	life, err := s.process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start an API server: %w", err)
	}
	s.life = life
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start an API server: %w", err)
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start an API server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(errors.New("the API server ended before it was ready"), s.Stop())
	}
	s.Kubeconfig = strings.TrimSpace(line)
	return s, nil
}

// Kill ends the server as a machine that is lost, without a word to those who watch. Stop
// does nothing then.
func (s *Server) Kill() error {
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it says that it was killed, and closes what the server lives by
	return errors.Join(err, os.RemoveAll(filepath.Dir(s.Kubeconfig)))
}

// Stop ends the server, and waits for it; a second call does nothing. The error has what
// the server said last.
func (s *Server) Stop() error {
	if s.process.ProcessState != nil {
		return nil
	}
	err := s.life.Close()
	if waited := s.process.Wait(); waited != nil {
		said := s.said.Bytes()
		err = errors.Join(err, fmt.Errorf("the API server: %w\n%s", waited, said[max(0, len(said)-4096):]))
	}
	return err
}
