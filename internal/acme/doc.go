// Package acme gets certificates from an authority and renews them (RFC 8555, and
// RFC 9773 about when). It keeps an account and what it was given in a directory,
// answers the authority's challenges, and tells whoever uses it of each new
// certificate; to serve it is theirs.
//
// One order is for all names of a site. What has been stored is not asked for
// again, whoever ends the process and when: a key is stored before anybody hears
// of it, and a certificate with its key, in one file that is replaced in one step.
package acme
