package kubernetes

import (
	"fmt"
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

// Command is what makes the Secret.
func (s Secret) Command(namespace string) string {
	in := ""
	if namespace != "" {
		in = " --namespace " + namespace
	}
	if s.Certificate != "" {
		return fmt.Sprintf("kubectl create secret tls %s%s --cert=%s --key=%s", s.Name, in, s.Certificate, s.Key)
	}
	command := fmt.Sprintf("kubectl create secret generic %s%s", s.Name, in)
	for _, f := range s.Files {
		command += fmt.Sprintf(" --from-file=%s=%s", f.Key, f.File)
	}
	return command
}
