package engines

import "edgegen/internal/site"

// Difference is a promise of the contract that a daemon does not keep. A site that depends
// on it needs another engine for that tier.
type Difference struct {
	Name   string // names it to the tests; lower case with hyphens
	Engine site.Engine
	Tier   string      // the tier that the engine has to serve for the difference to show; "" for any
	With   site.Engine // another engine that has to serve its tier for the difference to show; "" for none
	Over   string      // the version of HTTP that clients have to use for it to show; "" for any
	Clause string      // of the contract, as "E4"
	// Gone is the first version of the engine that does not differ any more; "" if no
	// such version is known.
	Gone string
	// Sometimes is set if the difference depends on timing, so that a test may not see it.
	Sometimes bool
	What      string // what the daemon does instead of what is promised
	Why       string // why the promise cannot be kept
	Tried     string // what was tried, or what limits the difference; "" for nothing
}

// Whose returns the engine, and the conditions under which the difference shows:
// "nginx as tls before 1.23".
func (d Difference) Whose() string {
	text := string(d.Engine)
	for _, more := range [][2]string{{" as ", d.Tier}, {" with ", string(d.With)}, {" over ", d.Over}, {" before ", d.Gone}} {
		if more[1] != "" {
			text += more[0] + more[1]
		}
	}
	return text
}

// In reports whether a version of the engine has the difference.
func (d Difference) In(version string) bool { return d.Gone == "" || OlderThan(version, d.Gone) }

// onlyOver is the version of HTTP in which Varnish gets a client's own bytes. Other versions
// are converted by the tls tier before.
const onlyOver = "HTTP/1.1"

// Differences lists everything in which daemons differ from the contract. What is not in
// this table does not differ, and what is in it is observed by a test.
func Differences() []Difference {
	var all []Difference
	all = append(all, pipeDifferences()...)
	all = append(all, framingDifferences()...)
	all = append(all, limitDifferences()...)
	all = append(all, frontDifferences()...)
	return append(all, contentDifferences()...)
}

// pipeDifferences are mostly about WebSockets: Varnish does not look into a pipe.
func pipeDifferences() []Difference {
	return []Difference{
		{Name: "varnish-bytes-after-handshake", Engine: "varnish", Clause: "W5",
			What:  "bytes that a client sends after a handshake reach the app's socket before the app has answered; an app that honours the \"Connection: close\" in the handshake does not read them",
			Why:   "Varnish's pipe forwards what the client sends as soon as it is open",
			Tried: "only a complete, valid handshake is piped, and the app is told to close the connection unless it switches protocols"},
		{Name: "varnish-stubborn-app", Engine: "varnish", Clause: "W5",
			What:  "an app that neither switches protocols nor closes, although it is told to, reads what follows as a request",
			Why:   "Varnish does not look at the answer in a pipe",
			Tried: "\"Connection: close, Upgrade\" to the app; every common HTTP server honours it"},
		{Name: "varnish-pipe-failure", Engine: "varnish", Clause: "E1",
			What:  "if the app refuses or resets the connection of a handshake, the client's connection is closed, without a 502",
			Why:   "Varnish cannot answer by itself once a request is piped",
			Tried: "no subroutine is called after vcl_pipe; a probe would only tell the past"},
		{Name: "varnish-localhost", Engine: "varnish", Clause: "B1", Sometimes: true,
			What:  "a WebSocket to an app at \"localhost\" that listens only on ::1 is closed, on a machine whose /etc/hosts does not have ::1 for that name; other requests reach the app",
			Why:   "Varnish asks the machine's resolver, and a pipe tries one server only",
			Tried: "with \"::1 localhost\" in /etc/hosts both addresses are tried"},
		{Name: "varnish-pipe-first-byte", Engine: "varnish", Clause: "E1",
			What: "an app's answer to a handshake is not bounded by timeouts.first_byte, but by timeouts.websocket_idle",
			Why:  "a pipe has only one timeout, pipe_timeout, and that is the WebSocket's"},
		{Name: "varnish-short-chunks", Engine: "varnish", Clause: "E2", Gone: "7.1", Sometimes: true,
			What:  "a chunked answer that is not stored, and that breaks off at its very beginning, may look complete to the client; not known of version 10 and later",
			Why:   "if the fetch fails before the delivery begins, Varnish ends the body properly; from 7.1 on, edgegen adds a filter in C that makes each wait for the other",
			Tried: "answers with a length up to 1 MiB, and all that are to be stored, are read to their end first; for all other answers, that would hold up event streams"},
		{Name: "stunnel-deep-names", Engine: "stunnel", Clause: "M1",
			What:  "a client whose handshake names more than one label below a wildcard's host gets the certificate of the wildcard's site, even if another site has the name by a \"**\", or should have it as the default or first site",
			Why:   "in stunnel's sni option a \"*\" stands for any number of labels",
			Tried: "exact names come first, then longer wildcards; the site of the request is still chosen by Host, where \"*\" is one label"},
		{Name: "stunnel-slow-reader", Engine: "stunnel", Clause: "E2", Sometimes: true,
			What:  "a large answer after which the connection is closed (\"Connection: close\", HTTP/1.0) may lose its last 200 KiB if the client reads slowly; the client notices if the answer has a length or chunks",
			Why:   "stunnel discards what is left in a Unix socket when the other side has closed it",
			Tried: "keep-alive connections are not affected; a TCP socket between the tiers would not be either, but would let every local user forge addresses"},
		{Name: "varnish-piped-answer", Engine: "varnish", Clause: "K5",
			What: "an app's answer to a handshake reaches the client unchanged: without X-Cache and response_headers, with the app's Server",
			Why:  "vcl_deliver is not called for a pipe"},
		{Name: "varnish-piped-log", Engine: "varnish", Clause: "F5",
			What: "the access log gives every handshake that the app answered the status 101, counts the head of that answer among the bytes, and its upstream_us is the time until the handshake was sent to the app",
			Why:  "Varnish does not look into a pipe"},
	}
}

