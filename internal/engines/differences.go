package engines

import "edgegen/internal/site"

// Difference is something that the contract asks and a daemon does not do. A
// site that depends on it needs another engine for that tier.
type Difference struct {
	Name   string // names it to the tests; lower case with hyphens
	Engine site.Engine
	Tier   string      // which it has to serve for that; "" for any
	With   site.Engine // another engine that has to serve its tier for the difference to be seen; "" for none
	Over   string      // the version of HTTP that clients have to speak for that; "" for any
	Clause string      // of the contract, as "E4"
	// Gone is the version of the engine that does not do so any more; "" where none is
	// known.
	Gone string
	// Sometimes says that it is a matter of timing: it may not be observed.
	Sometimes bool
	What      string // the daemon does instead
	Why       string // it cannot be had
	Tried     string // what was tried; "" where there is nothing to try
}

// Whose says by what the difference is made.
func (d Difference) Whose() string {
	text := string(d.Engine)
	for _, more := range [][2]string{{" as ", d.Tier}, {" with ", string(d.With)}, {" over ", d.Over}, {" before ", d.Gone}} {
		if more[1] != "" {
			text += more[0] + more[1]
		}
	}
	return text
}

// In reports whether a version of the engine differs so.
func (d Difference) In(version string) bool { return d.Gone == "" || OlderThan(version, d.Gone) }

// onlyOver is the version that Varnish itself reads from clients.
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

// pipeDifferences are those of WebSockets: Varnish's pipe is blind.
func pipeDifferences() []Difference {
	return []Difference{
		{Name: "varnish-bytes-after-handshake", Engine: "varnish", Clause: "W5",
			What:  "bytes that follow a handshake reach the app's socket before its answer; an app that honours the \"Connection: close\" it is sent does not read them",
			Why:   "a pipe sends on what the client has sent as soon as it is open",
			Tried: "only a complete, valid handshake is let in, and the app is told to close unless it switches"},
		{Name: "varnish-stubborn-app", Engine: "varnish", Clause: "W5",
			What:  "an app that neither switches protocols nor closes, although it is told to, reads what follows as a request",
			Why:   "Varnish does not look at the answer in a pipe",
			Tried: "\"Connection: close, Upgrade\" to the app; every common HTTP server honours it"},
		{Name: "varnish-pipe-failure", Engine: "varnish", Clause: "E1",
			What:  "a handshake to an app that refuses or resets the connection is answered by closing, not with 502",
			Why:   "Varnish has no answer of its own once a request is a pipe",
			Tried: "no subroutine is called after vcl_pipe; a probe would only tell the past"},
		{Name: "varnish-localhost", Engine: "varnish", Clause: "B1", Sometimes: true,
			What:  "a WebSocket to an app at \"localhost\" that listens on ::1 alone is closed, on a machine whose /etc/hosts does not give ::1 that name; requests reach it",
			Why:   "Varnish asks the machine what a name means, and a pipe is tried at one server",
			Tried: "with \"::1 localhost\" in /etc/hosts both addresses are tried"},
		{Name: "varnish-pipe-first-byte", Engine: "varnish", Clause: "E1",
			What: "timeouts.first_byte does not hold for an app's answer to a handshake; timeouts.websocket_idle does",
			Why:  "pipe_timeout is the only clock of a pipe, and it is the WebSocket's"},
		{Name: "varnish-short-chunks", Engine: "varnish", Clause: "E2", Gone: "7.1", Sometimes: true,
			What:  "a chunked answer that is not to be stored, and that breaks off in the very moment it has begun, may reach the client as a whole one; of 10 and later it is not known",
			Why:   "Varnish ends the body properly where the fetch has failed before it begins to send; from 7.1 on a filter in C, which edgegen brings, has either wait for the other",
			Tried: "answers with a length up to 1 MiB, and all that are to be stored, are read to their end first; done for all, it would hold up streams of events"},
		{Name: "stunnel-deep-names", Engine: "stunnel", Clause: "M1",
			What:  "a client that names in its handshake more than one label before a wildcard's host gets the certificate of the wildcard's site, and not that of the site which has the name by a \"**\", or of the default or the first one",
			Why:   "a \"*\" of stunnel's sni option stands for any number of labels",
			Tried: "whole names go first, then longer wildcards; whose the request is Host decides, by one label"},
		{Name: "stunnel-slow-reader", Engine: "stunnel", Clause: "E2", Sometimes: true,
			What:  "a large answer after which the connection is closed (\"Connection: close\", HTTP/1.0) may lose its last 200 KiB on the way to a client that reads slowly; where it has a length or chunks the client can tell",
			Why:   "stunnel drops what is left in a Unix socket that the other side has closed",
			Tried: "keep-alive connections are not affected; a TCP socket between the tiers is not either, and would let every local user forge addresses"},
		{Name: "varnish-piped-answer", Engine: "varnish", Clause: "K5",
			What: "an app's answer to a handshake reaches the client as it is: no X-Cache, no response_headers, and the app's own Server",
			Why:  "vcl_deliver is not called for a pipe"},
		{Name: "varnish-piped-log", Engine: "varnish", Clause: "F5",
			What: "the access log calls every handshake 101 that the app answered at all, counts the head of that answer with the bytes, and has in upstream_us the time until the app had been sent the handshake",
			Why:  "Varnish does not look into a pipe"},
	}
}

