package metrics

// Family is one metric: what docs/metrics.md and # HELP say of it.
type Family struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Labels []string
	Help   string
}

// Families lists every metric of edgegen's own, in the order of the documentation.
// Beside them stand those of Go and of the process, go_* and process_*.
func Families() []Family {
	return []Family{
		requests, duration, upstream, sent, received, sockets, untold,
		info, started, ready, generation, reloads, reloadTime, reloadWell,
		tierUp, tierInfo, standIn, restarts, takeovers, children,
		spans, memberUp, memberAsked, memberFailed, memberAnswers, serverUp, serverOpen, processUp, processRestarts, ends,
	}
}

var (
	requests = Family{"edgegen_requests_total", "counter", []string{"site", "route", "backend", "tier", "status", "cache"},
		"Requests that have ended. site is the canonical host, \"\" where no site claims the host; route is its label as written, \"\" before one was found; backend is the one of whose servers one was asked, \"\" for none; tier made the answer (cache, web, backend); status is 1xx to 5xx, a WebSocket 1xx; cache is HIT, MISS, STALE or PASS."}
	duration = Family{"edgegen_request_duration_seconds", "histogram", []string{"site", "route"},
		"Time from a request's head to the last byte of its answer; WebSockets aside."}
	upstream = Family{"edgegen_backend_duration_seconds", "histogram", []string{"site", "backend"},
		"Time from a request to the head of the app's answer; nginx counts whole milliseconds."}
	sent = Family{"edgegen_sent_bytes_total", "counter", []string{"site", "route"},
		"Bytes of answers' bodies, and to the clients of WebSockets."}
	received = Family{"edgegen_websocket_received_bytes_total", "counter", []string{"site", "route"},
		"Bytes from the clients of WebSockets that have ended."}
	sockets = Family{"edgegen_websockets", "gauge", nil,
		"WebSockets that are open."}

	untold = Family{"edgegen_varnish_log_overruns_total", "counter", nil,
		"How often Varnish's log could not be read before Varnish wrote over it: requests are missing then from these counts, from the access log and from the traces."}

	info = Family{"edgegen_info", "gauge", []string{"version"},
		"1, with the version of edgegen."}
	started = Family{"edgegen_start_time_seconds", "gauge", nil,
		"When the edge was started, in seconds since 1970."}
	ready = Family{"edgegen_ready", "gauge", nil,
		"1 while /readyz says that the edge is ready, else 0."}
	generation = Family{"edgegen_generation", "gauge", nil,
		"The number of the configuration that is served; 1 at the start."}
	reloads = Family{"edgegen_reloads_total", "counter", []string{"result"},
		"Reloads: ok, nothing (there was nothing to do), refused (the edge went on as before) or broken (a tier could not be put back)."}
	reloadTime = Family{"edgegen_last_reload_timestamp_seconds", "gauge", nil,
		"When the last reload began, in seconds since 1970; missing before the first."}
	reloadWell = Family{"edgegen_last_reload_successful", "gauge", nil,
		"1 where the last reload went well, else 0; missing before the first."}

	tierUp = Family{"edgegen_tier_up", "gauge", []string{"tier"},
		"1 while the tier (tls, cache, web) is served, whoever serves it, else 0."}
	tierInfo = Family{"edgegen_tier_info", "gauge", []string{"tier", "engine", "version"},
		"1, with the engine that serves the tier."}
	standIn = Family{"edgegen_tier_stand_in", "gauge", []string{"tier"},
		"1 while a builtin tier stands in for the tier's daemon, else 0."}
	restarts = Family{"edgegen_tier_restarts_total", "counter", []string{"tier"},
		"How often the tier's daemon was started again; counted anew where another one takes its place."}
	takeovers = Family{"edgegen_takeovers_total", "counter", []string{"tier"},
		"How often a builtin tier began to stand in for the tier's daemon."}
	children = Family{"edgegen_tier_children_lost_total", "counter", []string{"tier"},
		"Children of the tier's daemon that died, and that it replaced itself."}

	spans = Family{"edgegen_trace_spans_total", "counter", []string{"result"},
		"Spans of sampled traces, where the site has them: sent (the collector has taken them), dropped (too many were waiting) or failed (the collector has not taken them)."}

	memberUp = Family{"edgegen_cluster_member_up", "gauge", []string{"member"},
		"1 while another member of the cluster, or this one, is there, else 0."}
	memberAsked = Family{"edgegen_cluster_asked_total", "counter", []string{"member"},
		"Requests that this edge has asked a member for, as it owns them."}
	memberFailed = Family{"edgegen_cluster_failed_total", "counter", []string{"member"},
		"Of those, such as the member had no answer to: the app was asked."}
	memberAnswers = Family{"edgegen_cluster_answers_total", "counter", nil,
		"Requests of other members for what this edge owns."}

	serverUp = Family{"edgegen_backend_server_up", "gauge", []string{"site", "backend", "server"},
		"1 while an address of a backend is well, else 0; of backends with health checks, names, or more than round robin."}
	serverOpen = Family{"edgegen_backend_server_open", "gauge", []string{"site", "backend", "server"},
		"Requests in work and WebSockets at an address of such a backend."}
	processUp = Family{"edgegen_backend_process_up", "gauge", []string{"site", "backend"},
		"1 while the app that edgegen runs for the backend runs, else 0."}
	processRestarts = Family{"edgegen_backend_process_restarts_total", "counter", []string{"site", "backend"},
		"How often that app was started again; counted anew where a reload replaces it."}
	ends = Family{"edgegen_certificate_end_timestamp_seconds", "gauge", []string{"site", "source"},
		"When the certificate of the site ends, in seconds since 1970. source is file, self-signed or acme."}
)
