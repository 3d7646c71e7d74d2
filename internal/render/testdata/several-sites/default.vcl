# default.vcl: the cache tier. It finds a request's site, route and client, pipes WebSockets
# straight to their app, stores what may be stored, and asks the web tier for the rest.
#
# Written by edgegen 1.2.3 from site.hcl; edits are lost at the next render.
# By hand: see varnishd.args beside this file.
#
# In the order in which a request meets it:
#   vcl_recv               client, site and route (site_N) of the request, and whether
#                          a stored answer may be used
#   vcl_hash, vcl_hit …    looks up a stored answer, and whether it is fresh enough
#   vcl_backend_fetch …    asks the web tier, and decides whether its answer is stored
#   vcl_deliver            conditions, ranges, and the site's response headers
#                          (edge_answer)
#   vcl_synth              answers made here: redirects and errors
#   edge_hide, edge_drop_… headers that are dropped
# Every built-in subroutine is described in https://varnish-cache.org/docs/7.1/reference/vcl.html
#
# Headers named X-Edge-* (notes) carry decisions from one subroutine or tier to the next.
# Those that a client or an app sends are dropped, and neither sees one of edgegen's.
# X-Edge-* names that edgegen does not use pass like any other header.

vcl 4.1;

import blob;
import purge;
import std;

backend web {
    .path = "/run/edgegen/web.sock";
}

# These two lead to the web tier as well, for requests whose answers may be stored. With
# each purge the other one is used, so that edgegen sees in Varnish's counters when the last
# answer that was asked for before the purge has come.
backend edge_even {
    .path = "/run/edgegen/web.sock";
}
backend edge_odd {
    .path = "/run/edgegen/web.sock";
}# No request is sent to this backend. It is a switch: while edgegen has set it to sick,
# every connection is closed after its next answer, so that a restart cuts none off.
backend edge_open {
    .path = "/run/edgegen/web.sock";
}

sub vcl_recv {
    if (local.socket == "probe") {
        std.log("edge-probe:" + req.url);
        return (synth(200, "0123456789abcdef"));
    }
    if (local.socket == "plain" && req.http.X-Edge-Words ~ "^[45][0-9][0-9]$") {
        # The web tier asks for the text of an error that it met on a plain-HTTP listener.
        std.log("edge-asker:" + req.http.X-Real-IP);
        call edge_head;
        set req.http.X-Edge-Cache = "PASS";
        return (synth(std.integer(req.http.X-Edge-Words, 500)));
    }
    if (req.restarts == 0) {
        call edge_target;
        call edge_clean;
        call edge_request_id;
        call edge_client;
        call edge_method;
        call edge_path;
        call edge_host;
    } else {
        call edge_asker;
    }
    # The count of purges. edgegen keeps it in the hundredths of a second of two parameters
    # that have no other use here: send_timeout can be read in this subroutine, and
    # default_keep in vcl_backend_response.
    set req.http.X-Edge-Epoch = sess.send_timeout;
    set req.http.X-Edge-Began = std.real(time=now, fallback=0.0);
    call edge_policy;
    return (hash);
}

# A host in the request line takes precedence over the Host header (RFC 9112, 3.2.2).
sub edge_target {
    if (req.http.Host && req.url ~ "(?i)^https?://[^/?]") {
        set req.http.Host = regsub(req.url, "(?i)^https?://([^/?]+).*$", "\1");
        set req.url = regsub(req.url, "(?i)^https?://[^/?]+/?", "/");
    }
}

sub edge_clean {
    call edge_drop_taken;
    # Hop-by-hop headers (RFC 9110, 7.6.1).
    unset req.http.Keep-Alive;
    unset req.http.Proxy-Connection;
    unset req.http.Proxy-Authorization;
    unset req.http.Proxy-Authenticate;
    unset req.http.TE;
    unset req.http.Trailer;
    # VCL sees only the first of several headers with the same name: join them.
    std.collect(req.http.Connection);
    std.collect(req.http.Upgrade);
    std.collect(req.http.Transfer-Encoding);
    std.collect(req.http.Sec-WebSocket-Key);
    std.collect(req.http.Sec-WebSocket-Version);
    std.collect(req.http.Cookie, "; ");
    std.collect(req.http.Cache-Control);
    std.collect(req.http.If-None-Match);
    std.collect(req.http.If-Match);
    set req.http.X-Edge-Cache = "PASS";
}

sub edge_request_id {
    set req.http.X-Edge-Chain = req.http.X-Request-Id;
    set req.http.X-Request-Id = std.integer(real = std.random(100000000, 999999999), fallback = 0)
        + "-" + std.integer(real = std.random(100000000, 999999999), fallback = 0)
        + "-" + req.xid;
    unset req.http.X-Edge-Chain;
}

# The client's address, as the app and the access log see it. Varnish takes the peer's
# address from the PROXY header and has already appended it to X-Forwarded-For.
sub edge_client {
    set req.http.X-Edge-Address = client.ip;
    if (local.socket == "plain") {
        # From the plain-HTTP listeners, relayed by the web tier. Such a request is only
        # redirected.
        set req.http.X-Edge-Address = req.http.X-Real-IP;
    }
    call edge_forwarded_reset;
    set req.http.X-Real-IP = req.http.X-Forwarded-For;
    call edge_asker;
}

# Notes for the access log. They are repeated after each restart, as Varnish logs every
# restart as a request of its own.
sub edge_asker {
    std.log("edge-asker:" + req.http.X-Edge-Address + " " + req.http.X-Request-Id);
    call edge_head;
}