// framingDifferences are those of how strictly a request is read.
func framingDifferences() []Difference {
	return []Difference{
		{Name: "varnish-wordless-400", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "what Varnish refuses by itself gets a 400, or a 417, without a body and without X-Cache; the access log does not name the client of what is no HTTP at all",
			Why:  "it is written before any VCL runs"},
		{Name: "varnish-folded-lines", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What:  "a folded header line is taken; it is forwarded unfolded, as RFC 9112 allows",
			Why:   "Varnish unfolds lines before any VCL runs",
			Tried: "unfolded, it cannot be told from a value with several spaces"},
		{Name: "native-bare-lf", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What:  "a line of a head may end in LF alone; it is forwarded with CRLF",
			Why:   "Varnish's parser takes either, and has no parameter for it",
			Tried: "no line's end is visible to VCL; nothing ambiguous reaches a backend"},
		{Name: "varnish-leading-space", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "white space before the request line is skipped; it is not forwarded",
			Why:  "Varnish skips it before any VCL runs"},
		{Name: "native-request-spaces", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "several spaces, or tabs, may stand between the words of a request line; it is forwarded with one space",
			Why:  "Varnish skips them before any VCL runs"},
		{Name: "varnish-host-of-target", Engine: "varnish", Over: onlyOver, Clause: "E4",
			What: "a request without Host is taken where its target is an http:// URL with a path",
			Why:  "Varnish makes a Host of the target before any VCL runs"},
		{Name: "varnish-malformed-chunks", Engine: "varnish", Clause: "E4",
			What:  "a chunked body is held in memory, up to limits.body_size for each client, until all of it has come; one that is malformed, or more than 1 MiB over the limit, is answered by closing, and nothing of it is forwarded",
			Why:   "Varnish gives up a request whose body it cannot read",
			Tried: "passed on unbuffered, a body that breaks off reached the app as a whole one, so it is held until it is complete; synth() is not carried out after a body failed"},
		{Name: "varnish-chunk-extensions", Engine: "varnish", Over: onlyOver, Clause: "F1",
			What: "a chunked body with chunk extensions is answered by closing",
			Why:  "Varnish's parser knows none"},
		{Name: "varnish-trailers", Engine: "varnish", Over: onlyOver, Clause: "F1",
			What: "a chunked body with trailers is answered by closing",
			Why:  "Varnish's parser knows none"},
		{Name: "varnish-unknown-names", Engine: "varnish", Clause: "F2",
			What:  "a client's X-Forwarded-* header reaches the app where it is none of those that proxies are known to send; an X-Edge-* header that edgegen has no use for passes either way",
			Why:   "neither VCL nor nginx can remove a header but by its whole name",
			Tried: "some three dozen names, and their spellings with \"_\", are removed one by one; in a handshake, which nginx does not see, names with other characters pass"},
		{Name: "nginx-named-by-connection", Engine: "nginx", Clause: "F3",
			What:  "a response header that an app's Connection names reaches the client; the hop-by-hop headers of RFC 9110 do not",
			Why:   "nginx drops Connection and reads nothing but \"close\" in it",
			Tried: "neither nginx nor VCL can remove a header whose name is a value"},
		{Name: "varnish-stored-coding", Engine: "varnish", Clause: "Z1",
			What:  "what is stored is compressed by gzip alone: a client that takes another coding and not that one gets it as it is; its ETag is a weak one for everybody",
			Why:   "Varnish can unpack what it has stored for those who do not take it, and knows no coding but gzip",
			Tried: "an object for each coding would be fetched once for each"},
		{Name: "nginx-files-zstd", Engine: "nginx", With: "varnish", Clause: "Z1",
			What:  "files are compressed by Brotli, where nginx has its module, and by gzip: a client that wants Zstandard most gets the next best",
			Why:   "Debian's nginx has no module for Zstandard",
			Tried: "what an app answers on the same route comes in it"},
		{Name: "nginx-star", Engine: "nginx", Clause: "E3",
			What: "OPTIONS with the target * is refused with 400 on an http listener; on an https listener it is answered",
			Why:  "nginx takes it for no request"},
		{Name: "nginx-early-hints", Engine: "nginx", With: "varnish", Clause: "E1",
			What: "an app that sends a 103 before its answer is taken to have failed: 502",
			Why:  "nginx before 1.29 takes any 1xx for the final answer"},
		{Name: "nginx-early-hints-head", Engine: "nginx", Clause: "E1",
			What: "an app that sends a 103 before its answer to a HEAD is taken to have failed: 502",
			Why:  "nginx before 1.29 takes any 1xx for the final answer"},
	}
}

