package nomad

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"edgegen/internal/hcltext"
	"edgegen/internal/site"
	"edgegen/internal/sitefiles"
)

const (
	// placed is where an edge finds its site: in memory, and readable for its task alone.
	placed = "${NOMAD_SECRETS_DIR}/site"
	// maxText is how much of a site a job holds: Nomad keeps 1 MB of a job, and what is
	// placed in memory has 1 MiB.
	maxText = 768 << 10
	// maxVariable is how much a variable of Nomad holds.
	maxVariable = 64 << 10
	// inImage is whom the image's edgegen runs as, and nobody whom a program does.
	inImage, nobody = 65532, 65534
)

// A file is one that Nomad writes before the edge starts.
type file struct {
	To          string // its path in the task
	Data        string // a template of Nomad's
	Left, Right string // what its actions stand between; "" for the usual
	Perms       string
}

// A secret is a file that becomes an item of the job's variable: it never leaves the
// machine by edgegen.
type secret struct{ Key, File string }

// path is where the task finds a file of the site.
func path(below string) string { return strings.TrimSuffix(placed+"/"+below, "/") }

// sort finds out for each file of the site where Nomad gets it from.
func (e *exporter) sort() {
	const remedy = "serve files from where all edges reach them, by an app say"
	all := sitefiles.Sort(sitefiles.Rules{Loaded: e.loaded, Holder: "a job", Max: maxText, Remedy: remedy, Refuse: e.refuse})
	for _, open := range all.Open {
		if !utf8.Valid(open.Data) || strings.ContainsRune(string(open.Data), 0) {
			e.refuse(site.Source{}, open.Below+" is no text, and a job holds nothing else", remedy)
			continue
		}
		left, right := delimiters(string(open.Data))
		e.Templates = append(e.Templates, file{To: path(open.Below), Data: string(open.Data), Left: left, Right: right, Perms: "0644"})
	}
	taken, size := map[string]bool{}, 0
	hide := func(name string) {
		below, ok := sitefiles.Below(e.loaded.Root, name)
		if !ok {
			e.refuse(site.Source{}, name+" lies outside of the site's directory", "put it there, and name it by its path from the site file")
			return
		}
		if info, err := os.Stat(name); err == nil { // it may be elsewhere yet
			size += int(info.Size())
		}
		key := free(item(below), taken)
		e.Secrets = append(e.Secrets, secret{key, below})
		e.Templates = append(e.Templates, file{To: path(below), Data: fmt.Sprintf("{{ with nomadVar %q }}{{ .%s }}{{ end }}", e.Variable(), key), Perms: "0600"})
	}
	for _, p := range all.Pairs {
		hide(p.Certificate)
		if p.Key != p.Certificate {
			hide(p.Key)
		}
	}
	for _, name := range all.Hidden {
		hide(name)
	}
	if size > maxVariable {
		e.refuse(site.Source{}, fmt.Sprintf("certificates, keys and passwords have %d KiB, and a variable of Nomad holds %d", size>>10, maxVariable>>10), "leave out what is not served, such as certificates of authorities in a chain")
	}
}

// Variable is the path of the variable with the secret files, which the task may read
// without a policy.
func (e *exporter) Variable() string { return "nomad/jobs/" + e.Name + "/edge/edgegen" }

// Values is the path of the one with the values of the site's variables.
func (e *exporter) Values() string { return "nomad/jobs/" + e.Name + "/edge" }

// Variables are the names of the site's variables.
func (e *exporter) Variables() []string { return e.loaded.Variables }

// Put is the command that makes the variable with the secret files.
func (e *exporter) Put() string {
	command := "nomad var put "
	if e.Namespace != "" {
		command += "-namespace=" + e.Namespace + " "
	}
	command += e.Variable()
	for _, s := range e.Secrets {
		command += " " + s.Key + "=@" + sitefiles.Word(s.File)
	}
	return command
}

// User is whom the task runs as, and whom its files belong to.
func (e *exporter) User() int {
	if e.Driver == Docker {
		return inImage
	}
	return nobody
}

// item names a file within a variable: letters, digits and underscores.
func item(below string) string { return strings.Trim(unnamedItem.ReplaceAllString(below, "_"), "_") }

// free is a name, with a number behind it where that is taken, and takes it.
func free(name string, taken map[string]bool) string {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "file_" + name
	}
	for given, i := name, 2; taken[name]; i++ {
		name = given + "_" + strconv.Itoa(i)
	}
	taken[name] = true
	return name
}

// delimiters are what stands around actions in a text that has none.
func delimiters(data string) (left, right string) {
	if !strings.Contains(data, "{{") {
		return "", ""
	}
	left = "<<"
	for strings.Contains(data, left) {
		left += "<"
	}
	return left, strings.Repeat(">", len(left))
}

// text writes the data of a template: as lines where it is lines, for people.
func text(data string) string {
	lines := strings.HasSuffix(data, "\n") && !strings.ContainsFunc(data, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' })
	end := "END"
	for strings.Contains(data, end) {
		end += "_"
	}
	if !lines {
		return hcltext.Quote(data)
	}
	return "<<" + end + "\n" + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(data) + end
}
