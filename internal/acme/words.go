package acme

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

// words says what went wrong, and what to do.
func words(err error, names []string) string {
	text := reason(err, names)
	later := (*laterError)(nil)
	if errors.As(err, &later) {
		text += fmt.Sprintf(" (it wants to be left alone until %s)", later.after.UTC().Format(time.RFC3339))
	}
	return text
}

func reason(err error, names []string) string {
	if hook := (*hookError)(nil); errors.As(err, &hook) {
		return hook.Error()
	}
	if _, offered, ok := strings.Cut(err.Error(), "no solvers available"); ok { // acmez says it by words alone
		return wayFor(strings.Join(names, ", "), strings.Contains(offered, "offered=[dns-01]"))
	}
	if strange := (*strangeError)(nil); errors.As(err, &strange) {
		switch {
		case strange.status >= 500:
			return fmt.Sprintf("the authority has an error of its own: %v", strange)
		case strange.status == http.StatusTooManyRequests:
			return fmt.Sprintf("the authority limits how often it is asked: %v", strange)
		}
		return fmt.Sprintf("that is no authority which speaks ACME: %v; see `directory` in the acme block", strange)
	}
	problem, told := problemOf(err)
	if !told {
		return unreachable(err)
	}
	about, inDNS := strings.Join(names, ", "), false
	a, aboutName := problem.Resource.(acme.Authorization)
	if aboutName {
		about = a.IdentifierValue()
		inDNS = slices.ContainsFunc(a.Challenges, func(c acme.Challenge) bool { return c.Type == acme.ChallengeTypeDNS01 && c.Error != nil })
	}
	said := problem.Detail
	if said == "" {
		said = problem.Title
	}
	if inDNS {
		return fmt.Sprintf("the authority does not find in the DNS what `dns_hook` has written for %s: see that the command has written it, and that all name servers of the zone tell of it; the authority says: %s", about, said)
	}
	if !aboutName && problem.Type == acme.ProblemTypeUnauthorized {
		return fmt.Sprintf("the authority refuses the account: where that has been deactivated, remove account.key and account.json from the directory of the authority, below acme in the state directory, and another one is made; the authority says: %s", said)
	}
	if remedy := remedyFor(strings.TrimPrefix(problem.Type, acme.ProblemTypeNamespace), about); remedy != "" {
		return fmt.Sprintf("%s; the authority says: %s", remedy, said)
	}
	return fmt.Sprintf("the authority refuses %s: %s", about, said)
}

// wayFor is about an authority that would look at names in another way than the edge is
// ready for.
func wayFor(about string, inDNS bool) string {
	if inDNS {
		return fmt.Sprintf("the authority wants to find out in the DNS that %s leads here: set `dns_hook` in the tls block", about)
	}
	return fmt.Sprintf("the authority takes no way to find out that %s leads here which the edge is ready for: see that there is an `http` listener, and `dns_hook` where all names have records in the DNS", about)
}

func remedyFor(kind, about string) string {
	switch kind {
	case "connection":
		return fmt.Sprintf("the authority does not reach %s: see that its name leads to this machine, and that port 80 is open and leads to a listener of `http`", about)
	case "dns":
		return fmt.Sprintf("the authority does not find %s in the DNS: give it an address record that leads to this machine", about)
	case "caa":
		return fmt.Sprintf("a CAA record forbids the authority to give a certificate for %s: name it in that record", about)
	case "unauthorized", "incorrectResponse":
		return fmt.Sprintf("somebody else answers for %s: see that its name leads to this machine alone, over IPv6 as well", about)
	case "tls":
		return fmt.Sprintf("the authority cannot speak TLS with %s: see that port 443 leads to a listener of `https`", about)
	case "rateLimited":
		return fmt.Sprintf("the authority limits how often it is asked for %s", about)
	case "rejectedIdentifier", "unsupportedIdentifier":
		return fmt.Sprintf("the authority gives no certificate for %s: leave the name out, or take another certificate for it", about)
	case "externalAccountRequired":
		return "the authority wants an account of its own to be named: set `eab` in the acme block"
	case "invalidContact", "unsupportedContact":
		return "the authority does not take the address in `email`: write another one"
	case "badNonce", "serverInternal":
		return "the authority has an error of its own"
	case "userActionRequired":
		return "the authority wants somebody to agree to something"
	}
	return ""
}

// unreachable says why an authority could not be asked.
func unreachable(err error) string {
	unknown, host, resolve := x509.UnknownAuthorityError{}, x509.HostnameError{}, (*net.DNSError)(nil)
	switch failed := (*url.Error)(nil); {
	case errors.As(err, &unknown):
		return "the authority's own certificate is not trusted: name what signed it in `ca_root`"
	case errors.As(err, &host):
		return fmt.Sprintf("the authority's own certificate is for somebody else: %v", host)
	case errors.As(err, &resolve):
		return fmt.Sprintf("the authority cannot be reached: %v", resolve)
	case errors.Is(err, context.DeadlineExceeded):
		return "the authority takes too long"
	case errors.As(err, &failed):
		return fmt.Sprintf("the authority cannot be reached: %v", failed.Err)
	}
	return err.Error()
}