// limitDifferences are those of sizes, numbers and times.
func limitDifferences() []Difference {
	return []Difference{
		{Name: "varnish-large-head", Engine: "varnish", Over: onlyOver, Clause: "E5",
			What:  "a head over limits.header_size closes the connection without 431, and without a line in the access log",
			Why:   "Varnish gives up before any VCL runs",
			Tried: "with http_req_size above the limit VCL would run, and cannot measure a head"},
		{Name: "varnish-plain-413", Engine: "varnish", Clause: "M5",
			What: "an error_page for 413 comes when the body has been read; a body of more than twice what any route takes is answered at once, in plain words",
			Why:  "Varnish reads a body to its end before it asks for anything else"},
		{Name: "varnish-unheard-413", Engine: "varnish", Clause: "E5", Sometimes: true,
			What:  "a client that goes on sending a body over limits.body_size may find the connection broken and no 413, where the body has more than 1 MiB and the connection is to close after it, or where it is more than twice as long as it may be",
			Why:   "Varnish closes as soon as it has answered; it reads on only where it keeps the connection",
			Tried: "what is not to be forwarded was taken into memory before the answer, 100 MiB for each client by default"},
		{Name: "native-unannounced-events", Engine: "varnish", Clause: "B7",
			What: "a text/event-stream that the request's Accept does not name is bounded by timeouts.between_bytes, and not by timeouts.websocket_idle",
			Why:  "Varnish sets its clock for an answer before the answer begins"},
		{Name: "native-unannounced-events", Engine: "nginx", Clause: "B7",
			What: "a text/event-stream that the request's Accept does not name is bounded by the longer of timeouts.first_byte and timeouts.between_bytes, and not by timeouts.websocket_idle",
			Why:  "nginx sets its clock for an answer before the answer begins"},
		{Name: "varnish-streamed-chunks", Engine: "varnish", Clause: "E2",
			What: "on a route with stream = true, a chunked body that breaks off reaches the app as a whole one",
			Why:  "Varnish ends what it sends where the client's body fails; elsewhere such a body is held until it is complete"},
		{Name: "varnish-slow-body", Engine: "varnish", Clause: "E6",
			What: "timeouts.body does not bound a body: a pause of more than the shorter of timeouts.header and timeouts.idle ends it, with 502 or by closing, and any byte before that keeps it",
			Why:  "Varnish's clock for a body counts from the last byte"},
		{Name: "varnish-held-answers", Engine: "varnish", Clause: "B7",
			What: "an answer with a length of up to 1 MiB, and one that is to be stored and has no length or is compressed, reaches the client when all of it has come; events, and what else has no length, pass as they come",
			Why:  "Varnish would end the body properly where the fetch has failed before it begins to send: see E2"},
		{Name: "varnish-one-way", Engine: "varnish", Clause: "B7",
			What: "on a route with stream = true, an answer that an app begins before the request's body is whole reaches the client when that is; a client that waits for it, and sends nothing meanwhile, gets 502 where its pause is too long",
			Why:  "Varnish sends a body to its end before it reads the answer"},
		{Name: "varnish-first-piece", Engine: "varnish", Clause: "B7",
			What: "on a route with stream = true, what of a body with a Content-Length comes together with the head waits for the next piece",
			Why:  "Varnish reads on before it sends what it has read ahead of the body"},
		{Name: "nginx-late-bytes", Engine: "nginx", Clause: "E2", Sometimes: true,
			What:  "bytes that an app sends behind an answer, and so late that the next request is on its way on the same connection, are taken for the answer to that request; those that come before are not",
			Why:   "nginx looks at a kept connection only while nothing is asked on it, and keeps no record of who sent such bytes",
			Tried: "without kept connections to the apps it does not happen; each request then costs a connection more"},
		{Name: "nginx-lenient-answers", Engine: "nginx", Clause: "E2",
			What: "an app's answer is passed on as 200, and not answered with 502, where its first line is not one of HTTP/1.0 or HTTP/1.1, or its Content-Length is no number or given twice: what follows is its body, until the app closes the connection, which serves nobody else",
			Why:  "nginx takes the first for an answer of HTTP/0.9, and the second for one without a length"},
		{Name: "nginx-long-204", Engine: "nginx", With: "varnish", Clause: "E2",
			What: "an app's 204 with a Content-Length other than 0 is answered with 502",
			Why:  "nginx passes the length on, and Varnish takes no such answer"},
		{Name: "varnish-read-ahead", Engine: "varnish", Clause: "E5", Sometimes: true,
			What:  "a body that a client takes slowly is read ahead of it into memory, up to all of it",
			Why:   "Varnish before 7.2 fetches as fast as the backend sends; from 7.2 on it is told to stay within 1 MiB (transit_buffer)",
			Tried: "a bounded Transient storage breaks such answers off instead; a pipe to the web tier has no X-Cache and no response_headers"},
		{Name: "native-connections", Engine: "stunnel", With: "varnish", Clause: "E5",
			What:  "limits.connections sizes threads, workers and descriptors; a connection over it is not answered with 503",
			Why:   "stunnel has no limit but its descriptors, and closes at that one",
			Tried: "Varnish and nginx see requests, and cannot count a client's connections before stunnel"},
		{Name: "varnish-one-clock", Engine: "varnish", Clause: "E6",
			What:  "a connection is kept for the shorter of timeouts.header and timeouts.idle between requests, and for an hour at most",
			Why:   "timeout_idle is Varnish's only clock for both",
			Tried: "the longer of the two would let heads dribble in for that long"},
	}
}

