// Package cluster knows the other edges with which this one answers as one: who they are,
// which of them are there, who owns a URL, and what has been purged.
//
// # Owners
//
// Each key under which an answer is stored has an owner (Rank): the member whose name,
// hashed together with the key, gives the highest number. Every edge finds the same one,
// whichever engines it has, without asking anybody. Where a member is lost its keys go to
// those who come next for each of them, so in equal parts to all; no other key moves.
//
// # Who speaks
//
// Members speak TLS 1.3 to each other. Each end shows a certificate, and is believed if
// the key in it is the one that the secret makes (Identity). There is no other way in.
//
// # Who is there
//
// Each member asks each other one all the time (beat.go): one that answers is asked for
// what it owns, and one that does not answer is not, from the first failure on, whether a
// question or a request has failed. So no request waits for a member twice. A member knows
// itself by the number that it answers with.
//
// # Purges
//
// A purge has a name of its own, and every member keeps those of the last day (log.go),
// over a restart too. Two members whose questions and answers show that they do not have
// the same purges tell each other what they lack, and only then ask each other for what
// they own. So one that was away serves nothing to others that was purged meanwhile, and
// catches up within a beat. Where more has been forgotten than it can catch up with, it
// forgets all that it stores.
//
// A purge is carried out twice (purge.go): after the first time no owner has what is
// meant, and after the second nobody has a copy that was taken from one in between.
package cluster