# Logs the headers that the access log shows, one on each line. Varnish's own log records
# of headers are turned off (vsl_mask), as every "set" in this file would write one.
sub edge_head {
    std.log("edge-head:" + req.http.Host + {"
"} + req.http.Referer + {"
"} + req.http.User-Agent);
}

sub edge_forwarded_reset {
    unset req.http.Forwarded;
    unset req.http.X-Client-Cert-Subject;
    unset req.http.X-Client-Cert-Fingerprint;
    unset req.http.X-Client-Cert-Verify;
    set req.http.X-Forwarded-For = client.ip;
    set req.http.X-Forwarded-Proto = "https";
    set req.http.X-Forwarded-Host = req.http.Host;
}

sub edge_method {
    if (req.proto !~ "^HTTP/1\.[01]$" || req.http.Host !~ "^[A-Za-z0-9._:\[\]-]*$") {
        return (synth(400));
    }
    # Connection must not name headers about the client, as those are not for one
    # connection only (RFC 9110, 7.6.1). Varnish removes the ones that may be named.
    if (req.http.Connection ~ "(?i)(?:^|,)\s*(?:x-forwarded-|X-Edge-|(?:X-Real-IP|X-Request-Id|Forwarded|X-Original-URL|X-Original-URI|X-Original-Host|X-Original-Method|X-Original-Proto|X-Rewrite-URL|X-Host|X-HTTP-Host-Override|X-HTTP-Destinationurl|X-Scheme|X-Url-Scheme|Front-End-Https|Client-IP|X-Client-IP|True-Client-IP|X-Cluster-Client-IP|X-ProxyUser-IP|X-Forwarded|Forwarded-For|X-Original-Forwarded-For|CF-Connecting-IP|CF-Connecting-IPv6|Fastly-Client-IP|X-Azure-ClientIP|X-Remote-IP|X-Remote-Addr|X-Originating-IP|X-Client-Cert-Subject|X-Client-Cert-Fingerprint|X-Client-Cert-Verify)\s*(?:,|$))") {
        return (synth(400));
    }
    if (req.method !~ "^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
        # No route allows this method. edge_host answers 405.
        set req.http.X-Edge-Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    }
    if (req.http.Transfer-Encoding && (req.http.Content-Length || req.proto != "HTTP/1.1"
        || req.http.Transfer-Encoding !~ "(?i)^\s*chunked\s*$")) {
        return (synth(400));
    }
    # default: limits.body_size
    if (std.integer(req.http.Content-Length, 0) > 104857600) {
        # edge_host answers 413, when the site and route are known.
        set req.http.X-Edge-Large = "1";
    }
}

# A client that is cut off while it sends a body does not see the answer. So a body that
# needs little memory is read before the answer. Varnish reads and discards a larger one
# after it, unless the connection is closed.
sub edge_too_large {
    if (!req.http.Expect && std.integer(req.http.Content-Length, 0) <= 1048576
        && !std.cache_req_body(1048576B)) {
        return (synth(400));
    }
    return (synth(413));
}

# Routes match the decoded path with its slashes merged; the app gets the URL as the
# client sent it. A path with "." or ".." segments is answered 404.
sub edge_path {
    if (req.url == "*" && req.method == "OPTIONS") {
        return (synth(204));
    }
    if (req.url !~ "^/" || req.url ~ "#") {
        return (synth(400));
    }
    set req.http.X-Edge-Path = regsub(req.url, "\?.*$", "");
    if (req.http.X-Edge-Path ~ "%") {
        if (req.http.X-Edge-Path ~ "%(?![0-9A-Fa-f]{2})" || req.http.X-Edge-Path ~ "%00") {
            return (synth(400));
        }
        # A header of VCL cannot hold a control byte, and no route matches one: "?" stands for it.
        set req.http.X-Edge-Path = regsuball(req.http.X-Edge-Path, "(?i)%(?:[01][0-9a-f]|7f)", "%3F");
        set req.http.X-Edge-Path = blob.transcode(decoding = URL, encoding = IDENTITY, encoded = req.http.X-Edge-Path);
    }
    if (req.http.X-Edge-Path ~ "/\.\.?(?:/|\z)") {
        return (synth(404));
    }
    if (req.http.X-Edge-Path ~ "//") {
        set req.http.X-Edge-Path = regsuball(req.http.X-Edge-Path, "//+", "/");
    }
}

# Finds the site by the host. A host that no site claims is answered 421.
sub edge_host {
    if ((!req.http.Host || req.http.Host == "") && req.proto == "HTTP/1.1") {
        return (synth(400));
    }
    set req.http.X-Edge-Host = std.tolower(regsub(req.http.Host, "\.?(?::[0-9]*)?$", ""));
    call edge_sites_1;
    call edge_wildcards_1;
    if (!req.http.X-Edge-Canonical && req.http.X-Edge-Host ~ "^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$") { call site_1; }    # site.hcl:21: default
    if (req.http.X-Edge-Allow) {
        return (synth(405));
    }
    if (req.http.X-Edge-Large) {
        call edge_too_large;
    }
    if (!req.http.X-Edge-Canonical) {
        return (synth(421));
    }
    if (!req.http.X-Edge-Route && !req.http.X-Edge-Pass) {
        return (synth(404));
    }
    if (!req.http.X-Edge-Cookie) {
        set req.http.X-Edge-Cookie = req.http.Cookie;
    }
}

sub edge_sites_1 {
    if (req.http.X-Edge-Host == "192.0.2.7" || req.http.X-Edge-Host == "[2001:db8::7]") { call site_1; }    # site.hcl:19
    if (req.http.X-Edge-Host == "[2001:db8::8]") { call site_2; }    # site.hcl:27
    if (req.http.X-Edge-Host == "example.com" || req.http.X-Edge-Host == "example.net" || req.http.X-Edge-Host == "example.org" || req.http.X-Edge-Host == "www.example.com") { call site_3; }    # site.hcl:3
    if (req.http.X-Edge-Host == "under_score.example.com" || req.http.X-Edge-Host == "xn--bcher-kva.example" || req.http.X-Edge-Host == "api.example.com") { call site_4; }    # site.hcl:11
}

# Wildcard hosts, for names that are not given exactly.
sub edge_wildcards_1 {
    if (!req.http.X-Edge-Canonical && req.http.X-Edge-Host ~ "^(?:[a-z0-9_-]+\.example\.com|[a-z0-9_-]+\.shop\.example\.com)$") { call site_4; }    # site.hcl:13: hosts
}

sub edge_canonical {
    if (local.socket == "plain" || req.http.X-Edge-Host != req.http.X-Edge-Canonical) {
        call edge_redirect;
    }
}

# Redirects to the canonical https address in one hop; path and query are kept.
# default: the port is public_port, or else that of the first https listener.
sub edge_redirect {
    set req.http.X-Edge-Location = "https://" + req.http.X-Edge-Canonical + "" + req.url;
    if (req.method == "GET" || req.method == "HEAD") {
        return (synth(301));
    }
    return (synth(308));
}

# 192.0.2.7, site.hcl:19
sub site_1 {
    set req.http.X-Edge-Canonical = "192.0.2.7";
    set req.http.X-Edge-Site = "192.0.2.7";
    # Every host that is not an alias is canonical itself.
    if (req.http.X-Edge-Host !~ "^(?:\[2001:db8::7\])$") { set req.http.X-Edge-Canonical = req.http.X-Edge-Host; }
    call edge_canonical;
    # site.hcl:24: route /
    if (!req.http.X-Edge-Route) {
        set req.http.X-Edge-Route = "root.0154aab3";
    }
}

# 2001:db8::8, site.hcl:27
sub site_2 {
    set req.http.X-Edge-Canonical = "[2001:db8::8]";
    set req.http.X-Edge-Site = "2001:db8::8";
    call edge_canonical;
    # site.hcl:30: route /
    if (!req.http.X-Edge-Route) {
        set req.http.X-Edge-Route = "root.c16ad5d3";
    }
}

# example.com, site.hcl:3
sub site_3 {
    set req.http.X-Edge-Canonical = "example.com";
    set req.http.X-Edge-Site = "example.com";
    call edge_canonical;
    # site.hcl:6: route /
    if (!req.http.X-Edge-Route) {
        set req.http.X-Edge-Route = "root.39687647";
        # site.hcl:7: files without a ttl are never stored
        set req.http.X-Edge-Pass = "files";
    }
}

# under_score.example.com, site.hcl:11
sub site_4 {
    set req.http.X-Edge-Canonical = "under_score.example.com";
    set req.http.X-Edge-Site = "under_score.example.com";
    # Every host that is not an alias is canonical itself.
    if (req.http.X-Edge-Host !~ "^(?:xn--bcher-kva\.example)$") { set req.http.X-Edge-Canonical = req.http.X-Edge-Host; }
    call edge_canonical;
    # site.hcl:16: route /
    if (!req.http.X-Edge-Route) {
        set req.http.X-Edge-Route = "root.01300067";
    }
}

# Which requests are looked up in the cache, and which are passed to the backend.
sub edge_policy {
    if (req.http.X-Edge-WebSocket || req.http.Upgrade) {
        call edge_websocket;
    }
    # The answer to a request with a body does not depend on the URL alone.
    if ((req.method == "GET" || req.method == "HEAD") && !req.http.X-Edge-Pass
        && (req.http.Transfer-Encoding || req.http.Content-Length ~ "[1-9]")) {
        set req.http.X-Edge-Pass = "body";
    }
    # Varnish would pass on a chunked body that breaks off as if it were complete, so the
    # body is read to its end first. Varnish closes the connection of one that is malformed
    # or far over limits.body_size; the web tier enforces the exact limit.
    if (req.http.Transfer-Encoding && !req.http.X-Edge-Stream && !std.cache_req_body(105906176B)) {
        return (synth(413));
    }
    set req.backend_hint = web;
    unset req.http.Upgrade;
    call edge_range;
    # Requests that pass the cache: by method, no-store, or a cookie that is not ignored.
    if (req.http.X-Edge-Pass || (req.method != "GET" && req.method != "HEAD") || req.http.Cache-Control ~ "(?i)\bno-store\b"
        || req.http.X-Edge-Cookie ~ "[^;\s]") {
        # Varnish would cut the range itself, but cannot do several ranges or other units.
        # So the header is hidden from it, and sent to the backend.
        if (req.http.Range) {
            set req.http.X-Edge-Range = req.http.Range;
            unset req.http.Range;
        }
        return (pass);
    }
    unset req.http.Cookie;
    # Varnish can cut one range. A request for several gets the whole body.
    if (req.http.Range !~ "(?i)^bytes=\s*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})\s*$") {
        unset req.http.Range;
    }
    # Clients that accept the same content codings share one stored variant.
    if (req.http.Accept-Encoding ~ "(?i)\bbr\b(?!\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$))") {
        set req.http.Accept-Encoding = "br, gzip";
    } elsif (req.http.Accept-Encoding ~ "(?i)\bgzip\b(?!\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$))") {
        set req.http.Accept-Encoding = "gzip";
    } else {
        unset req.http.Accept-Encoding;
    }
    # First, a stale copy will do. If it turned out to be past its grace, the request has
    # been restarted and a copy must be fresh. If then the backend failed, a stale copy is
    # better than an error.
    if (req.http.X-Edge-Refetch && !req.http.X-Edge-Failed) {
        set req.grace = 0s;
    } else {
        set req.grace = 365d;
    }
}

# A malformed range of bytes is ignored. The last 0 bytes are a range that cannot be
# satisfied (RFC 9110, 14.1), which Varnish knows only as one beyond the end.
sub edge_range {
    if (req.http.Range !~ "(?i)^bytes=") {
        return;
    }
    if (req.http.Range ~ "(?i)^bytes=\s*-0+\s*$") {
        set req.http.Range = "bytes=999999999999999999-";
    } elsif (req.http.Range !~ "(?i)^bytes=\s*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})\s*(?:,\s*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})\s*)*$"
        || (req.http.Range ~ "^[^,]*-[0-9][^,]*$" && std.integer(regsub(req.http.Range, "^[^0-9-]*([0-9]*)-.*$", "\1"), 0)
            > std.integer(regsub(req.http.Range, "^.*-([0-9]+)\s*$", "\1"), 0))) {
        unset req.http.Range;
    }
}

# A valid handshake (RFC 6455, 4.2.1) is piped to the app. An invalid one is refused here,
# because Varnish does not look at what follows in a pipe.
sub edge_websocket {
    if (!req.http.X-Edge-WebSocket || (req.http.Upgrade !~ "(?i)(?:^|,)\s*websocket\s*(?:,|$)"
        && !req.http.Sec-WebSocket-Key && !req.http.Sec-WebSocket-Version)) {
        return;
    }
    if (req.method != "GET" || req.proto != "HTTP/1.1"
        || req.http.Upgrade !~ "(?i)^\s*websocket\s*$"
        || req.http.Connection !~ "(?i)(?:^|,)\s*upgrade\s*(?:,|$)"
        || req.http.Sec-WebSocket-Key !~ "^[A-Za-z0-9+/]{21}[AQgw]==$"
        || !req.http.Sec-WebSocket-Version
        || req.http.Transfer-Encoding || (req.http.Content-Length && req.http.Content-Length != "0")) {
        return (synth(400));
    }
    if (req.http.Sec-WebSocket-Version != "13") {
        return (synth(426));
    }
    std.log("edge-answer:PASS");
    return (pipe);
}

sub vcl_pipe {
    # "close" makes an app that does not answer 101 close the connection. What the client
    # sends after the handshake is unchecked, and must not reach the app as a request.
    set bereq.http.Connection = "close, Upgrade";
    set bereq.http.Upgrade = "websocket";
    call edge_hide;
    call edge_drop_others;
    call edge_lookalikes;
    return (pipe);
}

# The cache key. It has everything that an app may write into its answer, such as the host
# and port of a URL.
sub vcl_hash {
    hash_data(req.url);
    hash_data(std.tolower(req.http.Host));
    hash_data(std.tolower(req.http.X-Forwarded-Host));
    hash_data(req.http.X-Forwarded-Proto);
    return (lookup);
}

sub vcl_hit {
    # An odd last digit of the count says that the last purge could not wait for all answers
    # under way. A copy that came in the last 20 seconds, and was asked for before that
    # purge, may be what it was to remove: fetch it anew.
    if (req.http.X-Edge-Epoch ~ "1$" && regsub(obj.http.X-Edge-Epoch, ".$", "1") != req.http.X-Edge-Epoch
        && now - std.time(obj.http.X-Edge-Came, now) < 20s) {
        set req.http.X-Edge-Cache = "MISS";
        if (req.restarts > 1) {
            return (pass);
        }
        purge.hard();
        return (restart);
    }
    set req.http.X-Edge-Cache = "HIT";
    # A request with Authorization gets a stored answer only if that is marked as shared
    # (RFC 9111, 3.5).
    if (req.http.Authorization && !obj.http.X-Edge-Shared) {
        set req.http.X-Edge-Cache = "MISS";
        return (pass);
    }
    if (obj.ttl <= 0s) {
        set req.http.X-Edge-Cache = "STALE";
        if (obj.ttl + std.duration(obj.http.X-Edge-Grace, 0s) <= 0s && !req.http.X-Edge-Failed) {
            # Past its grace, the copy is only for when the backend fails: ask the backend first.
            set req.http.X-Edge-Refetch = "1";
            return (restart);
        }
    } elsif (std.real(obj.http.X-Edge-Came, 0.0) > std.real(req.http.X-Edge-Began, 0.0) + 0.001) {
        # The copy came after this request began: it waited for another request's fetch.
        set req.http.X-Edge-Cache = "MISS";
        set req.http.X-Edge-Joined = "1";
    }
    return (deliver);
}

sub vcl_miss {
    set req.http.X-Edge-Cache = "MISS";
    # Pass what Varnish would otherwise fetch as a whole GET: HEAD, and ranges and conditions
    # for a URL that is known not to be stored, which the app itself is to answer.
    if (req.method == "HEAD" || (req.is_hitmiss && (req.http.Range || req.http.If-None-Match || req.http.If-Modified-Since
        || req.http.If-Match || req.http.If-Unmodified-Since))) {
        return (pass);
    }
    return (fetch);
}

sub vcl_backend_fetch {
    if (bereq.is_bgfetch && bereq.http.X-Edge-Failed) {
        # No refresh in the background: the backend has just failed, which is why the
        # stale copy is given.
        return (abandon);
    }
    # Each request has its own connection. The web tier might close a kept one just as
    # it is used again, and a POST could not be sent a second time.
    set bereq.http.Connection = "close";
    if (bereq.http.X-Edge-Range) {
        set bereq.http.Range = bereq.http.X-Edge-Range;
        unset bereq.http.X-Edge-Range;
    }
    call edge_hide;
    # An event stream may be silent for as long as a WebSocket.
    # default: timeouts.websocket_idle, timeouts.first_byte
    if (bereq.http.Accept ~ "(?i)(?:^|[,\s])text/event-stream(?:[;,\s]|$)") {
        set bereq.between_bytes_timeout = 86400s;
        set bereq.first_byte_timeout = 76s;
    } elsif (bereq.backend == web && !bereq.uncacheable) {
        # Requests whose answers may be stored use edge_even or edge_odd, which also lead
        # to the web tier: see backends at the top of this file.
        if (bereq.http.X-Edge-Epoch ~ "[02468].$") {
            set bereq.backend = edge_even;
        } else {
            set bereq.backend = edge_odd;
        }
    }
    set bereq.http.X-Edge-Asked = std.real(time=now, fallback=0.0);
    if (bereq.retries > 0) {
        # A 304 confirmed another response than the stored one: fetch the whole.
        unset bereq.http.If-None-Match;
        unset bereq.http.If-Modified-Since;
    }
    return (fetch);
}

sub vcl_backend_response {
    # After this subroutine varnishd reads Content-Range. It fails the fetch if it did not
    # ask for a range, and its child process crashes if the value is malformed. So the
    # header is renamed before anything else. The web tier drops an app's X-Edge-* headers.
    if (beresp.http.Content-Range) {
        set beresp.http.X-Edge-Content-Range = beresp.http.Content-Range;
        unset beresp.http.Content-Range;
    }
    # nginx passes an app's interim answer (1xx) on as the final one, after which a client
    # would go on waiting.
    if (beresp.status < 200) {
        return (error(502, "Bad Gateway"));
    }
    # A refresh in the background failed: keep the stale copy.
    if (beresp.status >= 500 && bereq.is_bgfetch) {
        return (abandon);
    }
    # A refresh for which a client waits failed: store nothing, so that the next lookup
    # finds the stale copy (stale_if_error).
    if (beresp.status >= 500 && bereq.http.X-Edge-Refetch && !bereq.http.X-Edge-Failed) {
        return (abandon);
    }
    # The backend's 304 confirms another response than the stored one.
    if (beresp.was_304 && bereq.http.If-None-Match && beresp.http.ETag
        && regsub(beresp.http.ETag, "^W/", "") != regsub(bereq.http.If-None-Match, "^W/", "")) {
        return (retry);
    }
    if (beresp.was_304) {
        call edge_confirmed;
    }
    # varnishd's child process crashes if Vary has a name of 127 characters or more. Such an
    # answer is treated as if it said "Vary: *".
    if (beresp.http.Vary ~ "[^,\s]{127}") {
        set beresp.http.X-Edge-Vary = beresp.http.Vary;
        set beresp.http.Vary = "*";
    }
    # The answer's own Age is noted, as Varnish sets an Age on every answer.
    if (beresp.http.Age) {
        call edge_said;
    }
    # No filters: Varnish would check that a body called gzip is gzip.
    set beresp.filters = "";
    # Hop-by-hop headers (RFC 9110, 7.6.1).
    unset beresp.http.Keep-Alive;
    unset beresp.http.Proxy-Connection;
    unset beresp.http.Proxy-Authenticate;
    unset beresp.http.Trailer;
    unset beresp.http.Upgrade;
    # Varnish would pass on a body that breaks off at its very beginning as if it were
    # complete. So a short body is read to its end before any of it is sent.
    if (beresp.http.Content-Length && std.integer(beresp.http.Content-Length, 0) <= 1048576) {
        set beresp.do_stream = false;
        # nginx serves file.gz in place of file without looking into it. If it is not
        # gzip, vcl_backend_error asks again for the file itself.
        if (beresp.http.X-Edge-Tier ~ "^web\b" && beresp.http.Content-Encoding == "gzip" && beresp.status == 200 && bereq.method == "GET") {
            set beresp.filters = "testgunzip";
            set bereq.http.X-Edge-Packed = "1";
        }
    }
    # Varnish drops Content-Encoding if there is no body, as after HEAD: keep it aside.
    if (beresp.http.Content-Encoding && (bereq.method == "HEAD" || beresp.http.Content-Length == "0" || beresp.status == 204)) {
        set beresp.http.X-Edge-Coding = beresp.http.Content-Encoding;
    }
    if (bereq.uncacheable) {
        call edge_drop_judged;
        return (deliver);
    }
    # There was a purge since this was asked for, so it may be what the purge was to remove.
    if ("" + beresp.keep != bereq.http.X-Edge-Epoch) {
        if (bereq.is_bgfetch) {
            return (abandon);
        }
        set beresp.http.X-Edge-Purged = "1";
    }
    set beresp.keep = 0s;
    # Only an answer with freshness of its own, or on a route with a ttl, can be stored.
    if (beresp.http.Cache-Control || beresp.http.Expires || bereq.http.X-Edge-Ttl) {
        call edge_age;
        call edge_control;
        call edge_lifetime;
        call edge_staleness;
    }
    # A client must not get a content coding that it does not accept, even if the answer
    # forgot "Vary: Accept-Encoding". The client sees the answer's own Vary.
    std.collect(beresp.http.Content-Encoding);
    if (beresp.http.Content-Encoding && beresp.http.Vary !~ "(?i)(?:^|,)\s*accept-encoding\s*(?:,|$)") {
        set beresp.http.X-Edge-Vary = "none";
        if (beresp.http.Vary) {
            set beresp.http.X-Edge-Vary = beresp.http.Vary;
            set beresp.http.Vary = beresp.http.Vary + ", Accept-Encoding";
        } else {
            set beresp.http.Vary = "Accept-Encoding";
        }
    }
    # Not stored: what a shared cache must not store (RFC 9111, 3; RFC 6585), errors on a
    # route without a ttl, and what is so large that it would push out too much.
    # default: cache_storage.size, a quarter
    if (beresp.http.X-Edge-Purged || bereq.http.X-Edge-Whole == "failed" || !beresp.http.X-Edge-Lifetime || (!beresp.http.X-Edge-Fresh && beresp.grace <= 0s)
        || beresp.http.X-Edge-Control ~ ",(?:private|no-cache)[=,]"
        || (beresp.http.X-Edge-Control ~ ",no-store[=,]" && beresp.http.X-Edge-Control !~ ",must-understand[=,]")
        || (beresp.http.X-Edge-Control ~ ",must-understand[=,]" && !beresp.http.X-Edge-Lasting)
        || beresp.http.Content-Type ~ "(?i)^text/event-stream\s*(?:;|$)"
        || beresp.http.Content-Encoding ~ "(?i)(?:^|,)\s*(?:deflate|zstd|compress|x-compress|dcb|dcz|exi|pack200-gzip|aes128gcm)\s*(?:,|$)"
        || beresp.http.Set-Cookie || beresp.http.Vary ~ "(?:^|,)\s*\*\s*(?:,|$)"
        || (bereq.http.Authorization && !beresp.http.X-Edge-Shared)
        || beresp.status == 428 || beresp.status == 429 || beresp.status == 431 || beresp.status == 511
        || (bereq.http.X-Edge-Ttl !~ "^[0-9]" && (beresp.status >= 500 || beresp.status == 401 || beresp.status == 403))
        || std.integer(beresp.http.Content-Length, 0) > 67108864) {
        # Varnish remembers for a minute that this URL is not stored (hit-for-miss), so that
        # requests for it do not wait for each other.
        set beresp.uncacheable = true;
        set beresp.grace = 0s;
        set beresp.ttl = 60s;
        if (beresp.status >= 500 || beresp.http.X-Edge-Purged) {
            set beresp.ttl = 0s;
        }
        call edge_drop_judged;
        unset beresp.http.X-Edge-Grace;
        unset beresp.http.X-Edge-Shared;
        unset beresp.http.X-Edge-Tags;
        return (deliver);
    }
    call edge_drop_judged;
    set beresp.http.X-Edge-Url = bereq.http.X-Edge-Host + bereq.url;
    set beresp.http.X-Edge-Site = bereq.http.X-Edge-Site;
    set beresp.http.X-Edge-Epoch = bereq.http.X-Edge-Epoch;
    set beresp.http.X-Edge-Came = std.real(time=now, fallback=0.0);
    # An answer without a length that is to be stored is read to its end before it is sent.
    if (!beresp.http.Content-Length || (beresp.do_stream && beresp.filters != "")) {
        set beresp.do_stream = false;
        set bereq.http.X-Edge-Whole = "wanted";
    }
    # With a validator, a copy is kept beyond its grace, to be confirmed by the backend.
    if (beresp.http.ETag || beresp.http.Last-Modified) {
        set beresp.keep = 1h;
    }
    return (deliver);
}

# The backend confirmed a stored copy (304). Varnish has merged the copy's headers in, with
# the notes (X-Edge-*) that were stored: undo them, as they are made anew below.
sub edge_confirmed {
    if (beresp.http.X-Edge-Vary == "none") {
        unset beresp.http.Vary;
    } elsif (beresp.http.X-Edge-Vary) {
        set beresp.http.Vary = beresp.http.X-Edge-Vary;
    }
    unset beresp.http.X-Edge-Url;
    unset beresp.http.X-Edge-Site;
    unset beresp.http.X-Edge-Told;
    unset beresp.http.X-Edge-Grace;
    unset beresp.http.X-Edge-Shared;
    unset beresp.http.X-Edge-Vary;
    unset beresp.http.X-Edge-Coding;
    unset beresp.http.X-Edge-Aged;
    unset beresp.http.X-Edge-Said;
}

# Notes the Age that an answer came with, at most 2^31 (RFC 9111, 1.2.2).
sub edge_said {
    std.collect(beresp.http.Age);
    if (beresp.http.Age ~ "^[0-9]+$") {
        set beresp.http.X-Edge-Said = std.integer(beresp.http.Age, 2147483648);
        if (std.integer(beresp.http.Age, 2147483648) > 2147483648) {
            set beresp.http.X-Edge-Said = "2147483648";
        }
    } else {
        # An unreadable Age: the answer counts as stale.
        set beresp.http.X-Edge-Unknown = "1";
    }
    unset beresp.http.Age;
}

# How old an answer is when it arrives: by its Age or its Date, whichever is more (RFC 9111,
# 4.2.3). Varnish calculates an age of its own; the difference is noted, and added on delivery.
sub edge_age {
    set beresp.http.X-Edge-Age = std.integer(beresp.http.X-Edge-Said, 0);
    if (beresp.http.Date ~ "^[A-Za-z]"
        && std.integer(duration = now - std.time(beresp.http.Date, now), fallback = 0) > std.integer(beresp.http.X-Edge-Age, 0)) {
        set beresp.http.X-Edge-Age = std.integer(duration = now - std.time(beresp.http.Date, now), fallback = 0);
    }
    if (std.integer(beresp.http.X-Edge-Age, 0) != std.integer(duration = beresp.age, fallback = 0)) {
        set beresp.http.X-Edge-Aged = std.integer(beresp.http.X-Edge-Age, 0) - std.integer(duration = beresp.age, fallback = 0);
    }
}

# Cache-Control in a form that is easy to test: in lower case, each directive between commas,
# numbers without quotes, and "-" for other quoted strings.
sub edge_control {
    set beresp.http.X-Edge-Control = "," + std.tolower(beresp.http.Cache-Control) + ",";
    if (beresp.http.X-Edge-Control ~ {"["\s]"}) {
        set beresp.http.X-Edge-Control = regsuball(beresp.http.X-Edge-Control, {"="([0-9]*)"(?=\s*,)"}, "=\1");
        set beresp.http.X-Edge-Control = regsuball(beresp.http.X-Edge-Control, {""(?:[^"\\]|\\.)*(?:"|$)"}, "-") + ",";
        set beresp.http.X-Edge-Control = regsuball(beresp.http.X-Edge-Control, "\s*,[\s,]*", ",");
    }
    if (beresp.http.X-Edge-Control ~ "[0-9]{10}") {
        set beresp.http.X-Edge-Control = regsuball(beresp.http.X-Edge-Control, "=0*[1-9][0-9]{9,}(?=,)", "=2147483648");
    }
    # The statuses that a route's ttl applies to.
    if (beresp.status == 200 || beresp.status == 203 || beresp.status == 204 || beresp.status == 300 || beresp.status == 301
        || beresp.status == 308 || beresp.status == 404 || beresp.status == 405 || beresp.status == 410 || beresp.status == 414 || beresp.status == 501) {
        set beresp.http.X-Edge-Lasting = "1";
    }
    if (beresp.http.X-Edge-Control ~ ",(?:public|s-maxage|must-revalidate)[=,]") {
        set beresp.http.X-Edge-Shared = "1";
    }
}

# How long an answer is fresh: by its own headers, or else by the route's ttl (RFC 9111,
# 4.2.1). beresp.ttl is what is left of that after its age.
sub edge_lifetime {
    if (beresp.http.X-Edge-Control ~ ",no-cache[=,]") {
        set beresp.http.X-Edge-Lifetime = "0s";
    } elsif (beresp.http.X-Edge-Control ~ ",s-maxage[=,]") {
        set beresp.http.X-Edge-Lifetime = regsub(beresp.http.X-Edge-Control, "^.*?,s-maxage(?:=0*([0-9]{1,10})(?=,)|=[^,]*)?,.*$", "\1s");
    } elsif (beresp.http.X-Edge-Control ~ ",max-age[=,]") {
        set beresp.http.X-Edge-Lifetime = regsub(beresp.http.X-Edge-Control, "^.*?,max-age(?:=0*([0-9]{1,10})(?=,)|=[^,]*)?,.*$", "\1s");
    } elsif (beresp.http.Expires ~ "^[A-Za-z]" && beresp.http.Date ~ "^[A-Za-z]") {
        set beresp.http.X-Edge-Lifetime = "" + (std.time(beresp.http.Expires, std.time(beresp.http.Date, now)) - std.time(beresp.http.Date, now)) + "s";
    } elsif (beresp.http.Expires ~ "^[A-Za-z]") {
        set beresp.http.X-Edge-Lifetime = "" + (std.time(beresp.http.Expires, now) - now) + "s";
    } elsif (beresp.http.Expires) {
        set beresp.http.X-Edge-Lifetime = "0s";
    } elsif (bereq.http.X-Edge-Ttl ~ "heuristic$") {
        call edge_heuristic;
    } elsif (bereq.http.X-Edge-Ttl && beresp.http.X-Edge-Lasting) {
        # A route's ttl counts from the answer's arrival, whatever its age.
        set beresp.http.X-Edge-Lifetime = bereq.http.X-Edge-Ttl;
        set beresp.ttl = std.duration(bereq.http.X-Edge-Ttl, 0s);
        if (!beresp.http.X-Edge-Unknown && beresp.ttl > 0s) {
            set beresp.http.X-Edge-Fresh = "1";
            return;
        }
    }
    if (!beresp.http.X-Edge-Unknown && std.duration(beresp.http.X-Edge-Lifetime, 0s) > std.duration(beresp.http.X-Edge-Age + "s", 0s)) {
        set beresp.http.X-Edge-Fresh = "1";
        set beresp.ttl = std.duration(beresp.http.X-Edge-Lifetime, 0s) - std.duration(beresp.http.X-Edge-Age + "s", 0s);
    } else {
        # Stale from the start. Varnish never finds an object whose ttl was 0, so it gets
        # one that is over before a client can ask again.
        set beresp.ttl = 0.001ms;
    }
}

# ttl = "heuristic": an answer is fresh for a tenth of the time since its Last-Modified, at
# most a day (RFC 9111, 4.2.2).
sub edge_heuristic {
    if (beresp.http.Last-Modified ~ "^[A-Za-z]" && (beresp.http.X-Edge-Lasting || beresp.http.X-Edge-Control ~ ",public[=,]")) {
        set beresp.ttl = (now - std.time(beresp.http.Last-Modified, now)) / 10.0;
        if (beresp.http.Date ~ "^[A-Za-z]") {
            set beresp.ttl = (std.time(beresp.http.Date, now) - std.time(beresp.http.Last-Modified, std.time(beresp.http.Date, now))) / 10.0;
        }
        if (beresp.ttl > 1d) {
            set beresp.ttl = 1d;
        }
        set beresp.http.X-Edge-Lifetime = "" + beresp.ttl + "s";
    }
}

# How long a copy may be used after its lifetime: by the answer's own headers (RFC 5861), or
# else by the site's grace and stale_if_error. Those do not apply to answers that forbid
# stale copies or have no lifetime.
sub edge_staleness {
    set beresp.grace = 0s;
    set beresp.http.X-Edge-Grace = "0s";
    if (beresp.http.X-Edge-Control ~ ",(?:must-revalidate|proxy-revalidate|no-cache)[=,]") {
        return;
    }
    if (beresp.http.X-Edge-Control !~ ",s-maxage[=,]" && std.duration(beresp.http.X-Edge-Lifetime, 0s) > 0s) {
        if (bereq.http.X-Edge-Grace) {
            set beresp.http.X-Edge-Grace = bereq.http.X-Edge-Grace;
        }
        set beresp.grace = std.duration(bereq.http.X-Edge-Stale, 0s);
    }
    if (beresp.http.X-Edge-Control ~ ",stale-while-revalidate[=,]") {
        set beresp.http.X-Edge-Grace = regsub(beresp.http.X-Edge-Control, "^.*?,stale-while-revalidate(?:=0*([0-9]{1,10})(?=,)|=[^,]*)?,.*$", "\1s");
    }
    if (beresp.http.X-Edge-Control ~ ",stale-if-error[=,]") {
        set beresp.grace = std.duration(regsub(beresp.http.X-Edge-Control, "^.*?,stale-if-error(?:=0*([0-9]{1,10})(?=,)|=[^,]*)?,.*$", "\1s"), 0s);
    }
    if (std.duration(beresp.http.X-Edge-Grace, 0s) > beresp.grace) {
        set beresp.grace = std.duration(beresp.http.X-Edge-Grace, 0s);
    }
    # An answer that was already stale on arrival has used up a part of that time.
    if (std.duration(beresp.http.X-Edge-Lifetime, 0s) < std.duration(beresp.http.X-Edge-Age + "s", 0s) && !beresp.http.X-Edge-Fresh) {
        set beresp.grace = beresp.grace + std.duration(beresp.http.X-Edge-Lifetime, 0s) - std.duration(beresp.http.X-Edge-Age + "s", 0s);
        set beresp.http.X-Edge-Grace = "" + (std.duration(beresp.http.X-Edge-Grace, 0s)
            + std.duration(beresp.http.X-Edge-Lifetime, 0s) - std.duration(beresp.http.X-Edge-Age + "s", 0s)) + "s";
    }
}

sub vcl_backend_error {
    # nginx sent a file.gz that is not gzip: ask for the file itself.
    if (bereq.http.X-Edge-Packed) {
        unset bereq.http.X-Edge-Packed;
        unset bereq.http.Accept-Encoding;
        return (retry);
    }
    if (bereq.is_bgfetch || (bereq.http.X-Edge-Refetch && !bereq.http.X-Edge-Failed)) {
        return (abandon);
    }
    if (bereq.http.X-Edge-Whole == "wanted") {
        # The body was too large for the cache, or broke off. Ask once more, and send it to
        # the client as it arrives.
        set bereq.http.X-Edge-Whole = "failed";
        return (retry);
    }
    # The app did not answer in valid HTTP, or the web tier does not answer.
    set beresp.status = 502;
    set beresp.reason = "Bad Gateway";
    # 0.01s because X-Edge-Asked is a rounded time.
    if (now - std.time(bereq.http.X-Edge-Asked, now) + 0.01s >= 76s) {
        set beresp.status = 504;
        set beresp.reason = "Gateway Timeout";
    }
    unset beresp.http.Server;
    set beresp.http.Content-Type = "text/plain; charset=utf-8";
    set beresp.body = "" + beresp.status + " " + beresp.reason + {"
"};
    return (deliver);
}

sub vcl_deliver {
    # For the access log: who answered. For a hit that is the cache tier.
    if (req.http.X-Edge-Cache ~ "^(?:MISS|PASS)$") {
        std.log("edge-tier:" + resp.http.X-Edge-Tier);
        if (resp.http.X-Edge-Said) {
            set resp.http.Age = resp.http.X-Edge-Said;
        } else {
            unset resp.http.Age;
        }
        if (req.http.X-Edge-Cache == "MISS") {
            if (resp.status == 200 || resp.status == 206) {
                set resp.http.Accept-Ranges = "bytes";
            } elsif (resp.status == 304) {
                call edge_not_modified;
            }
        }
    } elsif (resp.http.X-Edge-Aged) {
        set resp.http.Age = std.integer(resp.http.Age, 0) + std.integer(resp.http.X-Edge-Aged, 0);
    }
    if (resp.http.X-Edge-Coding && resp.status != 304) {
        set resp.http.Content-Encoding = resp.http.X-Edge-Coding;
    }
    if (resp.http.X-Edge-Vary) {
        set resp.http.Vary = resp.http.X-Edge-Vary;
        if (resp.http.Vary == "none") {
            unset resp.http.Vary;
        }
    }
    # The backend has already judged the conditions of a request that passed the cache.
    if (resp.status == 200 && req.http.X-Edge-Cache != "PASS"
        && (req.http.If-None-Match || req.http.If-Modified-Since || req.http.If-Match || req.http.If-Unmodified-Since)) {
        call edge_conditions;
    }
    if (req.http.Range && resp.status == 200 && req.http.X-Edge-Cache != "PASS") {
        call edge_cut;
    }
    # A successful unsafe request invalidates what is stored under its URL (RFC 9111, 4.4).
    if (req.method !~ "^(?:GET|HEAD|OPTIONS|PROPFIND|REPORT|SEARCH|QUERY)$" && resp.status >= 200 && resp.status < 400 && !req.http.X-Edge-Pass) {
        call edge_invalidate;
    }
    # The app's Content-Range, unless Varnish itself cuts a range out of the answer.
    if (resp.http.X-Edge-Content-Range && resp.status != 304 && (resp.status != 200 || !req.http.Range)) {
        set resp.http.Content-Range = resp.http.X-Edge-Content-Range;
    }
    call edge_answer;
    return (deliver);
}

# Conditional requests (RFC 9110, 13.2.2). Varnish itself compares only a single tag with
# If-None-Match, and a date with If-Modified-Since.
sub edge_conditions {
    if (req.http.If-Match) {
        if (req.http.If-Match !~ "^\s*\*\s*$" && (!resp.http.ETag || resp.http.ETag ~ "^W/"
            || !std.strstr(regsuball(req.http.If-Match, {"W/"[^"]*""}, ""), resp.http.ETag))) {
            return (synth(412));
        }
    } elsif (req.http.If-Unmodified-Since ~ "^[A-Za-z]" && resp.http.Last-Modified ~ "^[A-Za-z]"
        && std.time(resp.http.Last-Modified, now - 36500d) > std.time(req.http.If-Unmodified-Since, now + 36500d)) {
        return (synth(412));
    }
    if (req.http.If-None-Match) {
        if (req.http.If-None-Match ~ "^\s*\*\s*$" || (resp.http.ETag && std.strstr(req.http.If-None-Match, regsub(resp.http.ETag, "^W/", "")))) {
            call edge_not_modified;
        }
    } elsif (req.http.If-Modified-Since ~ "^[A-Za-z]") {
        # Without Last-Modified, Date stands for it (RFC 9111, 4.3.2).
        set req.http.X-Edge-Chain = resp.http.Date;
        if (resp.http.Last-Modified) {
            set req.http.X-Edge-Chain = resp.http.Last-Modified;
        }
        if (req.http.X-Edge-Chain ~ "^[A-Za-z]"
            && std.time(req.http.X-Edge-Chain, now + 36500d) <= std.time(req.http.If-Modified-Since, now - 36500d)) {
            call edge_not_modified;
        }
        unset req.http.X-Edge-Chain;
    }
    # Decided; Varnish is not to decide again.
    unset req.http.If-None-Match;
    unset req.http.If-Modified-Since;
}

# Varnish cuts out the range. Here If-Range is decided first, which Varnish does otherwise
# than RFC 9110, 13.1.5, and a range beyond the end is answered with a 416 that has a text.
sub edge_cut {
    if (req.method != "GET" || resp.http.Content-Length == "0"
        || ((!resp.http.Content-Length) && req.http.X-Edge-Cache == "MISS")) {
        # A range is for GET (RFC 9110, 14.2): Varnish would cut the answer to a HEAD too, and
        # then close the connection, as it sends no byte of the range. Or the body is empty,
        # or its length is not known yet.
        unset req.http.Range;
        return;
    }
    if (req.http.If-Range) {
        if (req.http.If-Range ~ {""$"}) {
            if (req.http.If-Range != resp.http.ETag || resp.http.ETag ~ "^W/") {
                unset req.http.Range;
            }
        } elsif (req.http.If-Range != resp.http.Last-Modified) {
            unset req.http.Range;
        }
        unset req.http.If-Range;
    }
    if (req.http.Range ~ "=\s*[0-9]" && resp.http.Content-Length
        && std.integer(regsub(req.http.Range, "^[^0-9]*([0-9]+)-.*$", "\1"), 2147483647) >= std.integer(resp.http.Content-Length, 0)) {
        set req.http.X-Edge-Location = resp.http.Content-Length;
        return (synth(416));
    }
}

sub edge_not_modified {
    set resp.status = 304;
    set resp.reason = "Not Modified";
    unset resp.http.Content-Type;
    unset resp.http.Content-Encoding;
    unset resp.http.Content-Language;
    unset resp.http.Content-Range;
    unset resp.http.Content-MD5;
    unset resp.http.Accept-Ranges;
}

# Removes the stored answers for the request's URL, and for the URLs of the same host in
# Location and Content-Location of its answer.
sub edge_invalidate {
    std.ban("obj.http.X-Edge-Url == " + req.http.X-Edge-Host + req.url);
    set req.http.X-Edge-Location = resp.http.Location;
    call edge_invalidate_named;
    set req.http.X-Edge-Location = resp.http.Content-Location;
    call edge_invalidate_named;
    unset req.http.X-Edge-Location;
}

sub edge_invalidate_named {
    if (req.http.X-Edge-Location !~ "^[!-~]+$") {
        return;
    }
    set req.http.X-Edge-Location = regsub(req.http.X-Edge-Location, "#.*$", "");
    if (req.http.X-Edge-Location ~ "(?i)^(?:https?:)?//") {
        if (std.tolower(regsub(req.http.X-Edge-Location, "(?i)^(?:https?:)?//([^/?]*).*$", "\1")) != std.tolower(req.http.Host)) {
            return;
        }
        set req.http.X-Edge-Location = regsub(req.http.X-Edge-Location, "(?i)^(?:https?:)?//[^/?]*/?", "/");
    } elsif (req.http.X-Edge-Location ~ "^[A-Za-z][A-Za-z0-9+.-]*:") {
        return;
    } elsif (req.http.X-Edge-Location ~ "^\?") {
        set req.http.X-Edge-Location = regsub(req.url, "\?.*$", "") + req.http.X-Edge-Location;
    } elsif (req.http.X-Edge-Location !~ "^/") {
        set req.http.X-Edge-Location = regsub(req.url, "[^/]*(?:\?.*)?$", "") + req.http.X-Edge-Location;
    }
    std.ban("obj.http.X-Edge-Url == " + req.http.X-Edge-Host + req.http.X-Edge-Location);
}

sub vcl_synth {
    # The backend failed: look up once more, for a stale copy (stale_if_error).
    if (resp.status >= 500 && req.http.X-Edge-Refetch && !req.http.X-Edge-Failed) {
        set req.http.X-Edge-Failed = "1";
        return (restart);
    }
    if (local.socket == "probe") {
        set resp.http.X-Edge-Generation = resp.reason;
        set resp.reason = "OK";
        unset resp.http.Server;
        unset resp.http.X-Varnish;
        set resp.body = "";
        return (deliver);
    }
    unset req.http.Range;    # an error page is sent whole
    # 405 goes before 413, and both before any other error.
    if (req.http.X-Edge-Large) {
        set resp.status = 413;
    }
    if (req.http.X-Edge-Allow && resp.status != 405) {
        set resp.status = 405;
        set resp.reason = "Method Not Allowed";
    }
    if (resp.status == 503 && !req.http.X-Edge-Page) {
        if (resp.reason == "edge") {
            set resp.reason = "Service Unavailable";
        } else {
            # Varnish's own 503: a fetch failed just before its delivery.
            set resp.status = 502;
            set resp.reason = "Bad Gateway";
        }
    }
    if (resp.status == 204) {
        set resp.http.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        call edge_answer;
        return (deliver);
    }
    if (resp.status == 200) {
        set resp.http.Cache-Control = "no-store";
    } elsif (resp.status == 301 || resp.status == 308) {
        set resp.http.Location = req.http.X-Edge-Location;
    } elsif (resp.status == 405) {
        set resp.http.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        if (req.http.X-Edge-Allow) {
            set resp.http.Allow = req.http.X-Edge-Allow;
        }
    } elsif (resp.status == 412) {
        set resp.reason = "Precondition Failed";
    } elsif (resp.status == 413) {
        set resp.reason = "Content Too Large";
    } elsif (resp.status == 414) {
        set resp.reason = "URI Too Long";
    } elsif (resp.status == 416) {
        set resp.reason = "Range Not Satisfiable";
        set resp.http.Content-Range = "bytes */" + req.http.X-Edge-Location;
    } elsif (resp.status == 431) {
        set resp.reason = "Request Header Fields Too Large";
    } elsif (resp.status == 421) {
        set resp.reason = "Misdirected Request";
    } elsif (resp.status == 426) {
        set resp.reason = "Upgrade Required";
        set resp.http.Upgrade = "websocket";
        set resp.http.Connection = "Upgrade";
        set resp.http.Sec-WebSocket-Version = "13";
    }
    if (resp.status == 400) {
        set resp.http.Connection = "close";
    }
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    set resp.body = "" + resp.status + " " + resp.reason + {"
"};
    call edge_answer;
    return (deliver);
}

# Headers that every answer gets, and headers that none keeps.
sub edge_answer {
    # Close the connection after a body that is far too large. One that is not much too
    # large is read to its end, as a client that is cut off while it sends does not see
    # the answer.
    if (!std.healthy(edge_open) || (resp.status == 413 && std.integer(req.http.Content-Length, 0) > 209715200)) {
        set resp.http.Connection = "close";
    }
    unset resp.http.Server;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    call edge_drop_kept;
    set resp.http.X-Cache = req.http.X-Edge-Cache;
    std.log("edge-answer:" + req.http.X-Edge-Cache);
    # HSTS must not be sent over plain HTTP (RFC 6797, 7.2).
    if (req.http.X-Edge-Hsts && local.socket != "plain") {
        set resp.http.Strict-Transport-Security = req.http.X-Edge-Hsts;
    }
}

# Headers that are dropped. VCL can remove a header only by its whole name.

# For requests to the web tier or an app: drops the notes of this file, and headers by
# which a client could forge its address. This is done only here, and not for every
# request, because a cache hit does not need it.
sub edge_hide {
    call edge_forged;
    # The answer may be stored and given to others, so the app must not see these.
    if (bereq.method == "GET" || bereq.method == "HEAD") {
        unset bereq.http.X-HTTP-Method-Override;
        unset bereq.http.X-HTTP-Method;
        unset bereq.http.X-Method-Override;
    }
    unset bereq.http.X-Varnish;
    unset bereq.http.Via;
    call edge_drop_sorted;
}

# Notes (X-Edge-*) that a client has sent. Only those that this file reads are dropped
# here; the others are dropped when the web tier is asked.
sub edge_drop_taken {
    unset req.http.X-Edge-Address;
    unset req.http.X-Edge-Chain;
    unset req.http.X-Edge-Path;
    unset req.http.X-Edge-Canonical;
    unset req.http.X-Edge-Site;
    unset req.http.X-Edge-Epoch;
    unset req.http.X-Edge-Hsts;
    unset req.http.X-Edge-Location;
    unset req.http.X-Edge-WebSocket;
    unset req.http.X-Edge-Stream;
    unset req.http.X-Edge-Allow;
    unset req.http.X-Edge-Large;
    unset req.http.X-Edge-Cookie;
    unset req.http.X-Edge-Pass;
    unset req.http.X-Edge-Range;
    unset req.http.X-Edge-Coding;
    unset req.http.X-Edge-Began;
    unset req.http.X-Edge-Joined;
    unset req.http.X-Edge-Told;
    unset req.http.X-Edge-Cache;
    unset req.http.X-Edge-Words;
    unset req.http.X-Edge-Route;
    unset req.http.X-Edge-Page;
    unset req.http.X-Edge-Host;
    unset req.http.X-Edge-Ttl;
    unset req.http.X-Edge-Grace;
    unset req.http.X-Edge-Stale;
    unset req.http.X-Edge-Refetch;
    unset req.http.X-Edge-Failed;
    unset req.http.X-Edge-Packed;
    unset req.http.X-Edge-Whole;
    unset req.http.X-Edge-Asked;
}

# Notes that neither the web tier nor an app needs.
sub edge_drop_sorted {
    unset bereq.http.X-Edge-Address;
    unset bereq.http.X-Edge-Trace;
    unset bereq.http.X-Edge-Chain;
    unset bereq.http.X-Edge-Path;
    unset bereq.http.X-Edge-Over;
    unset bereq.http.X-Edge-Way;
    unset bereq.http.X-Edge-Canonical;
    unset bereq.http.X-Edge-Hsts;
    unset bereq.http.X-Edge-Location;
    unset bereq.http.X-Edge-Named;
    unset bereq.http.X-Edge-Body;
    unset bereq.http.X-Edge-Query;
    unset bereq.http.X-Edge-Variant;
    unset bereq.http.X-Edge-WebSocket;
    unset bereq.http.X-Edge-Fetch;
    unset bereq.http.X-Edge-Stream;
    unset bereq.http.X-Edge-Allow;
    unset bereq.http.X-Edge-Large;
    unset bereq.http.X-Edge-Challenge;
    unset bereq.http.X-Edge-After;
    unset bereq.http.X-Edge-Cookie;
    unset bereq.http.X-Edge-Pass;
    unset bereq.http.X-Edge-Range;
    unset bereq.http.X-Edge-Coding;
    unset bereq.http.X-Edge-Gzip;
    unset bereq.http.X-Edge-Best;
    unset bereq.http.X-Edge-Weight;
    unset bereq.http.X-Edge-Began;
    unset bereq.http.X-Edge-Joined;
    unset bereq.http.X-Edge-Left;
    unset bereq.http.X-Edge-Told;
    unset bereq.http.X-Edge-Error;
    unset bereq.http.X-Edge-Maker;
    unset bereq.http.X-Edge-Cache;
    unset bereq.http.X-Edge-Words;
    unset bereq.http.X-Edge-From;
    unset bereq.http.X-Edge-Softs;
    unset bereq.http.X-Edge-Status;
    unset bereq.http.X-Edge-Tagged;
    unset bereq.http.X-Edge-Key;
    unset bereq.http.X-Edge-Target;
    unset bereq.http.X-Edge-Leads;
    unset bereq.http.X-Edge-Pages;
    unset bereq.http.X-Edge-First;
    unset bereq.http.X-Edge-Begin;
    unset bereq.http.X-Edge-Silence;
    unset bereq.http.X-Edge-Gate;
    unset bereq.http.X-Edge-Connection;
    unset bereq.http.X-Edge-Protected;
    unset bereq.http.X-Edge-Compress;
}

# All other notes, for requests that do not pass the web tier, which would drop them.
sub edge_drop_others {
    unset bereq.http.X-Edge-Site;
    unset bereq.http.X-Edge-Epoch;
    unset bereq.http.X-Edge-Softs;
    unset bereq.http.X-Edge-Status;
    unset bereq.http.X-Edge-Tagged;
    unset bereq.http.X-Edge-Key;
    unset bereq.http.X-Edge-Route;
    unset bereq.http.X-Edge-Target;
    unset bereq.http.X-Edge-Leads;
    unset bereq.http.X-Edge-Pages;
    unset bereq.http.X-Edge-Page;
    unset bereq.http.X-Edge-Host;
    unset bereq.http.X-Edge-Ttl;
    unset bereq.http.X-Edge-Grace;
    unset bereq.http.X-Edge-Stale;
    unset bereq.http.X-Edge-Refetch;
    unset bereq.http.X-Edge-Failed;
    unset bereq.http.X-Edge-Packed;
    unset bereq.http.X-Edge-Whole;
    unset bereq.http.X-Edge-First;
    unset bereq.http.X-Edge-Begin;
    unset bereq.http.X-Edge-Silence;
    unset bereq.http.X-Edge-Gate;
    unset bereq.http.X-Edge-Connection;
    unset bereq.http.X-Edge-Protected;
    unset bereq.http.X-Edge-Asked;
    unset bereq.http.X-Edge-Compress;
    unset bereq.http.X-Edge-Control;
    unset bereq.http.X-Edge-Lasting;
    unset bereq.http.X-Edge-Fresh;
    unset bereq.http.X-Edge-Lifetime;
    unset bereq.http.X-Edge-Age;
    unset bereq.http.X-Edge-Purged;
    unset bereq.http.X-Edge-Unknown;
    unset bereq.http.X-Edge-Tier;
    unset bereq.http.X-Edge-Compressed;
    unset bereq.http.X-Edge-Url;
    unset bereq.http.X-Edge-Tags;
    unset bereq.http.X-Edge-Came;
    unset bereq.http.X-Edge-Shared;
    unset bereq.http.X-Edge-Vary;
    unset bereq.http.X-Edge-Content-Range;
    unset bereq.http.X-Edge-Aged;
    unset bereq.http.X-Edge-Said;
    unset bereq.http.X-Edge-Generation;
}

# Notes that are needed only until it is decided whether an answer is stored.
sub edge_drop_judged {
    unset beresp.http.X-Edge-Control;
    unset beresp.http.X-Edge-Lasting;
    unset beresp.http.X-Edge-Fresh;
    unset beresp.http.X-Edge-Lifetime;
    unset beresp.http.X-Edge-Age;
    unset beresp.http.X-Edge-Purged;
    unset beresp.http.X-Edge-Unknown;
}

# Notes that are stored with an answer; no client sees them.
sub edge_drop_kept {
    unset resp.http.X-Edge-Tier;
    unset resp.http.X-Edge-Compressed;
    unset resp.http.X-Edge-Gate;
    unset resp.http.X-Edge-Url;
    unset resp.http.X-Edge-Site;
    unset resp.http.X-Edge-Tags;
    unset resp.http.X-Edge-Epoch;
    unset resp.http.X-Edge-Softs;
    unset resp.http.X-Edge-Told;
    unset resp.http.X-Edge-Fetch;
    unset resp.http.X-Edge-Came;
    unset resp.http.X-Edge-Grace;
    unset resp.http.X-Edge-Shared;
    unset resp.http.X-Edge-Vary;
    unset resp.http.X-Edge-Coding;
    unset resp.http.X-Edge-Content-Range;
    unset resp.http.X-Edge-Aged;
    unset resp.http.X-Edge-Said;
}

# Headers by which known proxies name a client.
sub edge_forged {
    unset bereq.http.X-Forwarded-By;
    unset bereq.http.X-Forwarded-Client-Ip;
    unset bereq.http.X-Forwarded-Ip;
    unset bereq.http.X-Forwarded-Port;
    unset bereq.http.X-Forwarded-Prefix;
    unset bereq.http.X-Forwarded-Path;
    unset bereq.http.X-Forwarded-Context;
    unset bereq.http.X-Forwarded-Scheme;
    unset bereq.http.X-Forwarded-Protocol;
    unset bereq.http.X-Forwarded-Ssl;
    unset bereq.http.X-Forwarded-Server;
    unset bereq.http.X-Forwarded-Uri;
    unset bereq.http.X-Forwarded-Url;
    unset bereq.http.X-Forwarded-Method;
    unset bereq.http.X-Forwarded-User;
    unset bereq.http.X-Forwarded-Email;
    unset bereq.http.X-Forwarded-Groups;
    unset bereq.http.X-Forwarded-Preferred-Username;
    unset bereq.http.X-Forwarded-Access-Token;
    unset bereq.http.X-Forwarded-Client-Cert;
    unset bereq.http.X-Forwarded-Tls-Client-Cert;
    unset bereq.http.X-Original-URL;
    unset bereq.http.X-Original-URI;
    unset bereq.http.X-Original-Host;
    unset bereq.http.X-Original-Method;
    unset bereq.http.X-Original-Proto;
    unset bereq.http.X-Rewrite-URL;
    unset bereq.http.X-Host;
    unset bereq.http.X-HTTP-Host-Override;
    unset bereq.http.X-HTTP-Destinationurl;
    unset bereq.http.X-Scheme;
    unset bereq.http.X-Url-Scheme;
    unset bereq.http.Front-End-Https;
    unset bereq.http.Client-IP;
    unset bereq.http.X-Client-IP;
    unset bereq.http.True-Client-IP;
    unset bereq.http.X-Cluster-Client-IP;
    unset bereq.http.X-ProxyUser-IP;
    unset bereq.http.X-Forwarded;
    unset bereq.http.Forwarded-For;
    unset bereq.http.X-Original-Forwarded-For;
    unset bereq.http.CF-Connecting-IP;
    unset bereq.http.CF-Connecting-IPv6;
    unset bereq.http.Fastly-Client-IP;
    unset bereq.http.X-Azure-ClientIP;
    unset bereq.http.X-Remote-IP;
    unset bereq.http.X-Remote-Addr;
    unset bereq.http.X-Originating-IP;
}

# Many apps read "_" in a header's name as "-". A client could forge X-Forwarded-For and
# the like by these spellings. They are dropped here for requests that do not pass the web
# tier, which drops them too.
sub edge_lookalikes {
    unset bereq.http.Proxy;
    unset bereq.http.X-Real_IP; unset bereq.http.X_Real-IP; unset bereq.http.X_Real_IP;
    unset bereq.http.X-Request_Id; unset bereq.http.X_Request-Id; unset bereq.http.X_Request_Id;
    unset bereq.http.X-Forwarded_For; unset bereq.http.X_Forwarded-For; unset bereq.http.X_Forwarded_For;
    unset bereq.http.X-Forwarded_Proto; unset bereq.http.X_Forwarded-Proto; unset bereq.http.X_Forwarded_Proto;
    unset bereq.http.X-Forwarded_Host; unset bereq.http.X_Forwarded-Host; unset bereq.http.X_Forwarded_Host;
    unset bereq.http.X-Forwarded_By; unset bereq.http.X_Forwarded-By; unset bereq.http.X_Forwarded_By;
    unset bereq.http.X-Forwarded-Client_Ip; unset bereq.http.X-Forwarded_Client-Ip; unset bereq.http.X-Forwarded_Client_Ip; unset bereq.http.X_Forwarded-Client-Ip; unset bereq.http.X_Forwarded-Client_Ip; unset bereq.http.X_Forwarded_Client-Ip; unset bereq.http.X_Forwarded_Client_Ip;
    unset bereq.http.X-Forwarded_Ip; unset bereq.http.X_Forwarded-Ip; unset bereq.http.X_Forwarded_Ip;
    unset bereq.http.X-Forwarded_Port; unset bereq.http.X_Forwarded-Port; unset bereq.http.X_Forwarded_Port;
    unset bereq.http.X-Forwarded_Prefix; unset bereq.http.X_Forwarded-Prefix; unset bereq.http.X_Forwarded_Prefix;
    unset bereq.http.X-Forwarded_Path; unset bereq.http.X_Forwarded-Path; unset bereq.http.X_Forwarded_Path;
    unset bereq.http.X-Forwarded_Context; unset bereq.http.X_Forwarded-Context; unset bereq.http.X_Forwarded_Context;
    unset bereq.http.X-Forwarded_Scheme; unset bereq.http.X_Forwarded-Scheme; unset bereq.http.X_Forwarded_Scheme;
    unset bereq.http.X-Forwarded_Protocol; unset bereq.http.X_Forwarded-Protocol; unset bereq.http.X_Forwarded_Protocol;
    unset bereq.http.X-Forwarded_Ssl; unset bereq.http.X_Forwarded-Ssl; unset bereq.http.X_Forwarded_Ssl;
    unset bereq.http.X-Forwarded_Server; unset bereq.http.X_Forwarded-Server; unset bereq.http.X_Forwarded_Server;
    unset bereq.http.X-Forwarded_Uri; unset bereq.http.X_Forwarded-Uri; unset bereq.http.X_Forwarded_Uri;
    unset bereq.http.X-Forwarded_Url; unset bereq.http.X_Forwarded-Url; unset bereq.http.X_Forwarded_Url;
    unset bereq.http.X-Forwarded_Method; unset bereq.http.X_Forwarded-Method; unset bereq.http.X_Forwarded_Method;
    unset bereq.http.X-Forwarded_User; unset bereq.http.X_Forwarded-User; unset bereq.http.X_Forwarded_User;
    unset bereq.http.X-Forwarded_Email; unset bereq.http.X_Forwarded-Email; unset bereq.http.X_Forwarded_Email;
    unset bereq.http.X-Forwarded_Groups; unset bereq.http.X_Forwarded-Groups; unset bereq.http.X_Forwarded_Groups;
    unset bereq.http.X-Forwarded-Preferred_Username; unset bereq.http.X-Forwarded_Preferred-Username; unset bereq.http.X-Forwarded_Preferred_Username; unset bereq.http.X_Forwarded-Preferred-Username; unset bereq.http.X_Forwarded-Preferred_Username; unset bereq.http.X_Forwarded_Preferred-Username; unset bereq.http.X_Forwarded_Preferred_Username;
    unset bereq.http.X-Forwarded-Access_Token; unset bereq.http.X-Forwarded_Access-Token; unset bereq.http.X-Forwarded_Access_Token; unset bereq.http.X_Forwarded-Access-Token; unset bereq.http.X_Forwarded-Access_Token; unset bereq.http.X_Forwarded_Access-Token; unset bereq.http.X_Forwarded_Access_Token;
    unset bereq.http.X-Forwarded-Client_Cert; unset bereq.http.X-Forwarded_Client-Cert; unset bereq.http.X-Forwarded_Client_Cert; unset bereq.http.X_Forwarded-Client-Cert; unset bereq.http.X_Forwarded-Client_Cert; unset bereq.http.X_Forwarded_Client-Cert; unset bereq.http.X_Forwarded_Client_Cert;
    unset bereq.http.X-Forwarded-Tls-Client_Cert; unset bereq.http.X-Forwarded-Tls_Client-Cert; unset bereq.http.X-Forwarded-Tls_Client_Cert; unset bereq.http.X-Forwarded_Tls-Client-Cert; unset bereq.http.X-Forwarded_Tls-Client_Cert; unset bereq.http.X-Forwarded_Tls_Client-Cert; unset bereq.http.X-Forwarded_Tls_Client_Cert; unset bereq.http.X_Forwarded-Tls-Client-Cert; unset bereq.http.X_Forwarded-Tls-Client_Cert; unset bereq.http.X_Forwarded-Tls_Client-Cert; unset bereq.http.X_Forwarded-Tls_Client_Cert; unset bereq.http.X_Forwarded_Tls-Client-Cert; unset bereq.http.X_Forwarded_Tls-Client_Cert; unset bereq.http.X_Forwarded_Tls_Client-Cert; unset bereq.http.X_Forwarded_Tls_Client_Cert;
    unset bereq.http.X-Original_URL; unset bereq.http.X_Original-URL; unset bereq.http.X_Original_URL;
    unset bereq.http.X-Original_URI; unset bereq.http.X_Original-URI; unset bereq.http.X_Original_URI;
    unset bereq.http.X-Original_Host; unset bereq.http.X_Original-Host; unset bereq.http.X_Original_Host;
    unset bereq.http.X-Original_Method; unset bereq.http.X_Original-Method; unset bereq.http.X_Original_Method;
    unset bereq.http.X-Original_Proto; unset bereq.http.X_Original-Proto; unset bereq.http.X_Original_Proto;
    unset bereq.http.X-Rewrite_URL; unset bereq.http.X_Rewrite-URL; unset bereq.http.X_Rewrite_URL;
    unset bereq.http.X_Host;
    unset bereq.http.X-HTTP-Host_Override; unset bereq.http.X-HTTP_Host-Override; unset bereq.http.X-HTTP_Host_Override; unset bereq.http.X_HTTP-Host-Override; unset bereq.http.X_HTTP-Host_Override; unset bereq.http.X_HTTP_Host-Override; unset bereq.http.X_HTTP_Host_Override;
    unset bereq.http.X-HTTP_Destinationurl; unset bereq.http.X_HTTP-Destinationurl; unset bereq.http.X_HTTP_Destinationurl;
    unset bereq.http.X_Scheme;
    unset bereq.http.X-Url_Scheme; unset bereq.http.X_Url-Scheme; unset bereq.http.X_Url_Scheme;
    unset bereq.http.Front-End_Https; unset bereq.http.Front_End-Https; unset bereq.http.Front_End_Https;
    unset bereq.http.Client_IP;
    unset bereq.http.X-Client_IP; unset bereq.http.X_Client-IP; unset bereq.http.X_Client_IP;
    unset bereq.http.True-Client_IP; unset bereq.http.True_Client-IP; unset bereq.http.True_Client_IP;
    unset bereq.http.X-Cluster-Client_IP; unset bereq.http.X-Cluster_Client-IP; unset bereq.http.X-Cluster_Client_IP; unset bereq.http.X_Cluster-Client-IP; unset bereq.http.X_Cluster-Client_IP; unset bereq.http.X_Cluster_Client-IP; unset bereq.http.X_Cluster_Client_IP;
    unset bereq.http.X-ProxyUser_IP; unset bereq.http.X_ProxyUser-IP; unset bereq.http.X_ProxyUser_IP;
    unset bereq.http.X_Forwarded;
    unset bereq.http.Forwarded_For;
    unset bereq.http.X-Original-Forwarded_For; unset bereq.http.X-Original_Forwarded-For; unset bereq.http.X-Original_Forwarded_For; unset bereq.http.X_Original-Forwarded-For; unset bereq.http.X_Original-Forwarded_For; unset bereq.http.X_Original_Forwarded-For; unset bereq.http.X_Original_Forwarded_For;
    unset bereq.http.CF-Connecting_IP; unset bereq.http.CF_Connecting-IP; unset bereq.http.CF_Connecting_IP;
    unset bereq.http.CF-Connecting_IPv6; unset bereq.http.CF_Connecting-IPv6; unset bereq.http.CF_Connecting_IPv6;
    unset bereq.http.Fastly-Client_IP; unset bereq.http.Fastly_Client-IP; unset bereq.http.Fastly_Client_IP;
    unset bereq.http.X-Azure_ClientIP; unset bereq.http.X_Azure-ClientIP; unset bereq.http.X_Azure_ClientIP;
    unset bereq.http.X-Remote_IP; unset bereq.http.X_Remote-IP; unset bereq.http.X_Remote_IP;
    unset bereq.http.X-Remote_Addr; unset bereq.http.X_Remote-Addr; unset bereq.http.X_Remote_Addr;
    unset bereq.http.X-Originating_IP; unset bereq.http.X_Originating-IP; unset bereq.http.X_Originating_IP;
    unset bereq.http.X-Client-Cert_Subject; unset bereq.http.X-Client_Cert-Subject; unset bereq.http.X-Client_Cert_Subject; unset bereq.http.X_Client-Cert-Subject; unset bereq.http.X_Client-Cert_Subject; unset bereq.http.X_Client_Cert-Subject; unset bereq.http.X_Client_Cert_Subject;
    unset bereq.http.X-Client-Cert_Fingerprint; unset bereq.http.X-Client_Cert-Fingerprint; unset bereq.http.X-Client_Cert_Fingerprint; unset bereq.http.X_Client-Cert-Fingerprint; unset bereq.http.X_Client-Cert_Fingerprint; unset bereq.http.X_Client_Cert-Fingerprint; unset bereq.http.X_Client_Cert_Fingerprint;
    unset bereq.http.X-Client-Cert_Verify; unset bereq.http.X-Client_Cert-Verify; unset bereq.http.X-Client_Cert_Verify; unset bereq.http.X_Client-Cert-Verify; unset bereq.http.X_Client-Cert_Verify; unset bereq.http.X_Client_Cert-Verify; unset bereq.http.X_Client_Cert_Verify;
    unset bereq.http.X-HTTP-Method_Override; unset bereq.http.X-HTTP_Method-Override; unset bereq.http.X-HTTP_Method_Override; unset bereq.http.X_HTTP-Method-Override; unset bereq.http.X_HTTP-Method_Override; unset bereq.http.X_HTTP_Method-Override; unset bereq.http.X_HTTP_Method_Override;
    unset bereq.http.X-HTTP_Method; unset bereq.http.X_HTTP-Method; unset bereq.http.X_HTTP_Method;
    unset bereq.http.X-Method_Override; unset bereq.http.X_Method-Override; unset bereq.http.X_Method_Override;
    unset bereq.http.Content_Length;
    unset bereq.http.Content_Type;
    unset bereq.http.Content_Encoding;
    unset bereq.http.Content_Range;
    unset bereq.http.Content_MD5;
    unset bereq.http.Transfer_Encoding;
    unset bereq.http.Accept_Charset;
    unset bereq.http.Accept_Encoding;
    unset bereq.http.Accept_Language;
    unset bereq.http.Cache_Control;
    unset bereq.http.If_Match;
    unset bereq.http.If-None_Match; unset bereq.http.If_None-Match; unset bereq.http.If_None_Match;
    unset bereq.http.If-Modified_Since; unset bereq.http.If_Modified-Since; unset bereq.http.If_Modified_Since;
    unset bereq.http.If-Unmodified_Since; unset bereq.http.If_Unmodified-Since; unset bereq.http.If_Unmodified_Since;
    unset bereq.http.If_Range;
    unset bereq.http.Keep_Alive;
    unset bereq.http.Proxy_Connection;
    unset bereq.http.Proxy_Authorization;
    unset bereq.http.Max_Forwards;
    unset bereq.http.User_Agent;
    unset bereq.http.HTTP2_Settings;
    unset bereq.http.Sec-WebSocket_Key; unset bereq.http.Sec_WebSocket-Key; unset bereq.http.Sec_WebSocket_Key;
    unset bereq.http.Sec-WebSocket_Version; unset bereq.http.Sec_WebSocket-Version; unset bereq.http.Sec_WebSocket_Version;
    unset bereq.http.Sec-WebSocket_Protocol; unset bereq.http.Sec_WebSocket-Protocol; unset bereq.http.Sec_WebSocket_Protocol;
    unset bereq.http.Sec-WebSocket_Extensions; unset bereq.http.Sec_WebSocket-Extensions; unset bereq.http.Sec_WebSocket_Extensions;
}
