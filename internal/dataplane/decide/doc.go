// Package decide says what becomes of a request: pure functions of the site's
// model and of what a client has sent. The builtin tiers act upon what they say,
// and edgegen explain tells it, so that the two cannot differ.
//
// A request passes Receive, which refuses what a request must not say and makes its
// header tell who is asking; Decide, which finds the site, the route and whether the
// request ends there; and, where it goes on, Stored, which says whether it is looked
// up in the cache. Nothing here reads a clock or a socket; of the file system only
// the maintenance page is asked for, by way of Pages.
package decide
