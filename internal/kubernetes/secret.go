package kubernetes

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Secret is one that the objects refer to and do not hold: its keys never
// leave the machine by edgegen.
type Secret struct {
	Name string
	// Certificate and Key are the files of one for TLS; else Files are what is in it,
	// by the keys that they have there.
	Certificate, Key string
	Files            []SecretFile
}

// A SecretFile is a file that becomes a key of a Secret.
type SecretFile struct{ Key, File string }

// Command is what makes the Secret, as a shell takes it.
func (s Secret) Command(namespace string) string {
	in := ""
	if namespace != "" {
		in = " --namespace " + namespace
	}
	if s.Certificate != "" {
		return fmt.Sprintf("kubectl create secret tls %s%s --cert=%s --key=%s", s.Name, in, word(s.Certificate), word(s.Key))
	}
	command := fmt.Sprintf("kubectl create secret generic %s%s", s.Name, in)
	for _, f := range s.Files {
		command += fmt.Sprintf(" --from-file=%s=%s", f.Key, word(f.File))
	}
	return command
}

// word writes text as one word of a shell's, in quotes where it needs them.
func word(text string) string {
	if plain := regexp.MustCompile(`^[A-Za-z0-9_./@%+-]+$`); plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// pairs takes certificates with keys out of what a ConfigMap may hold.
func (e *exporter) pairs(f *files) {
	taken := map[string]bool{}
	pair := func(name, certificate, key string) {
		if f.sorted[certificate] || certificate == "" {
			return
		}
		f.sorted[certificate], f.sorted[key] = true, true
		name = free(name, taken) // hosts may be alike but for what names leave out
		s := Secret{Name: name, Certificate: e.shown(certificate), Key: e.shown(key)}
		e.place(f, name, "tls.crt", certificate)
		if key != certificate {
			e.place(f, name, "tls.key", key)
		} else { // both in one file
			s = Secret{Name: name, Files: []SecretFile{{"tls.crt", e.shown(certificate)}}}
		}
		f.secrets = append(f.secrets, s)
	}
	for _, s := range e.edge.Sites {
		for i := range s.TLS.Certificates {
			pair(e.Name+"-"+named(s.Host)+"-tls", s.TLS.Certificates[i], s.TLS.Keys[i])
		}
		for _, b := range s.Backends {
			pair(e.Name+"-"+named(b.Name)+"-client", b.TLS.Certificate, b.TLS.Key)
		}
	}
}

// free is name, with a number behind it where that is taken, and takes it.
func free(name string, taken map[string]bool) string {
	for given, i := name, 2; taken[name]; i++ {
		name = given + "-" + strconv.Itoa(i)
	}
	taken[name] = true
	return name
}
