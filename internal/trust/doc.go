// Package trust has the programs of this machine believe the local authority that
// signs the certificates of self-signed sites, and takes that back. It writes into
// the stores that browsers and libraries read: the system's, by the tool of Debian,
// and those of NSS, which Firefox and Chromium have, by certutil.
//
// Whoever can read the authority's key can then pose as any host to this machine. The
// key is its owner's alone, as before.
package trust