// framingDifferences are about how strictly messages are read, and about single headers.
func framingDifferences() []Difference {
	return []Difference{
		{Name: "varnish-wordless-400", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "a request that Varnish itself refuses gets a 400, or a 417, without a body and without X-Cache; if it is not HTTP at all, the access log does not name the client",
			Why:  "Varnish answers before any VCL runs"},
		{Name: "varnish-folded-lines", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What:  "a folded header line is accepted; it is forwarded unfolded, as RFC 9112 allows",
			Why:   "Varnish unfolds lines before any VCL runs",
			Tried: "once unfolded, it looks like a value with several spaces"},
		{Name: "native-bare-lf", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What:  "a line of a request's head may end in LF alone; it is forwarded with CRLF",
			Why:   "Varnish's parser accepts both, and has no parameter for it",
			Tried: "VCL does not see line ends; nothing ambiguous reaches a backend"},
		{Name: "varnish-leading-space", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "white space before the request line is skipped; it is not forwarded",
			Why:  "Varnish skips it before any VCL runs"},
		{Name: "native-request-spaces", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "the words of a request line may be separated by several spaces or tabs; it is forwarded with one space",
			Why:  "Varnish skips them before any VCL runs"},
		{Name: "varnish-host-of-target", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "a request without Host is accepted if its target is an http:// URL with a path",
			Why:  "Varnish makes a Host header from the target before any VCL runs"},
		{Name: "varnish-malformed-chunks", Engine: "varnish", Clause: "E4",
			What:  "a chunked body is held in memory until it is complete, up to limits.body_size for each client; if it is malformed, or more than 1 MiB over the limit, the connection is closed without an answer; nothing of it is forwarded",
			Why:   "Varnish gives up a request whose body it cannot read",
			Tried: "forwarded as it arrives, a body that breaks off would look complete to the app, so it is held; after a body has failed, synth() is not carried out"},
		{Name: "varnish-chunk-extensions", Engine: "varnish", Over: onlyOver, Clause: "F1",
			What: "a request with chunk extensions in its body gets no answer: the connection is closed",
			Why:  "Varnish's parser does not know them"},
		{Name: "varnish-trailers", Engine: "varnish", Over: onlyOver, Clause: "F1",
			What: "a request with trailers after its chunked body gets no answer: the connection is closed",
			Why:  "Varnish's parser does not know them"},
		{Name: "varnish-unknown-names", Engine: "varnish", Clause: "F2",
			What:  "a client's X-Forwarded-* header reaches the app if it is none of those that known proxies send; X-Edge-* headers that edgegen does not use pass both ways",
			Why:   "VCL and nginx can remove a header only by its full name",
			Tried: "some three dozen names, and their spellings with \"_\", are removed one by one; in a handshake, which does not pass nginx, names with unusual characters pass"},
		{Name: "nginx-named-by-connection", Engine: "nginx", Clause: "F3",
			What:  "a response header that an app names in Connection reaches the client, unless it is a hop-by-hop header of RFC 9110",
			Why:   "nginx drops Connection, and looks for nothing but \"close\" in it",
			Tried: "neither nginx nor VCL can remove a header whose name is in a variable"},
		{Name: "varnish-stored-coding", Engine: "varnish", Clause: "Z1",
			What:  "stored answers are compressed by gzip only: a client that accepts another coding but not gzip gets them uncompressed; their ETag is weak for every client",
			Why:   "Varnish can unpack stored gzip for clients that do not accept it, and knows no other coding",
			Tried: "a stored copy for each coding would cost a fetch for each"},
		{Name: "nginx-files-zstd", Engine: "nginx", With: "varnish", Clause: "Z1",
			What:  "files are compressed by gzip, and by Brotli if nginx has its module: a client that prefers Zstandard gets its next choice",
			Why:   "Debian's nginx has no module for Zstandard",
			Tried: "an app's answers on the same route are compressed by Zstandard"},
		{Name: "nginx-star", Engine: "nginx", Clause: "E3",
			What: "on an http listener, OPTIONS * is refused with 400; on an https listener it is answered",
			Why:  "nginx does not accept that target"},
		{Name: "nginx-early-hints", Engine: "nginx", With: "varnish", Clause: "E1",
			What: "if an app sends a 103 before its answer, the answer is 502",
			Why:  "nginx before 1.29 takes any 1xx for the final answer"},
		{Name: "nginx-early-hints-close", Engine: "nginx", Clause: "E1",
			What: "if an app sends a 103 before an answer that ends with its connection, the answer is 502",
			Why:  "nginx before 1.29 takes any 1xx for the final answer, and does not end what follows it"},
		{Name: "nginx-early-hints-head", Engine: "nginx", Clause: "E1",
			What: "if an app sends a 103 before its answer to a HEAD, the answer is 502",
			Why:  "nginx before 1.29 takes any 1xx for the final answer"},
	}
}

