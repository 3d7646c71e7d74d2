// Package vsm reads what varnishd's child keeps in shared memory (VSM), as varnish's own
// programs do: its log (VSL), in which it tells of every request, and its counters (VSC).
//
// Another child has other files: a Follower of the log goes from one to the next, and
// Counters are those of the one that runs. What is read is written by another process,
// which need not be sound: nothing in it is believed unchecked.
package vsm
