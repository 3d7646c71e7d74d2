package lastgood

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// certified returns a generation of sites with certificates of their own, which
// the authority in the directory signs; and whose user is named after them.
func certified(authority string, hosts ...string) (*generation.Generation, error) {
	signer, err := certificate.OpenAuthority(authority)
	if err != nil {
		return nil, err
	}
	g := &generation.Generation{Loaded: &config.Loaded{Edge: &site.Edge{User: strings.Join(hosts, " ")}}}
	for _, host := range hosts {
		pair, err := signer.Issue([]string{host})
		if err != nil {
			return nil, err
		}
		g.Pairs = append(g.Pairs, []certificate.Pair{pair})
		g.Loaded.Edge.Sites = append(g.Loaded.Edge.Sites, site.Site{Host: host, TLS: site.TLS{Certificates: []string{"/" + host}, Keys: []string{"/" + host}}})
	}
	g.Model = g.Loaded.Edge.Meaning()
	return g, nil
}

func mustCertify(t *testing.T, authority string, hosts ...string) *generation.Generation {
	t.Helper()
	g, err := certified(authority, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// isWhole holds that what is stored is one generation and not a mix, and
// returns its hosts.
func isWhole(t *testing.T, dir string) string {
	t.Helper()
	loaded, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, s := range loaded.Edge.Sites {
		hosts = append(hosts, s.Host)
		if pairs, ok := loaded.Pairs(s.TLS); !ok || pairs[0].Leaf.VerifyHostname(s.Host) != nil {
			t.Errorf("%s has the certificates %s", s.Host, pairs)
		}
	}
	if all := strings.Join(hosts, " "); all != loaded.Edge.User {
		t.Errorf("the model of %q has the sites %q", loaded.Edge.User, all)
	}
	return loaded.Edge.User
}

// onlyCurrent holds that one set is stored, that nobody but the owner may read
// it, and that it has so many keys.
func onlyCurrent(t *testing.T, dir string, keys int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if mode := info.Mode(); mode.IsDir() && mode.Perm() != 0o700 || mode.IsRegular() && mode.Perm() != 0o600 {
			t.Errorf("%s is %s", path, mode)
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		keys -= bytes.Count(data, []byte("BEGIN PRIVATE KEY"))
		return err
	})
	if err != nil || keys != 0 {
		t.Errorf("%d keys are missing; %v", keys, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the directory has %v, %v", entries, err)
	}
}

// The last good configuration is read back as it was.
func TestLastGood(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "last-good")
	if _, _, err := Load(dir); !errors.Is(err, ErrNothingServed) {
		t.Errorf("where nothing was served: %v", err)
	}
	edge := &site.Edge{
		User:  "www-data",
		Sites: []site.Site{{Host: "a.test", TLS: site.TLS{SelfSigned: true}, Routes: []site.Route{{Path: "/", Static: &site.Static{Root: "/srv"}}}}},
	}
	g := &generation.Generation{Loaded: &config.Loaded{Edge: edge}, Model: edge.Meaning(), Pairs: make([][]certificate.Pair, 1),
		Templates: &render.Templates{Dir: "/srv/own", Texts: map[string][]byte{"nginx/site.conf.tmpl": []byte("# mine\n")}}}
	if err := Store(dir, g); err != nil {
		t.Fatal(err)
	}
	loaded, own, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Edge.Meaning() != edge.Meaning() || !reflect.DeepEqual(own, g.Templates) {
		t.Errorf("%+v became %+v, and %+v %+v", edge, loaded.Edge, g.Templates, own)
	}
	onlyCurrent(t, dir, 0)
}

// What is not a model as it was stored is an error, whatever it is.
func TestLastGoodThatIsDamaged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "last-good")
	if err := Store(dir, mustCertify(t, t.TempDir(), "a.test")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, currentLink, modelFile)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) string {
		t.Helper()
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.ReplaceAll(string(good), old, new)
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"an empty object":     "{}",
		"null":                "null",
		"a null model":        `{"Meaning":"","Edge":null}`,
		"an empty model":      `{"Meaning":"","Edge":{}}`,
		"a model alone":       `{"Sites":[{"Host":"a.test"}]}`,
		"a list":              "[]",
		"a number":            "1e999",
		"half of it":          string(good[:len(good)/2]),
		"all but its end":     string(good[:len(good)-1]),
		"something behind it": string(good) + "{}",
		"zeros":               strings.Repeat("\x00", len(good)),
		"another type":        edit(`"Host":"a.test"`, `"Host":7`),
		"another host":        edit(`"Host":"a.test"`, `"Host":""`),
		"no sites":            edit(`"Sites":[`, `"Sites":null,"Others":[`),
		"an absurd time":      edit(`"Drain":0`, `"Drain":-9223372036854775808`),
		"an absurd limit":     edit(`"Connections":0`, `"Connections":-1`),
		"an absurd number":    edit(`"Connections":0`, `"Connections":99999999999999999999`),
		"a field too few":     edit(`"Keys":["/a.test"],`, ``),
		"nested without end":  strings.Repeat("[", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if loaded, _, err := Load(dir); err == nil || errors.Is(err, ErrNothingServed) || !strings.Contains(err.Error(), modelFile) {
				t.Errorf("%+v, %v", loaded, err)
			}
		})
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(dir); err == nil || errors.Is(err, ErrNothingServed) {
		t.Errorf("without a model: %v", err)
	}
}

