package importer

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// Options say what is imported.
type Options struct {
	// Files are the old files: nginx.conf, VCL, stunnel.conf, or the command that
	// starts varnishd. Together they are one chain.
	Files []string
	// Root is where the root directory of the machine lies that they come from; "" for
	// this machine's own. The paths in the site begin with it.
	Root string
	// KeepPaths has paths that lead to nothing here stay in the site, which is no good
	// one then. Else what needs them is put into a comment.
	KeepPaths bool
	// Raw has directives of nginx's that the language has no word for stay as they are, in
	// raw text, where they mean the same there.
	Raw bool
	// Name is the file that the site is for; relative paths start at its directory.
	Name string
}

// Result is a site, and what became of every line of the old files.
type Result struct {
	// Site is HCL in canonical layout; nil where the files name nothing to serve.
	Site  []byte
	Lines []*Line

	chain *chain
	old   *old
}

// Refused counts the lines that are.
func (r *Result) Refused() int { return r.counts()[Refused] }

// counts are how many lines have each verdict.
func (r *Result) counts() map[Verdict]int {
	counts := map[Verdict]int{Translated: 0, Idle: 0, Refused: 0}
	for _, line := range r.Lines {
		counts[line.Verdict]++
	}
	return counts
}

// old are files, read and taken apart by what they are.
type old struct {
	nginx   []*directive
	vcl     []*vclFile
	stunnel []*stunnelFile
	command []*varnishCommand
	lines   []*Line
}

// listens are the addresses at which nginx listens.
func (o *old) listens() (all []string) {
	for _, conf := range o.nginx {
		conf.every(func(d *directive) {
			if d.name == "listen" {
				all = append(all, listenAddress(d.arg(0)))
			}
		})
	}
	return all
}

// Import makes a site of old files. The error is about one that cannot be read or
// taken apart, with its place.
func Import(o Options) (*Result, error) {
	f := files{named: o.Files}
	if o.Root != "" {
		var err error
		if f.root, err = filepath.Abs(o.Root); err != nil {
			return nil, fmt.Errorf("find %s: %w", o.Root, cause(err))
		}
	}
	read, err := readAll(f)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Abs(o.Name)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", o.Name, cause(err))
	}
	c := &chain{files: f, out: &block{}, apps: map[string]string{}, raw: o.Raw}
	c.translate(read)
	var site []byte
	if len(c.sites()) > 0 {
		if site, err = settle(c.out, name, o.KeepPaths); err != nil {
			return nil, err
		}
	}
	for _, line := range read.lines {
		if line.open() {
			line.refuse("it is not translated here", "write what it is for into the site by hand")
		}
		line.Text = short(line.Text)
	}
	return &Result{Site: site, Lines: read.lines, chain: c, old: read}, nil
}

// readAll reads the files, each by what it is.
func readAll(f files) (*old, error) {
	read := &old{}
	for _, name := range f.named {
		text, err := f.read(name)
		if err != nil {
			return nil, err
		}
		var lines []*Line
		switch kindOf(name, text) {
		case vclKind:
			var one *vclFile
			one, lines, err = readVCL(f, name, text)
			read.vcl = append(read.vcl, one)
		case stunnelKind:
			one := readStunnel(name, text)
			lines = one.lines
			read.stunnel = append(read.stunnel, one)
		case commandKind:
			one := readCommand(name, text)
			lines = one.lines
			read.command = append(read.command, one)
		default:
			r := &nginxReader{files: f}
			conf := &directive{}
			err = r.read(name, text, conf)
			lines = r.lines
			read.nginx = append(read.nginx, conf)
		}
		if err != nil {
			return nil, err
		}
		read.lines = append(read.lines, lines...)
	}
	return read, nil
}

// translate makes one site file of the chain: what is served where, by nginx; then what
// is cached and by which way apps are reached, by Varnish; then TLS, by stunnel.
func (c *chain) translate(read *old) {
	edge := c.out.sub("edge")
	c.alone = len(read.nginx)+len(read.vcl) == 0
	for _, s := range read.stunnel {
		c.stunnelAhead(s)
	}
	for _, v := range read.vcl {
		c.vclAhead(v, read.listens())
	}
	for _, conf := range read.nginx {
		n := &nginx{chain: c, conf: conf}
		n.translate()
	}
	for _, v := range read.vcl {
		(&vcl{chain: c, file: v}).translate()
	}
	for _, command := range read.command {
		c.varnishd(command, len(read.stunnel) > 0)
	}
	for _, s := range read.stunnel {
		c.stunnel(s)
	}
	if c.tlsInFront || edge.argument("https") != nil {
		for _, b := range c.sites() {
			c.certain(b)
		}
	} else if len(c.sites()) > 0 {
		c.plain(edge)
	}
	c.listen(edge)
}

// plain is a chain in which nobody ends TLS.
func (c *chain) plain(edge *block) {
	edge.sub("engine").set("tls", hcltext.Quote("off")).comment = []string{"Nothing here ends TLS. With a certificate, leave this out and name https listeners."}
	for _, b := range c.sites() {
		if tls := b.find("tls", ""); tls != nil {
			b.remove(tls)
		}
	}
}

// listen leaves out what is the default, and says that there is no plain listener where
// none was.
func (c *chain) listen(edge *block) {
	if http := edge.argument("http"); http == nil && edge.argument("https") != nil {
		edge.set("http", hcltext.List(nil))
	}
	for _, name := range []string{"https", "http"} {
		if a := edge.argument(name); a != nil { // first of all
			edge.arguments = slices.DeleteFunc(edge.arguments, func(one *argument) bool { return one == a })
			edge.arguments = slices.Insert(edge.arguments, 0, a)
		}
	}
	if len(edge.arguments) == 0 && len(edge.blocks) == 0 {
		c.out.remove(edge)
	}
}

// kind is what an old file is for.
type kind int

const (
	nginxKind kind = iota
	vclKind
	stunnelKind
	commandKind
)

// kindOf tells by the first lines what a file is, and by its name where they do not.
func kindOf(name, text string) kind {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		word, _, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "*"):
			continue
		case strings.HasPrefix(line, "vcl 4"), word == "backend", word == "sub", word == "acl", word == "probe", word == "director", word == "import":
			return vclKind
		case strings.HasSuffix(word, "varnishd"), strings.HasPrefix(line, "[Unit]"), strings.HasPrefix(line, "[Service]"), strings.HasPrefix(line, "ExecStart="), strings.HasPrefix(line, "DAEMON_OPTS"):
			return commandKind
		case strings.HasPrefix(line, ";"):
			return stunnelKind
		case strings.HasSuffix(line, "]") && strings.HasPrefix(line, "["):
			return stunnelKind
		case !strings.HasSuffix(line, ";") && !strings.HasSuffix(line, "{") && strings.Contains(line, "="):
			return stunnelKind
		}
		break
	}
	if strings.HasSuffix(name, ".vcl") {
		return vclKind
	}
	return nginxKind
}
