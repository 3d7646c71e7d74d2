package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// snoop tries to get at what a list names, a line each, and tells what it got: "path
// PATH" is a file or a socket, "pid PID" another process.
func snoop(list io.Reader) (got []string, err error) {
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		kind, name, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "path":
			got = append(got, snoopPath(name)...)
		case "pid":
			got = append(got, snoopProcess(name)...)
		default:
			return nil, fmt.Errorf("%q is nothing to snoop at", lines.Text())
		}
	}
	return got, lines.Err()
}

func snoopPath(path string) (got []string) {
	if _, err := os.Lstat(path); err == nil {
		got = append(got, "sees "+path)
	}
	if file, err := os.Open(path); err == nil {
		got = append(got, "reads "+path)
		file.Close()
	}
	if connection, err := net.Dial("unix", path); err == nil {
		got = append(got, "is connected to "+path)
		connection.Close()
	}
	return got
}

func snoopProcess(pid string) (got []string) {
	for _, name := range []string{"environ", "mem", "auxv"} {
		path := "/proc/" + pid + "/" + name
		if file, err := os.Open(path); err == nil {
			// Some are opened by anybody, and say no then.
			if n, err := file.Read(make([]byte, 1)); n > 0 || name == "mem" && !errors.Is(err, os.ErrPermission) {
				got = append(got, "reads "+path)
			}
			file.Close()
		}
	}
	// The numbers of descriptors are no secret.
	open, _ := filepath.Glob("/proc/" + pid + "/fd/*") // the pattern is right
	for _, path := range open {
		if target, err := os.Readlink(path); err == nil {
			got = append(got, "sees "+target+" in "+pid)
		}
		if file, err := os.Open(path); err == nil {
			got = append(got, "opens "+path)
			file.Close()
		}
	}
	for _, name := range []string{"cwd", "root"} {
		if _, err := os.ReadDir("/proc/" + pid + "/" + name + "/"); err == nil {
			got = append(got, "enters "+name+" of "+pid)
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var number int
	if _, err := fmt.Sscan(pid, &number); err == nil && unix.PtraceAttach(number) == nil {
		got = append(got, "traces "+pid)
		_, _ = unix.Wait4(number, nil, 0, nil)
		_ = unix.PtraceDetach(number)
	}
	return got
}