// X2: the key of a site that is not served any more does not stay, nor what an
// earlier run left half done.
func TestX2LastGoodKeepsNoOtherKeys(t *testing.T) {
	authority, dir := t.TempDir(), filepath.Join(t.TempDir(), "last-good")
	long := strings.Repeat(strings.Repeat("a", 49)+".", 5) + "te"
	for _, hosts := range [][]string{{"a.test", "b.test", long}, {"b.test", "a.test"}, {"b.test"}} {
		if err := Store(dir, mustCertify(t, authority, hosts...)); err != nil {
			t.Fatal(err)
		}
		if got := isWhole(t, dir); got != strings.Join(hosts, " ") {
			t.Errorf("stored %q, loaded %q", hosts, got)
		}
		onlyCurrent(t, dir, len(hosts))
	}

	// A run was cut short after it had made all but the last step.
	left := filepath.Join(dir, "set-left")
	key := []render.File{{Name: "pem/x.pem", Data: []byte("BEGIN PRIVATE KEY"), Mode: 0o600}}
	for _, place := range []string{left, dir} {
		if _, err := render.Install(place, key, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("set-left", filepath.Join(dir, currentLink+".new")); err != nil {
		t.Fatal(err)
	}
	if got := isWhole(t, dir); got != "b.test" {
		t.Errorf("before the last step %q counts", got)
	}
	if err := Store(dir, mustCertify(t, authority, "c.test")); err != nil {
		t.Fatal(err)
	}
	if got := isWhole(t, dir); got != "c.test" {
		t.Errorf("%q counts", got)
	}
	onlyCurrent(t, dir, 1)
}

// Where a set cannot be written the one of before stays, and nothing else.
func TestLastGoodStaysWhereItCannotBeReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "last-good")
	if err := Store(dir, mustCertify(t, t.TempDir(), "a.test")); err != nil {
		t.Fatal(err)
	}
	files := []render.File{
		{Name: "pem/key.pem", Data: []byte("BEGIN PRIVATE KEY"), Mode: 0o600},
		{Name: strings.Repeat("x", 300), Mode: 0o600},
	}
	if err := replaceWhole(dir, files); err == nil {
		t.Fatal("a file with a name of 300 bytes was written")
	}
	if got := isWhole(t, dir); got != "a.test" {
		t.Errorf("%q counts", got)
	}
	onlyCurrent(t, dir, 1)
}

// TestMain lets the test binary play the part of a process that is killed while it stores.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "keep-last-good" {
		os.Exit(keepLastGoodRole(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// keepLastGoodRole stores two generations in turn until it is killed, and says
// when each is stored.
func keepLastGoodRole(arguments []string) int {
	for {
		for _, hosts := range [][]string{{"a.test", "b.test"}, {"b.test", "a.test"}} {
			g, err := certified(arguments[0], hosts...)
			if err == nil {
				err = Store(arguments[1], g)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			fmt.Println("stored")
		}
	}
}

// A process that is killed at any moment leaves one generation or the other,
// with the certificates that belong to it.
func TestLastGoodSurvivesAKill(t *testing.T) {
	authority, dir := t.TempDir(), filepath.Join(t.TempDir(), "last-good")
	for i := range 25 {
		child := exec.CommandContext(t.Context(), "/proc/self/exe", "keep-last-good", authority, dir)
		child.Stderr = os.Stderr
		output, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said, lines := 0, bufio.NewScanner(output)
		for said < 2 && lines.Scan() {
			said++
		}
		time.Sleep(time.Duration(i) * 150 * time.Microsecond) // another moment each time
		err = child.Process.Kill()
		_ = child.Wait() // it was killed
		if said < 2 || err != nil {
			t.Fatalf("the child ended by itself; %v", err)
		}
		isWhole(t, dir)
	}
	if err := Store(dir, mustCertify(t, authority, "a.test", "b.test")); err != nil {
		t.Fatal(err)
	}
	onlyCurrent(t, dir, 2)
}
