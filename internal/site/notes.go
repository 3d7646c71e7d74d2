package site

import "slices"

// NotePrefix begins the name of every note.
const NotePrefix = "X-Edge-"

// The notes that Go itself writes or reads. VCL and nginx.conf spell theirs.
const (
	// NoteTier says who made an answer: its tier, "web" or "backend", and of a
	// backend also the microseconds until its answer began and the server that was
	// asked last, with a space between them.
	NoteTier = NotePrefix + "Tier"
	// NoteWords has the cache tier answer with its words for an error. It is the status of
	// the error, and comes from a tier that reads HTTP before the cache tier does.
	NoteWords = NotePrefix + "Words"
	// NoteFrom says whose request it is, if the TLS tier reads HTTP itself: the client's
	// address, and the versions of TLS and of HTTP, with a space between them.
	NoteFrom = NotePrefix + "From"
	// NoteRoute names the route that a request takes, by its Route.ID.
	NoteRoute = NotePrefix + "Route"
	// NoteLeads is where a redirect leads that depends on the request.
	NoteLeads = NotePrefix + "Leads"
	// NoteTarget is what the app is asked for in place of the request's target. It is not
	// NoteLeads, because in the middle of a reload the web tier may have a redirect on a
	// route for which the cache tier still asks an app.
	NoteTarget = NotePrefix + "Target"
	// NoteCompress tells the web tier how to compress the answer: a coding, "identity"
	// for none, or CompressedLater. Behind a space it has the Route.ID of a route that
	// compresses, and behind another the coding of an answer that is to be stored. nginx
	// hands it on to the relay of an app.
	NoteCompress = NotePrefix + "Compress"
	// NoteCompressed says in which coding the web tier has compressed an answer, or
	// that it is Compressible.
	NoteCompressed = NotePrefix + "Compressed"
	// NoteGate on a request says what is asked of the gate: GateAsk or GateOn. On an
	// answer of the gate's it is GateIn or GateOut.
	NoteGate = NotePrefix + "Gate"
	// NoteConnection names the connection, for the gate to find the certificate that
	// the client has shown in its handshake.
	NoteConnection = NotePrefix + "Connection"
	// NotePage has the web tier answer with one of Site.ErrorPages, by its place from 1.
	NotePage = NotePrefix + "Page"
	// NoteMember says what a member of a cluster asks another one for: MemberLookup, or one
	// of the messages of the room cluster. On an answer to MemberLookup it is how fresh
	// that is, or MemberDeclines. It is not in the table, since it is no note between
	// tiers: these drop it like any unknown note.
	NoteMember = NotePrefix + "Member"
	// NoteStored tells a native cache tier about an answer that a member of the cluster has
	// stored: for how long it is fresh and how old it is, in seconds. It is not in the
	// table either.
	NoteStored = NotePrefix + "Stored"
	// NoteGeneration tells a probe which generation answers.
	NoteGeneration = NotePrefix + "Generation"
)

// What NoteCompress and NoteCompressed say besides codings.
const (
	CompressedLater = "later" // by the cache tier
	Compressible    = "may"
)

// What NoteMember says of a request for an answer.
const (
	MemberLookup   = "lookup"
	MemberDeclines = "declines" // the asking member is to ask the app itself
)

// The values of NoteGate.
const (
	GateAsk = "ask" // whether the request may come in
	GateOn  = "on"  // the same, and to pass it on to the web tier
	GateIn  = "in"
	GateOut = "out"
)

// Note is a header in which one tier, or one step of a tier, tells the next what
// has been decided. A name may have two notes: one on requests, one on answers.
type Note struct {
	Name  string
	Says  string
	By    string // the tier that writes it
	For   string // the tier that reads it, or "probe"
	Reach Reach
}

// Reach is how far a note travels, which says who drops it.
type Reach int

const (
	// Sorted is on a request within the cache tier, which drops it before it asks
	// anybody. Like Asked, it is dropped when a client writes it, before all else.
	Sorted Reach = iota
	// Asked is on a request to the web tier, which drops it.
	Asked
	// Relayed is on a request to the web tier, which hands it on to an app's relay, and
	// to nobody else.
	Relayed
	// Judged is on an answer while the cache tier decides whether to store it, and
	// is dropped by that decision.
	Judged
	// Kept is on an answer, and stored with it. The cache tier drops it on the way
	// to the client, and the web tier what an app has written under that name.
	Kept
	// Renewed is like Kept, and made anew where an app confirms what is stored: the cache
	// tier drops the note that comes with the confirmation.
	Renewed
	// Probed is on what is between edgegen and a tier alone.
	Probed
)

