package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The ports of the echo server in a pod, and the variables that name them. They are the
// same in each pod, and a process of this network has them for itself: so each process
// gets ports of its own, and the pod's lead there.
func podPorts() map[int][]string {
	return map[int][]string{3000: {"HTTP_PORT", "TCP_PORT"}, 3001: {"H2C_PORT"}, 8443: {"HTTPS_PORT", "TLS_PORT"}}
}

// pod is one that runs.
type pod struct {
	address string
	process *exec.Cmd
	relays  []net.Listener
	tasks   sync.WaitGroup
	end     context.CancelFunc
}

// startPod runs the only container of a pod at an address, with files in a directory, and
// ports of its process from first on. secrets are those that it mounts. It returns when
// the container listens.
func startPod(ctx context.Context, program, directory, address string, first int, spec *corev1.Pod, secrets map[string]*corev1.Secret) (*pod, error) {
	p := &pod{address: address, process: exec.Command(program)}
	container := spec.Spec.Containers[0]
	paths, err := mount(directory, spec, secrets)
	if err != nil {
		return nil, err
	}
	for _, v := range container.Env {
		value := v.Value
		if v.ValueFrom != nil && v.ValueFrom.FieldRef != nil {
			value = map[string]string{"metadata.name": spec.Name, "metadata.namespace": spec.Namespace}[v.ValueFrom.FieldRef.FieldPath]
		}
		for mounted, path := range paths {
			if below, found := strings.CutPrefix(value, mounted+"/"); found {
				value = filepath.Join(path, below)
			}
		}
		p.process.Env = append(p.process.Env, v.Name+"="+value)
	}
	leads := map[int]int{}
	for inside, variables := range podPorts() {
		leads[inside] = first + len(leads)
		for _, name := range variables {
			p.process.Env = append(p.process.Env, name+"="+strconv.Itoa(leads[inside]))
		}
	}
	p.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.process.Start(); err != nil {
		return nil, err
	}
	ctx, p.end = context.WithCancel(ctx)
	for inside, behind := range leads {
		listener, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(inside)))
		if err != nil {
			p.stop()
			return nil, err
		}
		p.relays = append(p.relays, listener)
		p.tasks.Go(func() { p.relay(ctx, listener, net.JoinHostPort("127.0.0.1", strconv.Itoa(behind))) })
	}
	return p, listens(ctx, leads[3000])
}

// mount writes the Secrets of a pod into a directory, and returns where the container
// finds them and where they are.
func mount(directory string, spec *corev1.Pod, secrets map[string]*corev1.Secret) (map[string]string, error) {
	paths := map[string]string{}
	for _, volume := range spec.Spec.Volumes {
		if volume.Secret == nil {
			continue
		}
		place := filepath.Join(directory, string(spec.UID), volume.Name)
		if err := os.MkdirAll(place, 0o700); err != nil {
			return nil, err
		}
		for _, item := range volume.Secret.Items {
			if err := os.WriteFile(filepath.Join(place, item.Path), secrets[volume.Secret.SecretName].Data[item.Key], 0o600); err != nil {
				return nil, err
			}
		}
		for _, m := range spec.Spec.Containers[0].VolumeMounts {
			if m.Name == volume.Name {
				paths[m.MountPath] = place
			}
		}
	}
	return paths, nil
}

// listens waits until somebody does.
func listens(ctx context.Context, number int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the container does not listen: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// relay leads connections to the process, until its listener is closed.
func (p *pod) relay(ctx context.Context, listener net.Listener, to string) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		p.tasks.Go(func() {
			behind, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			if err != nil {
				_ = connection.Close()
				return
			}
			stop := context.AfterFunc(ctx, func() { _, _ = connection.Close(), behind.Close() })
			defer stop()
			join(connection.(*net.TCPConn), behind.(*net.TCPConn))
		})
	}
}

// join carries what comes on either connection to the other one, its end and its reset
// too.
func join(a, b *net.TCPConn) {
	var ways sync.WaitGroup
	carry := func(to, from *net.TCPConn) {
		if _, err := io.Copy(to, from); errors.Is(err, syscall.ECONNRESET) {
			_ = to.SetLinger(0)
			_ = to.Close()
		}
		_ = to.CloseWrite()
	}
	ways.Go(func() { carry(a, b) })
	ways.Go(func() { carry(b, a) })
	ways.Wait()
	_, _ = a.Close(), b.Close()
}

func (p *pod) stop() {
	p.end()
	for _, l := range p.relays {
		_ = l.Close()
	}
	_ = p.process.Process.Kill()
	_ = p.process.Wait() // it was killed
	p.tasks.Wait()
}