// contentDifferences are those of what is in an answer.
func contentDifferences() []Difference {
	return []Difference{
		{Name: "varnish-several-ranges", Engine: "varnish", Clause: "S2",
			What: "a request for several ranges of what may be in the cache is answered with the whole, as RFC 9110 allows; of what goes past it, it is answered with them",
			Why:  "Varnish cuts one range"},
		{Name: "varnish-asked-about", Engine: "varnish", Clause: "K1",
			What:  "a response that has to be asked about each time (no-cache, max-age=0) is fetched anew, and not confirmed by its ETag or Last-Modified",
			Why:   "requests for what Varnish keeps and may not use wait for each other, one after the other",
			Tried: "what was fresh for a time is confirmed when that is over"},
		{Name: "varnish-unasked-304", Engine: "varnish", Clause: "E2",
			What:  "an app's 304 to a GET that may be answered from the cache and asked about nothing is answered with 502; past the cache, and to other methods, it is passed on",
			Why:   "Varnish takes it for a failure before any VCL sees it; such an answer means nothing (RFC 9110, 15.4.5), and leaves a client that has nothing stored without a page",
			Tried: "asked again past the cache it would be passed on, at the price of a second request for every failure of an app"},
		{Name: "varnish-soft-count", Engine: "varnish", Clause: "K6",
			What:  "a purge with --soft does not say how many responses grow stale; where no site has grace or stale_if_error they are forgotten",
			Why:   "a ban removes; what is purged softly is told when it is asked for",
			Tried: "the VCL looks in memory that it shares with edgegen, in C; a varnishd that takes none forgets them"},
		{Name: "varnish-late-end", Engine: "varnish", Clause: "K6", Sometimes: true,
			What:  "a response whose head came before a purge and whose end comes more than five seconds after it may be given until the purge is carried out a second time, a minute later",
			Why:   "a ban is held against what is whole when it is made",
			Tried: "a purge waits half a second for such responses, what comes later is mistrusted for ten, and bans are made again"},
		{Name: "varnish-vary-spelling", Engine: "varnish", Clause: "K1",
			What: "requests whose values of a field in Vary are spelled otherwise (spaces, several lines, the case of Accept-Language) do not share a stored response",
			Why:  "Varnish compares the values byte by byte, and VCL does not know the names beforehand"},
		{Name: "varnish-wordless-416", Engine: "varnish", Clause: "S2",
			What: "a range beyond the end of a stored response that came in chunks gets a 416 without words",
			Why:  "Varnish finds that out after any VCL has run"},
		{Name: "nginx-links", Engine: "nginx", Clause: "S1",
			What:  "a symbolic link below root is not served, even where it leads to a file within root",
			Why:   "nginx refuses all links or none: it does not look where one leads",
			Tried: "if_not_owner lets links out of root through where one user owns both"},
		{Name: "nginx-large-compressed", Engine: "varnish", With: "nginx", Clause: "S2",
			What:  "a file called .gz of more than 1 MiB that is no gzip is served in the place of the file beside it",
			Why:   "nginx does not look into it, and Varnish would have to read all of it before it sends any",
			Tried: "smaller ones are looked at, and the builtin cache tier looks at all"},
		{Name: "nginx-hard-links", Engine: "nginx", Clause: "S3",
			What:  "a hard link below root to a key, a certificate or the site's own file is served where it was made after the last start or reload",
			Why:   "nginx looks at names alone: edgegen finds the other names of such files, and denies each, when it writes nginx.conf",
			Tried: "as root, keys are readable by root alone, so nginx cannot serve one by any name"},
	}
}
