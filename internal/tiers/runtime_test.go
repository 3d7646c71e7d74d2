package tiers

import (
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
	"edgegen/internal/unixsocket"
)

// stranger is a user whom root must not trust.
func stranger(t *testing.T) statedir.User {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not covered here: only root has something to give away")
	}
	if _, err := user.Lookup("www-data"); err != nil {
		t.Skip("not covered here: the machine has no user www-data")
	}
	found := &config.Findings{Loaded: &config.Loaded{}}
	who := statedir.FindUser(&site.Edge{User: "www-data"}, found)
	if len(found.All) != 0 || who.Daemons == nil {
		t.Fatalf("%+v, %+v", who, found.All)
	}
	return who
}

// does runs a shell command as the user, who may be kept from it.
func does(t *testing.T, i statedir.User, command string) error {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "/bin/sh", "-c", command)
	shell.Dir = "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: i.Daemons.UID, Gid: i.Daemons.GID, Groups: i.Daemons.Groups}}
	output, err := shell.CombinedOutput()
	t.Logf("%s: %v\n%s", command, err, output)
	return err
}

// outsider is an app that runs as the daemons' user.
func outsider(who statedir.User) statedir.User {
	return statedir.User{Daemons: &supervise.Credential{UID: who.Daemons.UID, GID: who.Daemons.Groups[0], Groups: who.Daemons.Groups}}
}