// limitDifferences are about sizes, numbers and times.
func limitDifferences() []Difference {
	return []Difference{
		{Name: "varnish-large-head", Engine: "varnish", Over: onlyOver, Clause: "E5",
			What:  "a request head over limits.header_size closes the connection, without 431 and without a line in the access log",
			Why:   "Varnish gives up before any VCL runs",
			Tried: "with http_req_size above the limit VCL would run, but it cannot measure a head"},
		{Name: "varnish-plain-413", Engine: "varnish", Clause: "M5",
			What: "an error_page for 413 is sent when the body has been read to its end; a body of more than twice what any route allows is answered at once, by plain text",
			Why:  "Varnish reads a body to its end before it fetches anything else"},
		{Name: "varnish-unheard-413", Engine: "varnish", Clause: "E5", Sometimes: true,
			What:  "a client that goes on sending a body over limits.body_size may see a broken connection instead of the 413, if the body has more than 1 MiB and the connection closes after it, or if it is more than twice as long as allowed; seldom, a request with a body and Connection: close that Varnish answers itself, such as with a redirect, gets no answer either",
			Why:   "Varnish closes the connection right after its answer, unless it is kept; only then does it read on",
			Tried: "to read every body into memory before the answer would take 100 MiB for each client by default"},
		{Name: "native-unannounced-events", Engine: "varnish", Clause: "B7",
			What: "a text/event-stream that the client did not ask for in Accept is bounded by timeouts.between_bytes, not by timeouts.websocket_idle",
			Why:  "Varnish sets its timeouts for an answer before the answer begins"},
		{Name: "native-unannounced-events", Engine: "nginx", Clause: "B7",
			What: "a text/event-stream that the client did not ask for in Accept is bounded by the longer of timeouts.first_byte and timeouts.between_bytes, not by timeouts.websocket_idle",
			Why:  "nginx sets its timeouts for an answer before the answer begins"},
		{Name: "varnish-streamed-chunks", Engine: "varnish", Clause: "E2",
			What: "on a route with stream = true, a client's chunked body that breaks off looks complete to the app",
			Why:  "Varnish ends what it sends properly when the client's body fails; on other routes such a body is held until it is complete"},
		{Name: "varnish-slow-body", Engine: "varnish", Clause: "E6",
			What: "timeouts.body does not apply to a body: a pause longer than timeouts.header or timeouts.idle, whichever is shorter, ends the request, with 502 or by closing the connection; any byte before that keeps it",
			Why:  "Varnish's timeout for a body counts from the last byte"},
		{Name: "varnish-held-answers", Engine: "varnish", Clause: "B7",
			What: "an answer with a length of up to 1 MiB, and one that is to be stored and has no length or is compressed, reaches the client only when it is complete; event streams, and other answers without a length, are passed on as they arrive",
			Why:  "if the fetch fails before the delivery begins, Varnish ends the body properly: see E2"},
		{Name: "varnish-one-way", Engine: "varnish", Clause: "B7",
			What: "on a route with stream = true, an answer that the app begins before the request's body is complete reaches the client only then; a client that waits for the answer, and sends nothing meanwhile, gets 502 if it waits too long",
			Why:  "Varnish sends a body to its end before it reads the answer"},
		{Name: "varnish-first-piece", Engine: "varnish", Clause: "B7",
			What: "on a route with stream = true, the part of a body with a Content-Length that arrives together with the head is forwarded only with the next part",
			Why:  "Varnish reads more before it forwards what it has read together with the head"},
		{Name: "nginx-head-range", Engine: "nginx", Clause: "S2",
			What: "a HEAD of a file with a Range is answered with 206 and the headers of that part, instead of 200",
			Why:  "nginx cuts ranges for HEAD as for GET"},
		{Name: "nginx-late-bytes", Engine: "nginx", Clause: "E2", Sometimes: true,
			What:  "bytes that an app sends after an answer are taken for the answer to the next request, if they come so late that this request is already under way on the same connection; earlier ones are not",
			Why:   "nginx looks at a kept connection only while it is idle, and does not remember that an app has sent such bytes",
			Tried: "it would not happen without kept connections to the apps; each request would then cost a new connection"},
		{Name: "nginx-lenient-answers", Engine: "nginx", Clause: "E2",
			What: "an app's answer is passed on as 200 instead of 502 if its first line is not of HTTP/1.0 or HTTP/1.1, or its Content-Length is not a number or is given twice: all that follows is its body, until the app closes the connection, which is not used for other requests",
			Why:  "nginx reads the former as HTTP/0.9, and the latter as an answer without a length"},
		{Name: "nginx-long-204", Engine: "nginx", With: "varnish", Clause: "E2",
			What: "an app's 204 with a Content-Length other than 0 is answered with 502",
			Why:  "nginx passes the length on, and Varnish does not accept such an answer"},
		{Name: "varnish-read-ahead", Engine: "varnish", Clause: "E5", Sometimes: true,
			What:  "if a client reads a body slowly, Varnish reads it ahead into memory, up to all of it",
			Why:   "Varnish before 7.2 fetches as fast as the backend sends; from 7.2 on edgegen limits it to 1 MiB (transit_buffer)",
			Tried: "a bounded Transient storage breaks such answers off instead; a pipe to the web tier has no X-Cache and no response_headers"},
		{Name: "native-connections", Engine: "stunnel", With: "varnish", Clause: "E5",
			What:  "limits.connections sizes threads, workers and descriptors; a connection over it is not answered with 503",
			Why:   "stunnel has no limit but its file descriptors, and closes connections beyond that",
			Tried: "Varnish and nginx see requests, and cannot count a client's connections to stunnel"},
		{Name: "varnish-one-clock", Engine: "varnish", Clause: "E6",
			What:  "an idle connection is kept for the shorter of timeouts.header and timeouts.idle, and for an hour at most",
			Why:   "Varnish has one timeout for both, timeout_idle",
			Tried: "with the longer of the two, clients could take that long to send a head"},
	}
}

