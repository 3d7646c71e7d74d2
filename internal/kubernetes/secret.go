package kubernetes

import (
	"fmt"
	"strconv"

	"edgegen/internal/sitefiles"
)

// A Secret is one that the objects refer to and do not hold: its keys never
// leave the machine by edgegen.
type Secret struct {
	Name      string
	Namespace string // "" for that of the objects it is applied with
	// Certificate and Key are the files of one for TLS; else Files are what is in it,
	// by the keys that they have there.
	Certificate, Key string
	Files            []SecretFile
	// Keys are of a Secret that need not be there: each value that it has takes the place of
	// a default.
	Keys []string
}

// A SecretFile is a file that becomes a key of a Secret.
type SecretFile struct{ Key, File string }

// Command is what makes the Secret, as a shell takes it, but for one with Keys.
func (s Secret) Command() string {
	in := ""
	if s.Namespace != "" {
		in = " --namespace " + s.Namespace
	}
	if s.Certificate != "" {
		return fmt.Sprintf("kubectl create secret tls %s%s --cert=%s --key=%s", s.Name, in, sitefiles.Word(s.Certificate), sitefiles.Word(s.Key))
	}
	command := fmt.Sprintf("kubectl create secret generic %s%s", s.Name, in)
	for _, f := range s.Files {
		command += fmt.Sprintf(" --from-file=%s=%s", f.Key, sitefiles.Word(f.File))
	}
	return command
}

// pairs gives each certificate with its key a Secret of its own.
func (e *exporter) pairs(f *files, pairs []sitefiles.Pair) {
	taken := map[string]bool{}
	for _, p := range pairs {
		end := "-tls"
		if p.Client {
			end = "-client"
		}
		name := free(e.Name+"-"+named(p.Of)+end, taken) // hosts may be alike but for what names leave out
		s := Secret{Name: name, Namespace: e.Namespace, Certificate: e.shown(p.Certificate), Key: e.shown(p.Key)}
		e.place(f, name, "tls.crt", p.Certificate)
		if p.Key != p.Certificate {
			e.place(f, name, "tls.key", p.Key)
		} else { // both in one file
			s = Secret{Name: name, Namespace: e.Namespace, Files: []SecretFile{{"tls.crt", e.shown(p.Certificate)}}}
		}
		f.secrets = append(f.secrets, s)
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