// NoteNames lists the names of the notes of some reaches, of all where none is
// given, each name once.
func NoteNames(reaches ...Reach) []string {
	var names []string
	for _, note := range notes {
		if (len(reaches) == 0 || slices.Contains(reaches, note.Reach)) && !slices.Contains(names, note.Name) {
			names = append(names, note.Name)
		}
	}
	return names
}

// notes lists every note. VCL and nginx.conf get their lists of names from it;
// builtin tiers drop whatever begins with NotePrefix. Whatever the Reach, no note
// of a client reaches an app, and no note of an app a client: the web tier drops
// both ways all that are listed.
var notes = [...]Note{
	{NotePrefix + "Address", "the client's address, for the access log", "cache", "cache", Sorted},
	{NotePrefix + "Trace", "the traceparent, for the access log, and whether it was kept", "cache", "cache", Sorted},
	{NotePrefix + "Chain", "a value under way within one step", "cache", "cache", Sorted},
	{NotePrefix + "Path", "the decoded path, its slashes merged", "cache", "cache", Sorted},
	{NotePrefix + "Over", "the version of HTTP that the client speaks with the tls tier, and whether by CONNECT", "cache", "cache", Sorted},
	{NotePrefix + "Way", "the backend and the route, for the access log", "cache", "cache", Sorted},
	{NotePrefix + "Canonical", "the site's canonical host; a site has been found", "cache", "cache", Sorted},
	{NotePrefix + "Site", "the site, by its canonical host", "cache", "cache", Asked},
	{NotePrefix + "Epoch", "which purge was the last one when it was asked for", "cache", "cache", Asked},
	{NotePrefix + "Softs", "how many purges have been soft when it was asked for", "cache", "cache", Asked},
	{NotePrefix + "Status", "the site's answers have a Cache-Status", "cache", "cache", Asked},
	{NotePrefix + "Tagged", "the header in which the app names tags", "cache", "cache", Asked},
	{NotePrefix + "Key", "the URL by which what is stored is known", "cache", "cache", Asked},
	{NotePrefix + "Hsts", "the site's Strict-Transport-Security", "cache", "cache", Sorted},
	{NotePrefix + "Location", "where a redirect leads; the length of what no range is in", "cache", "cache", Sorted},
	{NotePrefix + "Named", "what the app of a WebSocket is asked for by Host", "cache", "cache", Sorted},
	{NotePrefix + "Body", "how many bytes the route takes", "cache", "cache", Sorted},
	{NotePrefix + "Query", "the query with \"&\" in front", "cache", "cache", Sorted},
	{NotePrefix + "Variant", "the route, where requests for one URL take several", "cache", "cache", Sorted},
	{NotePrefix + "WebSocket", "the route takes WebSockets", "cache", "cache", Sorted},
	{NotePrefix + "Fetch", "the fetch whose end is looked after", "cache", "cache", Sorted},
	{NotePrefix + "Stream", "the body is not held", "cache", "cache", Sorted},
	{NotePrefix + "Allow", "the methods that the route takes", "cache", "cache", Sorted},
	{NotePrefix + "Large", "the body says that it is too long for any route", "cache", "cache", Sorted},
	{NotePrefix + "Challenge", "WWW-Authenticate of an answer that a page stands for", "cache", "cache", Sorted},
	{NotePrefix + "After", "Retry-After of one", "cache", "cache", Sorted},
	{NotePrefix + "Cookie", "the cookies that are not ignored", "cache", "cache", Sorted},
	{NotePrefix + "Pass", "why the request goes past the cache", "cache", "cache", Sorted},
	{NotePrefix + "Range", "the range that the app is to cut out", "cache", "cache", Sorted},
	{NotePrefix + "Coding", "the codings that the client takes", "cache", "cache", Sorted},
	{NotePrefix + "Gzip", "the client takes gzip", "cache", "cache", Sorted},
	{NotePrefix + "Best", "the coding that it wants most", "cache", "cache", Sorted},
	{NotePrefix + "Weight", "how much it wants one", "cache", "cache", Sorted},
	{NotePrefix + "Began", "when the request was looked up", "cache", "cache", Sorted},
	{NotePrefix + "Joined", "it has waited for what another request was asked for", "cache", "cache", Sorted},
	{NotePrefix + "Left", "for how many seconds what is stored stays fresh", "cache", "cache", Sorted},
	{NotePrefix + "Told", "what Cache-Status says of a request", "cache", "cache", Sorted},
	{NotePrefix + "Error", "the status that a page stands for", "cache", "cache", Sorted},
	{NotePrefix + "Maker", "who made the answer that a page stands for", "cache", "cache", Sorted},
	{NotePrefix + "Cache", "the verdict: HIT, MISS, STALE or PASS", "cache", "cache", Sorted},
	{NoteWords, "the status whose words are wanted", "web", "cache", Sorted},
	{NoteFrom, "whose request it is, where the tls tier reads HTTP", "tls", "cache", Sorted},

	{NoteRoute, "the route that the request takes", "cache", "web", Asked},
	{NoteTarget, "what the app is to be asked for", "cache", "web", Asked},
	{NoteLeads, "where a redirect leads", "cache", "web", Asked},
	{NotePrefix + "Pages", "the route's pages for errors, by their places", "cache", "cache", Asked},
	{NotePage, "the page that is wanted, by its place in Site.ErrorPages, from 1", "cache", "web", Asked},
	{NotePrefix + "Host", "the host as it is compared: in lower case, without port", "cache", "cache", Asked},
	{NotePrefix + "Ttl", "the route's ttl", "cache", "cache", Asked},
	{NotePrefix + "Grace", "the site's grace", "cache", "cache", Asked},
	{NotePrefix + "Stale", "the site's stale_if_error", "cache", "cache", Asked},
	{NotePrefix + "Refetch", "second round: what is stored is past its grace", "cache", "cache", Asked},
	{NotePrefix + "Failed", "third round: the app has failed", "cache", "cache", Asked},
	{NotePrefix + "Packed", "the web tier's compressed file may be none", "cache", "cache", Asked},
	{NotePrefix + "Whole", "the answer is read to its end before it is passed on, or could not be", "cache", "cache", Asked},
	{NotePrefix + "First", "how long the web tier is waited for, for an app with timeouts of its own", "cache", "cache", Asked},
	{NotePrefix + "Begin", "the same where the cache tier alone looks after first_byte", "cache", "cache", Asked},
	{NotePrefix + "Silence", "the app's between_bytes", "cache", "cache", Asked},
	{NoteGate, "whether the gate is to be asked, or has let the request in", "cache", "cache", Asked},
	{NoteConnection, "the connection, by which the client's certificate is found", "cache", "cache", Asked},
	{NotePrefix + "Protected", "it is known who asks: only a public answer is stored", "cache", "cache", Asked},
	{NotePrefix + "Asked", "when the web tier was asked", "cache", "cache", Asked},

	{NoteCompress, "the coding that an app's answer is wanted in, and the route", "cache", "web", Relayed},

	{NotePrefix + "Control", "Cache-Control, made easy to test", "cache", "cache", Judged},
	{NotePrefix + "Lasting", "the status is one for a route's ttl", "cache", "cache", Judged},
	{NotePrefix + "Fresh", "the answer is fresh", "cache", "cache", Judged},
	{NotePrefix + "Lifetime", "for how long it is fresh from its date on", "cache", "cache", Judged},
	{NotePrefix + "Age", "how old it came", "cache", "cache", Judged},
	{NotePrefix + "Purged", "it was asked for before a purge", "cache", "cache", Judged},
	{NotePrefix + "Unknown", "nobody can tell its age", "cache", "cache", Judged},

	{NoteTier, "who made the answer, and how long that took", "web", "cache", Kept},
	{NoteCompressed, "the coding in which the web tier has compressed the answer", "web", "cache", Kept},
	{NoteGate, "whether the gate lets the request in", "cache", "cache", Kept},
	{NotePrefix + "Url", "host and URL, by which it is invalidated", "cache", "cache", Renewed},
	{NotePrefix + "Site", "the site, by which it is purged", "cache", "cache", Renewed},
	{NotePrefix + "Tags", "its tags, each between commas", "cache", "cache", Kept},
	{NotePrefix + "Epoch", "which purge was the last one when it was asked for", "cache", "cache", Kept},
	{NotePrefix + "Softs", "how many purges have been soft when it was asked for", "cache", "cache", Kept},
	{NotePrefix + "Told", "what Cache-Status says of an answer", "cache", "cache", Renewed},
	{NotePrefix + "Fetch", "the fetch whose end is looked after", "cache", "cache", Kept},
	{NotePrefix + "Came", "when its head came", "cache", "cache", Kept},
	{NotePrefix + "Grace", "the answer's own grace", "cache", "cache", Renewed},
	{NotePrefix + "Shared", "it may be given where the request was authorised", "cache", "cache", Renewed},
	{NotePrefix + "Vary", "Vary as the app said it", "cache", "cache", Renewed},
	{NotePrefix + "Coding", "Content-Encoding of what has no body", "cache", "cache", Renewed},
	{NotePrefix + "Content-Range", "Content-Range as the app said it", "cache", "cache", Kept},
	{NotePrefix + "Aged", "what Varnish's idea of its age lacks", "cache", "cache", Renewed},
	{NotePrefix + "Said", "Age as the app said it", "cache", "cache", Renewed},

	{NoteGeneration, "the generation that answers", "cache", "probe", Probed},
}