// contentDifferences are about the content of answers, and what is stored.
func contentDifferences() []Difference {
	return []Difference{
		{Name: "varnish-several-ranges", Engine: "varnish", Clause: "S2",
			What: "a request for several ranges is answered with the whole, as RFC 9110 allows, if it may be answered from the cache; past the cache it gets its ranges",
			Why:  "Varnish cuts one range only"},
		{Name: "varnish-asked-about", Engine: "varnish", Clause: "K1",
			What:  "a response that must be revalidated each time (no-cache, max-age=0) is fetched anew, not revalidated by its ETag or Last-Modified",
			Why:   "requests for a stored response that must not be used yet wait for each other",
			Tried: "a response that was fresh for some time is revalidated after that"},
		{Name: "varnish-unasked-304", Engine: "varnish", Clause: "E2",
			What:  "if an app answers 304 to a GET that has no condition and may be answered from the cache, the client gets 502; past the cache, and for other methods, the 304 is passed on",
			Why:   "Varnish treats it as a failure before any VCL sees it; such an answer means nothing (RFC 9110, 15.4.5), and would leave a client that has nothing stored without a page",
			Tried: "asking again past the cache would cost a second request for every failure of an app"},
		{Name: "varnish-soft-count", Engine: "varnish", Clause: "K6",
			What:  "a purge with --soft does not say how many responses become stale; if no site has grace or stale_if_error, they are removed",
			Why:   "a ban only removes; softly purged responses are found when they are requested",
			Tried: "the VCL looks into memory that it shares with edgegen, by inline C; a varnishd without inline C removes them"},
		{Name: "varnish-late-end", Engine: "varnish", Clause: "K6", Sometimes: true,
			What:  "a response whose head came before a purge, and whose end comes more than five seconds after it, may be served until the purge is carried out a second time, a minute later",
			Why:   "a ban applies only to responses that are complete when it is made",
			Tried: "a purge waits half a second for such responses, those that end later are not trusted for ten, and bans are made again"},
		{Name: "varnish-vary-spelling", Engine: "varnish", Clause: "K1",
			What: "requests that spell the value of a header in Vary differently (spaces, several lines, upper case in Accept-Language) do not share a stored response",
			Why:  "Varnish compares the values byte by byte, and VCL does not know the names in advance"},
		{Name: "varnish-wordless-416", Engine: "varnish", Clause: "S2",
			What: "a range beyond the end of a stored response that came in chunks gets a 416 without a text",
			Why:  "Varnish detects that after the last VCL has run"},
		{Name: "nginx-links", Engine: "nginx", Clause: "S1",
			What:  "a symbolic link below root is not served, even if it leads to a file within root",
			Why:   "nginx can only refuse all links or none: it does not look where one leads",
			Tried: "if_not_owner follows links out of root if one user owns both"},
		{Name: "nginx-large-compressed", Engine: "varnish", With: "nginx", Clause: "S2",
			What:  "if app.js.gz is larger than 1 MiB and not gzip, it is served in place of app.js",
			Why:   "nginx does not look into the file, and Varnish would have to read all of it before it sends any",
			Tried: "smaller files are checked; the builtin cache tier checks all"},
		{Name: "nginx-hard-links", Engine: "nginx", Clause: "S3",
			What:  "a hard link below root to a key, a certificate or the site's own file is served if it was made after the last start or reload",
			Why:   "nginx only looks at names: edgegen finds the other names of such files, and denies each, when it writes nginx.conf",
			Tried: "as root, keys are readable by root alone, so nginx cannot serve them by any name"},
	}
}
