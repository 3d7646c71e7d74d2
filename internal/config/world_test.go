package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// good is the number of blocks that are good together; the second, only once.
const good = 9

// blocks are what the files of a world are put together from: good and bad,
// canonical and not. Every %d is a number that tells one from the next.
func blocks() []string {
	const tls, route = "  tls { self_signed = true }\n", "  route \"/old\" { redirect { to = \"/new\" } }\n"
	return []string{
		"site \"a%d.test\" {\n" + tls + "\n" + route + "}\n\n",
		"site \"vzine.us\" {\n  aliases = [\"b%d.test\"]\n  tls {\n    certificate = \"certs/server.crt\"\n    key = \"certs/server.key\"\n  }\n" +
			"  backend \"app\" {\n    servers = [\"127.0.0.1:5%d\", \"app.test:80\"]\n  }\n  route \"/\" {\n    backend = \"app\"\n    websocket = true\n    cache { ttl = \"1h\" }\n" +
			"    request_headers {\n      set = { \"X-Stage\" = \"live\" }\n      remove = [\"X-Debug\"]\n    }\n  }\n}\n",
		"# with files\nsite \"files%d.test\" {\n" + tls + "  maintenance { page = \"page.html\" }\n  route \"/\" {\n    static { root = \"public\" }\n  }\n}\n",
		"site \"apps%d.test\" {\n" + tls + "  backend \"app\" {\n    servers = [\"[::]:80\"]\n    command = [\"run me\"]\n    env = { A = \"b\" }\n    dir = \"public\"\n  }\n  route \"/\" { backend = \"app\" }\n}\n",
		"site \"other%d.test\" {\n  tls {\n    certificate = \"certs/server.crt\"\n    key = \"certs/server.key\"\n  }\n}\n",
		"site \"line%d.test\" { tls { self_signed = true } backend \"b\" { servers = [\"[::]:80\"] dir = \"x\" } route \"/old\" { redirect { to = \"/new\" status = 301 } } }\n",
		"site \"each%d\" {\n  for_each = { a = local.to, b = var.to }\n  host = \"${each.key}%d.test\"\n" + tls + "  route \"/old\" {\n    redirect { to = each.value }\n  }\n}\n",
		"site \"read%d.test\" {\n" + tls + "  dynamic \"route\" {\n    for_each = split(\",\", fileexists(\"list\") ? trimspace(file(\"list\")) : \"old\")\n    labels = [\"/${route.value}\"]\n    content {\n      redirect { to = \"/new%d\" }\n    }\n  }\n}\n",
		"site \"secret%d.test\" {\n" + tls + "  route \"/old\" {\n    redirect { to = \"/new\" }\n    response_headers { set = { X = var.secret, Y = env(\"EDGEGEN_TEST_WORLD\", \"none\") } }\n  }\n}\n",
		"site \"two%d.test\" {\n" + tls + route + "}\n edge {\n  http = [\":8%d\"]\n}\n",
		"edge {\n  log { access = \"public/x\" }\n}\n\n",
		"site \"flush%d.test\" {\ntls { self_signed = true }\nroute \"/old\" { redirect { to = \"/new\" } }\n}\n",
		"site \"text%d.test\" {\n" + tls + "  route \"/\" {\n    response_headers { set = { X = <<EOT\nsite \"x\" {\n}\nEOT\n    } }\n  }\n}\n",
		"/*\nsite \"no%d.test\" {\n}\n*/\n", "# é 漢字 %d\n", "\n\n", "\r\n",
		"site \"crlf%d.test\" {\r\n" + strings.ReplaceAll(tls+route, "\n", "\r\n") + "}\r\n",
		"site \"wrong%d.test\" {\n  tsl {}\n" + tls + "\tnumber = -%d\n  route \"*\" {}\n}\n",
		"site \"twice.test\" {\n" + tls + route + "}\n", "site \"again.test\" {\n  aliases = [\"twice.test\"]\n" + tls + route + "}\n",
		"site \"argument%d.test\" {\n  x = 1\n" + tls + route + "}\n",
		"unknown%d {}\n", "argument = %d\n", "site \"brace%d.test\" {\n", "}\n", "\ufeff",
	}
}

// world is a directory that a site is loaded from, and what may happen to it.
type world struct {
	t            testing.TB
	dir          string
	certificates string // the directory of good ones
	now          time.Time
	made         map[string][]made // the blocks of each file
	next         func(n int) int   // a choice below n
}

// made is a block, and its number among all.
type made struct {
	kind int
	text string
}

// certificates are those of writeCertificates, made once for many worlds.
func certificates(t testing.TB) string {
	dir := t.TempDir()
	writeCertificates(t, dir)
	return filepath.Join(dir, "certs")
}

func newWorld(t testing.TB, certificates string, next func(n int) int) *world {
	w := &world{t: t, dir: t.TempDir(), certificates: certificates, now: testNow(), made: map[string][]made{}, next: next}
	w.values("/new")
	for _, name := range []string{"a.hcl", "b.hcl"} {
		for range 4 {
			w.insert(name)
		}
	}
	w.mend()
	return w
}

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(name string) {
	var text strings.Builder
	for _, block := range w.made[name] {
		text.WriteString(block.text)
	}
	w.do(os.WriteFile(filepath.Join(w.dir, name), []byte(text.String()), 0o600))
}

