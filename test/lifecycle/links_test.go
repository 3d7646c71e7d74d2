package lifecycle

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
)

// TestPlantedLinks holds X3: where the daemons' user plants links in the way of
// what root makes, a reload follows none of them. What they lead to stays root's
// and as it was, and the edge goes on.
func TestPlantedLinks(t *testing.T) {
	t.Parallel()
	needRoot(t)
	uid, gid := wwwData(t)
	h := newHome(t, edge.Native)
	h.site(plan{edge: `user = "www-data"`})
	if err := os.Chown(h.Path("sock"), uid, gid); err != nil { // the app listens there
		t.Fatal(err)
	}
	target := h.Path("target")
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	theirs := h.Path("theirs")
	if err := os.Mkdir(theirs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(theirs, uid, gid); err != nil {
		t.Fatal(err)
	}
	h.Write("secret", "root's")
	foreign, err := net.Listen("unix", filepath.Join(target, "root.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	if err := os.Chmod(filepath.Join(target, "root.sock"), 0o755); err != nil {
		t.Fatal(err)
	}
	connected := make(chan struct{})
	go func() {
		if c, err := foreign.Accept(); err == nil {
			_ = c.Close()
			close(connected)
		}
	}()
	e := h.run()
	run := filepath.Join(h.State, "run")
	plant := func(to string, paths ...string) {
		for _, path := range paths {
			link := exec.CommandContext(t.Context(), "ln", "-sfn", to, path)
			as(uint32(uid), uint32(gid))(link)
			output, err := link.CombinedOutput()
			t.Logf("plant %s: %v %s", path, err, output) // it may be kept from it
		}
	}
	plant(target, filepath.Join(run, "generations", "2"), filepath.Join(run, "generations", "2.link"), filepath.Join(run, "generations", "2-tls"))
	plant(h.Path("secret"), filepath.Join(theirs, "cache.bin"))
	plant(filepath.Join(target, "root.sock"), filepath.Join(run, "cache.sock"), filepath.Join(run, "cache.sock.new"), filepath.Join(run, "web.sock"),
		filepath.Join(run, "standby.sock"))
	h.Replace(`route "/" {`, "route \"/\" {\n    response_headers { set = { \"X-New\" = \"1\" } }")
	if reload := e.Reload(); reload.Code != 0 {
		t.Logf("refused: %s", reload.Err)
	}
	e.get("/hello.txt")
	// The cache's file, in a directory of theirs.
	h.Replace(`user = "www-data"`, "user = \"www-data\"\n  cache_storage {\n    type = \"file\"\n    size = \"64MiB\"\n    path = \"theirs/cache.bin\"\n  }")
	if reload := e.Reload(); reload.Code == 0 || !strings.Contains(reload.Out+reload.Err, "theirs/cache.bin is a symbolic link") {
		t.Errorf("reload with a link for a storage: %+v", reload)
	}
	e.get("/app")
	for path, mode := range map[string]os.FileMode{target: 0o755, filepath.Join(target, "root.sock"): 0o755, h.Path("secret"): 0o644} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 || info.Mode().Perm() != mode {
			t.Errorf("%s is %v and belongs to %d", path, info.Mode(), owner)
		}
	}
	if text, err := os.ReadFile(h.Path("secret")); err != nil || string(text) != "root's" {
		t.Errorf("%q, %v", text, err)
	}
	entries, err := os.ReadDir(target)
	if err != nil || len(entries) != 1 {
		t.Errorf("the target holds %v, %v", entries, err)
	}
	select {
	case <-connected:
		t.Error("somebody connected to a socket of root's")
	default:
	}
	e.Stop()
	if _, err := os.Stat(target); err != nil {
		t.Errorf("the target: %v", err)
	}
}
