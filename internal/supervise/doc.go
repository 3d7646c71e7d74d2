// Package supervise keeps described processes running and stoppable, ignorant
// of what they are. It runs on Linux.
//
// A [Runner] keeps one [Process] running: it starts it, waits until it is
// ready, starts it again with growing pauses when it dies, and stops it with
// its whole process group.
//
// An [Instance] is one run of the program that supervises. It makes sure that
// nothing a Runner started, and no registered path, outlives that run, even
// where the run ends by SIGKILL. Four things together do that:
//
//   - The kernel sends every child SIGTERM when its parent dies.
//   - A guardian, a second small process, holds one end of a pipe. When the
//     other end closes without a goodbye, it ends every registered process
//     group and removes every registered path. What it was not told in time it
//     reads in the ledger.
//   - Every child carries a marker in its environment. It finds descendants
//     that left their group or their session, and a child whose parent was
//     killed between forking and registering it.
//   - A ledger in the state directory holds the same facts, so that [CleanUp]
//     in the next run can do what a guardian that was killed too could not.
//
// A process is known by its number and its start time together, because
// numbers are used again. Not found are processes that left their group and
// their session and also wiped their environment.
package supervise