// values are what the blocks name, and what it is made of.
func (w *world) values(to string) {
	text := "variable \"secret\" {\n  default = \"hunter2\"\n  sensitive = true\n}\nlocals { to = \"${var.to}er\" }\n"
	w.do(os.WriteFile(filepath.Join(w.dir, "values.hcl"), []byte(text), 0o600))
	w.do(os.WriteFile(filepath.Join(w.dir, "values.hcl.json"), []byte(fmt.Sprintf(`{"variable": {"to": {"default": %q}}}`, to)), 0o600))
}

// insert puts in a good block most times, so that not every load is refused.
func (w *world) insert(name string) {
	choices := blocks()
	if w.next(8) > 0 {
		choices = choices[:good]
	}
	kind := w.next(len(choices))
	text := choices[kind]
	if strings.Contains(text, "%d") {
		text = strings.ReplaceAll(text, "%d", fmt.Sprint(w.next(900)))
	}
	w.made[name] = slices.Insert(w.made[name], w.next(len(w.made[name])+1), made{kind, text})
}

// mend puts right what is wrong.
func (w *world) mend() {
	w.do(os.RemoveAll(filepath.Join(w.dir, "public")))
	w.do(os.RemoveAll(filepath.Join(w.dir, "page.html")))
	w.do(os.Mkdir(filepath.Join(w.dir, "public"), 0o700))
	w.do(os.RemoveAll(filepath.Join(w.dir, "certs")))
	w.do(os.RemoveAll(filepath.Join(w.dir, "x.auto.edgevars")))
	w.do(os.RemoveAll(filepath.Join(w.dir, "list")))
	w.values("/new")
	w.do(os.CopyFS(filepath.Join(w.dir, "certs"), os.DirFS(w.certificates)))
	once := false
	for _, name := range []string{"a.hcl", "b.hcl"} {
		w.made[name] = slices.DeleteFunc(w.made[name], func(block made) bool {
			again := block.kind == 1 && once
			once = once || block.kind == 1
			return block.kind >= good || again
		})
		w.insert(name)
		w.write(name)
	}
}

// change changes one thing: a file of the site, or something that it names.
func (w *world) change() {
	name := []string{"a.hcl", "b.hcl"}[w.next(2)]
	list := w.made[name]
	switch w.next(17) {
	case 0, 1:
		w.insert(name)
	case 2, 3:
		if len(list) > 0 {
			at := w.next(len(list))
			w.made[name] = slices.Delete(list, at, at+1)
		}
	case 4:
		if len(list) > 0 {
			at := w.next(len(list))
			list[at].text = strings.Replace(list[at].text, "/new", fmt.Sprintf("/newer%d", w.next(9)), 1)
		}
	case 5:
		w.now = w.now.Add(time.Duration(w.next(200)-100) * day)
	case 6:
		w.replace("certs/server.crt", []string{"certs/expired.crt", "certs/soon.crt", "certs/text.crt", "certs/future.crt", "certs/none"}[w.next(5)])
	case 7:
		w.replace("certs/server.key", []string{"certs/other.key", "certs/none", "certs/encrypted.key"}[w.next(3)])
	case 8:
		w.replace([]string{"public", "page.html"}[w.next(2)], []string{"certs", "a.hcl", "none"}[w.next(3)])
	case 9, 10, 15, 16:
		w.mend()
	case 11:
		w.values([]string{"/new", "/newer", "new"}[w.next(3)])
	case 12:
		w.do(os.RemoveAll(filepath.Join(w.dir, "list")))
		w.do(os.WriteFile(filepath.Join(w.dir, "list"), []byte([]string{"a,b", "c", "a b", ""}[w.next(4)]), 0o600))
	case 13:
		w.replace("list", []string{"certs/server.crt", "none"}[w.next(2)])
	case 14:
		w.do(os.WriteFile(filepath.Join(w.dir, "x.auto.edgevars"), []byte([]string{"to = \"/given\"\n", "", "two = 1\n", "to = \n"}[w.next(4)]), 0o600))
	}
	w.write(name)
}

// replace exchanges two names, of which one may not be there.
func (w *world) replace(name, by string) {
	name, by = filepath.Join(w.dir, name), filepath.Join(w.dir, by)
	spare := filepath.Join(w.dir, "spare")
	_, haveName := os.Lstat(name)
	_, haveBy := os.Lstat(by)
	if strings.HasSuffix(by, ".hcl") || strings.HasSuffix(by, "certs") {
		if haveName == nil {
			w.do(os.RemoveAll(name))
			return
		}
		w.do(os.Symlink(by, name))
		return
	}
	if haveName == nil {
		w.do(os.Rename(name, spare))
	}
	if haveBy == nil {
		w.do(os.Rename(by, name))
	}
	if haveName == nil {
		w.do(os.Rename(spare, by))
	}
}
