// Package backends knows where the apps are and how they are doing: it looks up
// the names among a backend's servers, and asks servers whether they are well. It
// does so once for the whole edge, whichever engines serve, and knows none of them.
//
// # What it is told, and what it tells
//
// A Watch is given an edge (Prepare) and tells the endpoints of each of its
// backends that need watching (site.Backend.Watched) whenever they change. An
// endpoint is one address: a name that stands for three is three endpoints. What
// it tells goes to groups of dataplane/upstream by a pointer, and all who ask apps
// for such a backend, ask by way of its group:
//
//   - builtin tiers in the same process;
//   - nginx and varnishd by a relay, which is a Unix socket for each such backend
//     (dataplane.Relay). To them the relay is the backend's one server. A change of
//     addresses or of health is nothing that they see: it costs no reload of nginx
//     and no VCL, so a name that flaps every second costs none either. Weights,
//     limits, cookies and TLS towards the app, of which varnishd knows little and
//     nginx 1.22 half, mean the same for all engines, WebSockets included, and so
//     does a WebSocket outlive every change but the end of its own server.
//
// The price is one more hop over a Unix socket on native tiers (bench/README.md
// has it). A backend of fixed addresses that are asked in turn is none that needs
// watching: nginx and varnishd have it in their files and ask it directly.
//
// Daemons are given addresses and sockets alone, never names: nginx refuses a
// file with a name that does not resolve, and varnishd one with several addresses.
//
// # Names
//
// A name is asked for again every `resolve`, and after a failure sooner: after a
// second, then two, four, up to `resolve`. Until there is another answer the last
// addresses stay, also where the name server says that the name is gone. A backend
// none of whose names has ever been found, and that has no other server, has no
// endpoint, and its requests are answered with 503; nobody else notices. Before an
// edge is served, each name is asked for once, and waited for a moment (Prepare).
//
// # Health
//
// Each endpoint of a backend with `health` is asked every interval, beginning at
// once. The first answer decides by itself whether it is well; after that so many
// failures, or good answers, in a row change the verdict as the site says. As one
// question has to end before the next (config holds timeout to interval), a server
// that stops answering is unwell within interval × unhealthy_after + timeout. An
// endpoint that was not asked yet is used where no other is well.
//
// # What outlives a change
//
// Looking-ups and checks are counted by who needs them: one that the edge before
// and the next one both need goes on, with what it knows. An endpoint that is gone
// gets nothing new; what it has in work ends by itself, in upstream.
package backends
