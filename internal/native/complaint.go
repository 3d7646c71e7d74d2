package native

import (
	"strings"

	"edgegen/internal/site"
)

// Complaint is what a daemon says against its configuration without naming a line.
type Complaint struct {
	Text  string   // on one line
	Names []string // what it quotes; a variable with its "$"
}

// Complaints lists what an engine says in a refusal, each complaint once, without those
// that Locate finds a line for.
func Complaints(engine site.Engine, said string) (all []Complaint) {
	if p, known := programOf(engine); known && p.complaints != nil {
		return p.complaints(said)
	}
	return nil
}

var (
	quotedWord      = pattern(`"([^"]+)"`)
	unknownVariable = pattern(`^unknown "([^"]+)" variable$`)
	nginxComplaint  = pattern(`(?m)^(?:nginx:|\S+ \S+) \[(?:error|crit|alert|emerg)\] (?:[0-9]+#[0-9]+: )?(.*)$`)
)

// Quoted lists the words that stand in quotes in a text.
func Quoted(text string) (words []string) {
	if variable := unknownVariable().FindStringSubmatch(text); variable != nil {
		return []string{"$" + variable[1]}
	}
	for _, match := range quotedWord().FindAllStringSubmatch(text, -1) {
		words = append(words, match[1])
	}
	return words
}

func nginxComplaints(said string) (all []Complaint) {
	seen := make(map[string]bool)
	for _, match := range nginxComplaint().FindAllStringSubmatch(said, -1) {
		if text := match[1]; !seen[text] && !nginxPlace().MatchString(match[0]) {
			seen[text] = true
			all = append(all, Complaint{text, Quoted(text)})
		}
	}
	return all
}

// FailsToBegin reports whether a VCL was compiled and then failed in its vcl_init.
func FailsToBegin(message string) bool { return strings.Contains(message, vclFails) }

const vclFails = "Failed initialization"

func varnishComplaints(said string) []Complaint {
	_, reason, fails := strings.Cut(said, vclFails)
	if !fails {
		return nil
	}
	reason = strings.TrimPrefix(strings.Join(strings.Fields(reason), " "), "Message: ")
	return []Complaint{{"vcl_init fails: " + reason, []string{"vcl_init"}}}
}