// open is a directory that everybody may enter.
func open(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, open := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(open, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// outside is what the user is after: a directory and a file that stay root's,
// as they are.
type outside struct {
	t         *testing.T
	dir, file string
}

func newOutside(t *testing.T) outside {
	t.Helper()
	o := outside{t: t, dir: filepath.Join(open(t), "dir")}
	o.file = filepath.Join(o.dir, "file")
	if err := os.Mkdir(o.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.file, []byte("root's"), 0o644); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o outside) check() {
	o.t.Helper()
	for path, mode := range map[string]os.FileMode{o.dir: os.ModeDir | 0o755, o.file: 0o644} {
		info, err := os.Lstat(path)
		if err != nil {
			o.t.Error(err)
			continue
		}
		if info.Sys().(*syscall.Stat_t).Uid != 0 || info.Mode() != mode {
			o.t.Errorf("%s is %v and belongs to %d", path, info.Mode(), info.Sys().(*syscall.Stat_t).Uid)
		}
	}
	text, err := os.ReadFile(o.file)
	entries, err2 := os.ReadDir(o.dir)
	if err != nil || err2 != nil || string(text) != "root's" || len(entries) != 1 {
		o.t.Errorf("%q, %v, %v, %v", text, entries, err, err2)
	}
}

// TestX3RuntimeIsNotTheDaemons holds that what root does by name below the
// runtime directory, the daemons' user cannot lead elsewhere.
func TestX3RuntimeIsNotTheDaemons(t *testing.T) {
	who := stranger(t)
	out := newOutside(t)
	layout, err := statedir.MakeRuntime(open(t), who, func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	uid, gid := who.Owner()
	e := &House{Who: who, Layout: layout}
	g := &generation.Generation{Number: 2}
	for _, path := range []string{e.Dir(g), e.Dir(g) + ".link", layout.WebSocket(), layout.CacheSocket() + ".new"} {
		if does(t, who, "ln -s "+out.dir+" "+path) == nil {
			t.Errorf("the daemons can make %s", path)
		}
	}
	for _, path := range []string{layout.VarnishDir(), layout.NginxTemp(), filepath.Join(layout.Run, "generations"), layout.Run} {
		if does(t, who, "mv "+path+" "+path+".old") == nil {
			t.Errorf("the daemons can move %s", path)
		}
	}
	files := []render.File{{Name: "nginx.conf", Data: []byte("text"), Mode: 0o644}, {Name: "pem/a.pem", Data: []byte("key"), Mode: 0o600}}
	if err := render.Place(e.Dir(g), files, render.Owner{UID: uid, GID: gid}, ""); err != nil {
		t.Error(err)
	}
	socket, err := unixsocket.Open(layout.WebSocket(), uid, gid)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	out.check()

	// They get at what is theirs.
	for _, command := range []string{"cat " + e.Dir(g) + "/nginx.conf " + e.Dir(g) + "/pem/a.pem", "echo 1 > " + layout.NginxPID(), "mkdir " + layout.VarnishTry(), "test -w " + layout.WebSocket()} {
		if err := does(t, who, command); err != nil {
			t.Errorf("the daemons cannot %s: %v", command, err)
		}
	}
	// Others do not, whoever they run as.
	for _, command := range []string{"cat " + e.Dir(g) + "/pem/a.pem", "ls " + layout.Run, "ls " + layout.VarnishDir(), "test -e " + layout.WebSocket()} {
		if does(t, outsider(who), command) == nil {
			t.Errorf("an app of the daemons' user can %s", command)
		}
	}
	if info, err := os.Stat(layout.Run); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestX3PublishRefusesLinks holds that what stands under the name of varnishd's
// socket is published only where it is one.
func TestX3PublishRefusesLinks(t *testing.T) {
	dir := t.TempDir()
	path, name := filepath.Join(dir, "varnish.sock"), filepath.Join(dir, "cache.sock")
	root, err := unixsocket.Open(filepath.Join(dir, "another.sock"), os.Geteuid(), os.Getegid())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Symlink("another.sock", path); err != nil {
		t.Fatal(err)
	}
	if err := unixsocket.Publish(path, name); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("published a link: %v", err)
	}
	if _, err := os.Lstat(name + ".new"); err == nil {
		t.Error("the link was left behind")
	}
	if err := unixsocket.Publish(filepath.Join(dir, "another.sock"), name); err != nil {
		t.Error(err)
	}
	connection, err := net.Dial("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
}

// TestX3StorageFollowsNoLink holds that the cache's file is given away, and
// nothing that a link in its place leads to.
func TestX3StorageFollowsNoLink(t *testing.T) {
	who := stranger(t)
	uid, gid := who.Owner()
	for _, c := range []struct{ name, plant, refused string }{
		{"nothing is there", "", ""},
		{"a file of theirs", "echo > $path", ""},
		{"a symbolic link", "ln -s $file $path", "is a symbolic link"},
		{"a symbolic link to nothing", "ln -s $dir/new $path", "is a symbolic link"},
		{"a pipe", "mkfifo $path", "is not a regular file"},
		{"a directory", "mkdir $path", "is a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, dir := newOutside(t), open(t)
			if err := os.Chown(dir, uid, gid); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "cache.bin")
			if c.plant != "" {
				if err := does(t, who, "path="+path+" dir="+out.dir+" file="+out.file+"; "+c.plant); err != nil {
					t.Fatal(err)
				}
			}
			err := opens(path, uid, gid)
			if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%v, want %q", err, c.refused)
			}
			out.check()
			if c.refused != "" {
				return
			}
			if err := does(t, who, "test -r "+path+" -a -w "+path); err != nil {
				t.Error("the daemons cannot use it")
			}
			if does(t, outsider(who), "test -r "+path+" -o -w "+path) == nil {
				t.Error("an app of the same user can use it")
			}
		})
	}
	t.Run("a second name", func(t *testing.T) {
		// The kernel may keep the user from making one; root can.
		out, dir := newOutside(t), open(t)
		path := filepath.Join(dir, "cache.bin")
		if err := os.Link(out.file, path); err != nil {
			t.Skip("not covered: ", err)
		}
		if err := opens(path, uid, gid); err == nil || !strings.Contains(err.Error(), "has another name too") {
			t.Errorf("gave it away: %v", err)
		}
		out.check()
	})
}

// An ordinary user's runtime directory is private.
func TestX2RuntimeOfOneUser(t *testing.T) {
	for name, who := range map[string]statedir.User{
		"whoever runs it": {},
		"the same user":   {Daemons: &supervise.Credential{UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}},
	} {
		layout, err := statedir.MakeRuntime(t.TempDir(), who, func(string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(layout.Run) })
		for _, dir := range append(layout.Directories(), layout.Run, filepath.Join(layout.Run, "generations")) {
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s: %s: %v, %v", name, dir, info, err)
			}
		}
	}
}
