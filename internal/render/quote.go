package render

import (
	"fmt"
	"regexp"
	"strings"

	"edgegen/internal/site"
)

// ValueError is a value that cannot be quoted safely in a daemon's language.
type ValueError struct {
	Value  string
	Reason string      // why, and in which language
	Source site.Source // the HCL that holds the value
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("%q %s", e.Value, e.Reason)
}

// control reports the first control byte of a string.
func control(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// quoteVCL writes a VCL string. VCL has no escapes: a short string ends at a
// quote, a long one at the first `"}` (vcl(7), Strings).
func quoteVCL(s string) (string, error) {
	switch {
	case control(s):
		return "", &ValueError{Value: s, Reason: "has a control character, which a VCL string cannot hold"}
	case !strings.Contains(s, `"`):
		return `"` + s + `"`, nil
	case strings.Contains(s, `"}`):
		return "", &ValueError{Value: s, Reason: `has a quote before a brace, which a VCL string cannot hold`}
	}
	return `{"` + s + `"}`, nil
}

// quoteVCLExpression writes a value where VCL takes an expression, in as many
// strings as it needs.
func quoteVCLExpression(s string) (string, error) {
	if control(s) {
		return quoteVCL(s) // it returns the error
	}
	var parts []string
	for {
		at := strings.Index(s, `"}`)
		if at < 0 {
			break
		}
		part, err := quoteVCL(s[:at+1])
		if err != nil {
			return "", err
		}
		parts, s = append(parts, part), s[at+1:]
	}
	last, err := quoteVCL(s)
	return strings.Join(append(parts, last), " + "), err
}

// longestC is the longest path of a Unix socket.
const longestC = 107

// quoteC writes a C string for inline C, which "}C" would end.
func quoteC(s string) (string, error) {
	if len(s) > longestC || control(s) {
		return "", &ValueError{Value: s, Reason: fmt.Sprintf("has a control character, or more than %d bytes", longestC)}
	}
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; isPlain(c) {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "\\%03o", c)
		}
	}
	return `"` + out.String() + `"`, nil
}

// isPlain reports a byte that means itself in any language.
func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/._-", c) >= 0
}

var vclName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// quoteVCLName writes a name: of a header after "req.http.", or of a backend.
func quoteVCLName(s string) (string, error) {
	if !vclName.MatchString(s) {
		return "", &ValueError{Value: s, Reason: "is a name that VCL cannot write: it has to start with a letter and go on with letters, digits, - and _"}
	}
	return s, nil
}

// quoteNginxRegexp writes a regular expression or another value in which nginx
// expands no variables.
func quoteNginxRegexp(s string) (string, error) {
	if control(s) {
		return "", &ValueError{Value: s, Reason: "has a control character, which nginx.conf cannot hold"}
	}
	return nginxWord(s, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)+`"`)
}

// longestNginxWord is the size of nginx's read buffer, less the quotes and what a template
// writes beside a value.
const longestNginxWord = 4096 - 256

// nginxWord returns the quoted form of a value, or an error if it is too long for nginx.
func nginxWord(value, quoted string) (string, error) {
	if len(quoted) > longestNginxWord {
		return "", &ValueError{Value: value, Reason: fmt.Sprintf("has %d bytes in nginx.conf, where a word can have %d", len(quoted), longestNginxWord)}
	}
	return quoted, nil
}

// quoteNginx writes a value in which nginx expands variables. nginx has no
// escape for "$"; $dollar is defined by the template.
func quoteNginx(s string) (string, error) {
	quoted, err := quoteNginxRegexp(s)
	if err != nil {
		return "", err
	}
	return nginxWord(s, strings.ReplaceAll(quoted, "$", "${dollar}"))
}

// quoteNginxIndex writes the full path of an entry of try_files, below the root in the
// named variable.
func quoteNginxIndex(root string, t site.Try) (string, error) {
	quoted, err := quoteNginxTry(t)
	if err != nil {
		return "", err
	}
	return nginxWord(t.String(), `"${`+root+"}"+quoted[1:])
}

// quoteNginxTry writes an entry of try_files, in which only "$uri" is expanded.
func quoteNginxTry(t site.Try) (string, error) {
	prefix, err := quoteNginx(t.Prefix)
	if err != nil {
		return "", err
	}
	suffix, err := quoteNginx(t.Suffix)
	if err != nil || !t.HasURI {
		return suffix, err
	}
	// Quoted in parts, so that the suffix can never be read as part of the name.
	name := "$uri"
	switch {
	case strings.HasPrefix(t.Suffix, "."): // "/dir/" + ".html" would name a dot file
		name = "$edge_name"
	case t.Suffix != "" && strings.ContainsAny(t.Suffix[:1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"):
		name = "${uri}"
	}
	return nginxWord(t.String(), prefix[:len(prefix)-1]+name+suffix[1:])
}

// quoteNginxRedirect writes the target of a redirect. If the redirect keeps the query, a
// variable stands for the request's query with its "?" or "&".
func quoteNginxRedirect(r *site.Redirect) (string, error) {
	before, joint, after := r.Around()
	first, err := quoteNginx(before)
	if err != nil {
		return "", err
	}
	last, err := quoteNginx(after)
	if err != nil {
		return "", err
	}
	query := ""
	switch {
	case r.KeepsQuery() && joint == "?":
		query = "${edge_first_query}"
	case r.KeepsQuery():
		query = "${edge_more_query}"
	}
	return nginxWord(r.To, first[:len(first)-1]+query+last[1:])
}

// quoteNginxWord writes a value that stands unquoted in nginx.conf, beside other text.
func quoteNginxWord(s string) (string, error) {
	if s == "" || strings.ContainsAny(s, " \t\"'\\;{}#$") || control(s) {
		return "", &ValueError{Value: s, Reason: "has a character that cannot stand here in nginx.conf"}
	}
	return nginxWord(s, s)
}

// quoteStunnel writes a value in stunnel.conf, which ends with its line and has no quotes
// or escapes.
func quoteStunnel(s string) (string, error) {
	if s == "" || s != strings.TrimSpace(s) || control(s) {
		return "", &ValueError{Value: s, Reason: "is empty, starts or ends with a space, or has a control character, which stunnel.conf cannot hold"}
	}
	return s, nil
}

// quoteArgument writes a value in varnishd.args so that xargs and a shell read it correctly.
// A comma is refused, as varnishd splits the values of -a and -s at commas.
func quoteArgument(s string) (string, error) {
	if s == "" || control(s) || strings.ContainsAny(s, `"\$`+"`,") {
		return "", &ValueError{Value: s, Reason: "has a character that varnishd's arguments cannot hold"}
	}
	if strings.ContainsAny(s, " '#&;|<>()*?[]~!{}") {
		return `"` + s + `"`, nil
	}
	return s, nil
}
