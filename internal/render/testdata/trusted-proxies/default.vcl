# default.vcl: the cache tier. It decides what a request is (which site, which
# route, whose it is), pipes WebSockets straight to their app, caches what may
# be cached, and asks the web tier for the rest.
#
# Written by edgegen 1.2.3 from site.hcl; edits are lost at the next render.
# By hand: see varnishd.args beside this file.
#
# In the order in which a request meets it:
#   vcl_recv               who is asking, for which site and route (site_N), and
#                          whether a stored answer would do
#   vcl_hash, vcl_hit …    whether there is one, and whether it is fresh enough
#   vcl_backend_fetch …    what the web tier is asked, whether its answer is stored
#   vcl_deliver            what a client is told: conditions, ranges, the site's
#                          response headers (edge_answer)
#   vcl_synth              what is answered here: redirects and errors
#   edge_hide, edge_drop_… headers that go no further
# Every built-in subroutine is described in https://varnish-cache.org/docs/7.1/reference/vcl.html
#
# Headers named X-Edge-* carry what was decided from one subroutine to the
# next. A client's are dropped, and neither an app nor a client sees one; names
# that nobody here uses pass as any others do.

vcl 4.1;

import blob;
import purge;
import std;

backend web {
    .path = "/run/edgegen/web.sock";
}

# The web tier too, for what may be stored: from one purge to the next all of it goes by
# one of these, so that edgegen sees when what was asked for before has come.
backend edge_even {
    .path = "/run/edgegen/web.sock";
}
backend edge_odd {
    .path = "/run/edgegen/web.sock";
}# Nothing is sent here. While it is set to sick on varnishd's command line,
# connections end with their next answer: what is restarted next loses none.
backend edge_open {
    .path = "/run/edgegen/web.sock";
}

# site.hcl:13: WebSockets of app of example.com
backend app_1_app {
    .host = "127.0.0.1";
    .port = "5000";
}

# Whose forwarded headers are believed.
acl edge_trusted {
    "10.0.0.0"/8;    # site.hcl:4
    "192.0.2.1"/32;    # site.hcl:4
    "::1"/128;    # site.hcl:4
    "2001:db8::"/32;    # site.hcl:4
}

acl access_except_6fc26819 {
    "10.1.0.0"/16;    # site.hcl:22
    "192.0.2.1"/32;    # site.hcl:22
}

acl access_root_39687647 {
    ! "10.1.0.0"/16;    # site.hcl:18
    ! "192.0.2.1"/32;    # site.hcl:18
    "10.0.0.0"/8;    # site.hcl:17
    "2001:db8::"/32;    # site.hcl:17
}

sub vcl_recv {
    if (local.socket == "probe") {
        std.log("edge-probe:" + req.url);
        return (synth(200, "0123456789abcdef"));
    }
    if (local.socket == "plain" && req.http.X-Edge-Words ~ "^[45][0-9][0-9]$") {
        # The words for an error that the web tier met on a plain-HTTP listener.
        std.log("edge-asker:" + req.http.X-Real-IP);
        call edge_head;
        set req.http.X-Edge-Cache = "PASS";
        return (synth(std.integer(req.http.X-Edge-Words, 500)));
    }
    if (req.restarts == 0) {
        call edge_target;
        call edge_clean;
        call edge_request_id;
        call edge_trace;
        call edge_client;
        call edge_method;
        call edge_path;
        call edge_host;
    } else {
        call edge_asker;
    }
    # Which purge was the last one. edgegen keeps count, in hundredths of a second, in the
    # parameters send_timeout, which can be read here, and default_keep, which can be when
    # an answer comes.
    set req.http.X-Edge-Epoch = sess.send_timeout;
    set req.http.X-Edge-Began = std.real(time=now, fallback=0.0);
    call edge_policy;
    return (hash);
}

# The host of an absolute target goes before the one of Host (RFC 9112, 3.2.2).
sub edge_target {
    if (req.http.Host && req.url ~ "(?i)^https?://[^/?]") {
        set req.http.Host = regsub(req.url, "(?i)^https?://([^/?]+).*$", "\1");
        set req.url = regsub(req.url, "(?i)^https?://[^/?]+/?", "/");
    }
}

sub edge_clean {
    call edge_drop_taken;
    # What belongs to one connection (RFC 9110, 7.6.1).
    unset req.http.Keep-Alive;
    unset req.http.Proxy-Connection;
    unset req.http.Proxy-Authorization;
    unset req.http.Proxy-Authenticate;
    unset req.http.TE;
    unset req.http.Trailer;
    # Only the first line of a field is looked at: make one of several.
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
    if (client.ip ~ edge_trusted && req.http.X-Edge-Chain ~ "^[A-Za-z0-9._:/+=@-]{1,128}$") {
        set req.http.X-Request-Id = req.http.X-Edge-Chain;
    }
    unset req.http.X-Edge-Chain;
}

# Which trace the request is of (W3C Trace Context): a trusted peer's, as it came, or a
# new one, whose ID decides whether it is sampled.
# site.hcl:5: trace
sub edge_trace {
    if (local.socket == "plain") {
        return;    # no app is asked
    }
    std.collect(req.http.traceparent);
    std.collect(req.http.tracestate, ",");
    if (client.ip ~ edge_trusted && req.http.traceparent ~ "^(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]{0,200})?)$" && req.http.Connection !~ "(?i)(?:^|,)\s*traceparent\s*(?:,|$)") {
        set req.http.X-Edge-Trace = req.http.traceparent + " kept";
        if (req.http.tracestate == "" || req.http.Connection ~ "(?i)(?:^|,)\s*tracestate\s*(?:,|$)") {
            unset req.http.tracestate;
        }
        return;
    }
    unset req.http.tracestate;
    set req.http.X-Edge-Chain = std.integer(real = std.random(10000000, 99999999), fallback = 10000000);
    set req.http.traceparent = "00-" + std.integer(real = std.random(10000000, 99999999), fallback = 10000000)
        + std.integer(real = std.random(10000000, 99999999), fallback = 10000000)
        + std.integer(real = std.random(10000000, 99999999), fallback = 10000000)
        + req.http.X-Edge-Chain
        + "-" + std.integer(real = std.random(10000000, 99999999), fallback = 10000000)
        + std.integer(real = std.random(10000000, 99999999), fallback = 10000000);
    if (std.integer(req.http.X-Edge-Chain, 0) < 19000000) {
        set req.http.traceparent = req.http.traceparent + "-01";
    } else {
        set req.http.traceparent = req.http.traceparent + "-00";
    }
    unset req.http.X-Edge-Chain;
    set req.http.X-Edge-Trace = req.http.traceparent;
}

# Whom the app sees. Varnish has put the peer's address at the end of
# X-Forwarded-For; the peer itself comes from the PROXY header.
sub edge_client {
    set req.http.X-Edge-Address = client.ip;
    if (local.socket == "plain") {
        # The web tier relays its plain-HTTP listeners here; these requests go
        # no further than a redirect.
        set req.http.X-Edge-Address = req.http.X-Real-IP;
    }
    if (client.ip !~ edge_trusted) {
        call edge_forwarded_reset;
    }
    # From the right, over every trusted proxy, to the first address that is
    # none; after 16 of them the walk ends.
    set req.http.X-Edge-Chain = regsuball(req.http.X-Forwarded-For, "\s", "");
    if (req.http.Forwarded && req.http.X-Forwarded-For == "" + client.ip) {
        # Nobody has said it otherwise (RFC 7239).
        std.collect(req.http.Forwarded);
        set req.http.X-Edge-Chain = regsuball(regsuball(req.http.Forwarded, "\s", ""),
            {"(?i)(^|,)(?:[^,;]*;)*for="?([^,;"]*)"?(?:;[^,]*)?(?=,|$)"}, "\1\2") + "," + client.ip;
    }
    # An address may come with a port or in brackets, as in a URL, with the zone
    # that it has at its host, or as IPv4 in IPv6.
    set req.http.X-Edge-Chain = regsuball(req.http.X-Edge-Chain, "(^|,)\[([0-9A-Fa-f:.]+)(?:%[^\],]*)?\](?::[0-9]{1,5})?(?=,|$)", "\1\2");
    set req.http.X-Edge-Chain = regsuball(req.http.X-Edge-Chain, "(^|,)([0-9A-Fa-f:]+)%[^,]*", "\1\2");
    set req.http.X-Edge-Chain = regsuball(req.http.X-Edge-Chain, "(?i)(^|,)(?:::ffff:)?([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)(?::[0-9]{1,5})?(?=,|$)", "\1\2");
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    call edge_forwarded_step;
    set req.http.X-Forwarded-For = regsub(std.ip(regsub(req.http.X-Edge-Chain, "^.*,", ""), client.ip, false), "(?i)^::ffff:(?=[0-9]+\.)", "");
    unset req.http.X-Edge-Chain;
    if (req.http.X-Forwarded-Proto !~ "^https?$") {
        set req.http.X-Forwarded-Proto = "https";
    }
    if (!req.http.X-Forwarded-Host) {
        set req.http.X-Forwarded-Host = req.http.Host;
    }
    if (local.socket != "plain") {
        set req.http.X-Edge-Address = req.http.X-Forwarded-For;
    }
    set req.http.X-Real-IP = req.http.X-Forwarded-For;
    call edge_asker;
}

# For the access log, in which every round of a request stands by itself.
sub edge_asker {
    std.log("edge-asker:" + req.http.X-Edge-Address + " " + req.http.X-Request-Id + " " + req.http.X-Edge-Trace);
    call edge_head;
}

# What the client says of itself, a line each. varnishd's own notes of headers are
# left out (vsl_mask), as there is one for each step of this file.
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

# The last address is a trusted proxy's: the one to its left is whom it served,
# where it is one. std.ip() would also take a number or a port for an address.
sub edge_forwarded_step {
    if (std.ip(regsub(std.ip(regsub(req.http.X-Edge-Chain, "^.*,", ""), "0.0.0.0", false), "(?i)^::ffff:(?=[0-9]+\.)", ""), "0.0.0.0", false) ~ edge_trusted
        && std.ip(regsub(req.http.X-Edge-Chain, "^(?:.*,)?((?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f.:]*),[^,]*$", "\1"),
            "0.0.0.0", false) != "0.0.0.0") {
        set req.http.X-Edge-Chain = regsub(req.http.X-Edge-Chain, ",[^,]*$", "");
    }
}

sub edge_method {
    if (req.proto !~ "^HTTP/1\.[01]$" || req.http.Host !~ "^[A-Za-z0-9._:\[\]-]*$") {
        return (synth(400));
    }
    # What is said of the client is not one connection's (RFC 9110, 7.6.1). Varnish
    # looks after the fields that it knows.
    if (req.http.Connection ~ "(?i)(?:^|,)\s*(?:x-forwarded-|X-Edge-|(?:X-Real-IP|X-Request-Id|Forwarded|X-Original-URL|X-Original-URI|X-Original-Host|X-Original-Method|X-Original-Proto|X-Rewrite-URL|X-Host|X-HTTP-Host-Override|X-HTTP-Destinationurl|X-Scheme|X-Url-Scheme|Front-End-Https|Client-IP|X-Client-IP|True-Client-IP|X-Cluster-Client-IP|X-ProxyUser-IP|X-Forwarded|Forwarded-For|X-Original-Forwarded-For|CF-Connecting-IP|CF-Connecting-IPv6|Fastly-Client-IP|X-Azure-ClientIP|X-Remote-IP|X-Remote-Addr|X-Originating-IP|X-Client-Cert-Subject|X-Client-Cert-Fingerprint|X-Client-Cert-Verify)\s*(?:,|$))") {
        return (synth(400));
    }
    if (req.method !~ "^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
        # No route takes it: 405, when it is known which methods this one takes.
        set req.http.X-Edge-Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    }
    if (req.http.Transfer-Encoding && (req.http.Content-Length || req.proto != "HTTP/1.1"
        || req.http.Transfer-Encoding !~ "(?i)^\s*chunked\s*$")) {
        return (synth(400));
    }
    # default: limits.body_size
    if (std.integer(req.http.Content-Length, 0) > 104857600) {
        # 413, when it is known on which route.
        set req.http.X-Edge-Large = "1";
    }
}

# A client that is cut off while it sends does not see the answer, so what costs
# little memory is taken in. What is larger is read and forgotten after the answer,
# where the connection stays open.
sub edge_too_large {
    if (!req.http.Expect && std.integer(req.http.Content-Length, 0) <= 1048576
        && !std.cache_req_body(1048576B)) {
        return (synth(400));
    }
    return (synth(413));
}

# Routes match the decoded path with its slashes merged; the app gets the URL
# as the client sent it. A path that walks ("..") is nobody's.
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
        # No route holds a control byte, and no header can.
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

# The site, by the host; a name that no site claims is answered 421.
sub edge_host {
    if ((!req.http.Host || req.http.Host == "") && req.proto == "HTTP/1.1") {
        return (synth(400));
    }
    set req.http.X-Edge-Host = std.tolower(regsub(req.http.Host, "\.?(?::[0-9]*)?$", ""));
    call edge_sites_1;
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
    if (req.http.X-Edge-Host == "example.com") { call site_1; }    # site.hcl:11
}

sub edge_canonical {
    if (local.socket == "plain" || req.http.X-Edge-Host != req.http.X-Edge-Canonical) {
        call edge_redirect;
    }
}

# One hop to the canonical https address, path and query as they came.
# default: public_port, or the first of https, names the port.
sub edge_redirect {
    set req.http.X-Edge-Location = "https://" + req.http.X-Edge-Canonical + "" + req.url;
    if (req.method == "GET" || req.method == "HEAD") {
        return (synth(301));
    }
    return (synth(308));
}

# example.com, site.hcl:11
sub site_1 {
    set req.http.X-Edge-Canonical = "example.com";
    set req.http.X-Edge-Site = "example.com";
    call edge_canonical;
    # site.hcl:20: route /except
    if (!req.http.X-Edge-Route && req.http.X-Edge-Path ~ "^/except(?:/|\z)") {
        set req.http.X-Edge-Route = "except.6fc26819";
        set req.http.X-Edge-Way = "app /except";
        # site.hcl:22: who may come in
        if (std.ip(req.http.X-Edge-Address, client.ip, false) ~ access_except_6fc26819) {
            return (synth(403));
        }
    }
    # site.hcl:14: route /
    if (!req.http.X-Edge-Route) {
        set req.http.X-Edge-Route = "root.39687647";
        set req.http.X-Edge-Way = "app /";
        # site.hcl:17: who may come in
        if (std.ip(req.http.X-Edge-Address, client.ip, false) !~ access_root_39687647) {
            return (synth(403));
        }
        # site.hcl:16: websocket
        set req.http.X-Edge-WebSocket = "1";
        set req.backend_hint = app_1_app;
        std.log("edge-servers:app_1_app=127.0.0.1:5000");
    }
}

# What may be looked up in the cache, and what goes past it.
sub edge_policy {
    if (req.http.X-Edge-WebSocket || req.http.Upgrade) {
        call edge_websocket;
    }
    # One URL's answer is not that of another body.
    if ((req.method == "GET" || req.method == "HEAD") && !req.http.X-Edge-Pass
        && (req.http.Transfer-Encoding || req.http.Content-Length ~ "[1-9]")) {
        set req.http.X-Edge-Pass = "body";
    }
    # Varnish would pass on a chunked body that breaks off as a whole one: only
    # when all of it is here, it goes on. What is no chunk, and what is far over
    # limits.body_size, Varnish answers by closing; the web tier knows the limit.
    if (req.http.Transfer-Encoding && !req.http.X-Edge-Stream && !std.cache_req_body(105906176B)) {
        return (synth(413));
    }
    set req.backend_hint = web;
    unset req.http.Upgrade;
    call edge_range;
    # Past the cache, by what is asked for or by a cookie that is not ignored.
    if (req.http.X-Edge-Pass || (req.method != "GET" && req.method != "HEAD") || req.http.Cache-Control ~ "(?i)\bno-store\b"
        || req.http.X-Edge-Cookie ~ "[^;\s]") {
        # Varnish would cut ranges by itself, and fails on several and on other
        # units: here they are between the client and who answers.
        if (req.http.Range) {
            set req.http.X-Edge-Range = req.http.Range;
            unset req.http.Range;
        }
        return (pass);
    }
    unset req.http.Cookie;
    # Varnish cuts one range; to several it gives the whole.
    if (req.http.Range !~ "(?i)^bytes=\s*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})\s*$") {
        unset req.http.Range;
    }
    # One stored variant for everyone who takes the same codings.
    if (req.http.Accept-Encoding ~ "(?i)\bbr\b(?!\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$))") {
        set req.http.Accept-Encoding = "br, gzip";
    } elsif (req.http.Accept-Encoding ~ "(?i)\bgzip\b(?!\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$))") {
        set req.http.Accept-Encoding = "gzip";
    } else {
        unset req.http.Accept-Encoding;
    }
    # On the second round a copy older than its grace is as good as none; on
    # the third, after the backend failed, it is better than an error.
    if (req.http.X-Edge-Refetch && !req.http.X-Edge-Failed) {
        set req.grace = 0s;
    } else {
        set req.grace = 365d;
    }
}

# What says that it is a range of bytes and is none is to be ignored, and of
# nothing at the end there is nothing (RFC 9110, 14.1).
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

# A complete handshake (RFC 6455, 4.2.1) is piped; half of one is refused here,
# because nobody looks at what follows in a pipe.
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
    std.log("edge-answer:PASS " + req.http.X-Edge-Site + " " + req.http.X-Edge-Way);
    return (pipe);
}

sub vcl_pipe {
    # An app that does not switch protocols has to close: what follows its
    # answer has been looked at by nobody and must not be taken for a request.
    set bereq.http.Connection = "close, Upgrade";
    set bereq.http.Upgrade = "websocket";
    call edge_hide;
    call edge_drop_others;
    call edge_lookalikes;
    return (pipe);
}

# Whatever an app may write into its answer, as the host and port of a URL, is
# part of what the answer is stored under.
sub vcl_hash {
    hash_data(req.url);
    hash_data(std.tolower(req.http.Host));
    hash_data(std.tolower(req.http.X-Forwarded-Host));
    hash_data(req.http.X-Forwarded-Proto);
    if (client.ip ~ edge_trusted) {
        hash_data(req.http.X-Forwarded-By);
        hash_data(req.http.X-Forwarded-Client-Ip);
        hash_data(req.http.X-Forwarded-Ip);
        hash_data(req.http.X-Forwarded-Port);
        hash_data(req.http.X-Forwarded-Prefix);
        hash_data(req.http.X-Forwarded-Path);
        hash_data(req.http.X-Forwarded-Context);
        hash_data(req.http.X-Forwarded-Scheme);
        hash_data(req.http.X-Forwarded-Protocol);
        hash_data(req.http.X-Forwarded-Ssl);
        hash_data(req.http.X-Forwarded-Server);
        hash_data(req.http.X-Forwarded-Uri);
        hash_data(req.http.X-Forwarded-Url);
        hash_data(req.http.X-Forwarded-Method);
        hash_data(req.http.X-Forwarded-User);
        hash_data(req.http.X-Forwarded-Email);
        hash_data(req.http.X-Forwarded-Groups);
        hash_data(req.http.X-Forwarded-Preferred-Username);
        hash_data(req.http.X-Forwarded-Access-Token);
        hash_data(req.http.X-Forwarded-Client-Cert);
        hash_data(req.http.X-Forwarded-Tls-Client-Cert);
        hash_data(req.http.X-Original-URL);
        hash_data(req.http.X-Original-URI);
        hash_data(req.http.X-Original-Host);
        hash_data(req.http.X-Original-Method);
        hash_data(req.http.X-Original-Proto);
        hash_data(req.http.X-Rewrite-URL);
        hash_data(req.http.X-Host);
        hash_data(req.http.X-HTTP-Host-Override);
        hash_data(req.http.X-HTTP-Destinationurl);
        hash_data(req.http.X-Scheme);
        hash_data(req.http.X-Url-Scheme);
        hash_data(req.http.Front-End-Https);
        hash_data(req.http.X-Client-Cert-Subject);
        hash_data(req.http.X-Client-Cert-Fingerprint);
        hash_data(req.http.X-Client-Cert-Verify);
    }
    return (lookup);
}

sub vcl_hit {
    # A thousandth more says that a purge has been which could not wait for all answers that
    # were coming: what came lately, and was asked for before it, may be one of them.
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
    # A response to everybody is not one to somebody (RFC 9111, 3.5).
    if (req.http.Authorization && !obj.http.X-Edge-Shared) {
        set req.http.X-Edge-Cache = "MISS";
        return (pass);
    }
    if (obj.ttl <= 0s) {
        set req.http.X-Edge-Cache = "STALE";
        if (obj.ttl + std.duration(obj.http.X-Edge-Grace, 0s) <= 0s && !req.http.X-Edge-Failed) {
            # Past its grace: it is only for when the backend fails.
            set req.http.X-Edge-Refetch = "1";
            return (restart);
        }
    } elsif (std.real(obj.http.X-Edge-Came, 0.0) > std.real(req.http.X-Edge-Began, 0.0) + 0.001) {
        # It was on its way for another request, and this one has waited for it.
        set req.http.X-Edge-Cache = "MISS";
        set req.http.X-Edge-Joined = "1";
    }
    return (deliver);
}

sub vcl_miss {
    set req.http.X-Edge-Cache = "MISS";
    # Varnish would fetch the whole of it. What was not to be stored lately is the
    # app's to make a part of, or to confirm.
    if (req.method == "HEAD" || (req.is_hitmiss && (req.http.Range || req.http.If-None-Match || req.http.If-Modified-Since
        || req.http.If-Match || req.http.If-Unmodified-Since))) {
        return (pass);
    }
    return (fetch);
}

sub vcl_backend_fetch {
    if (bereq.is_bgfetch && bereq.http.X-Edge-Failed) {
        # The stale copy is given because the backend has just failed.
        return (abandon);
    }
    # A connection for each request: a kept one may be closed by the web tier in
    # the moment it is used again, and a POST could not be sent a second time.
    set bereq.http.Connection = "close";
    if (bereq.http.X-Edge-Range) {
        set bereq.http.Range = bereq.http.X-Edge-Range;
        unset bereq.http.X-Edge-Range;
    }
    call edge_hide;
    # Who asks for an event stream takes it silent for as long as a WebSocket.
    # default: timeouts.websocket_idle, timeouts.first_byte
    if (bereq.http.Accept ~ "(?i)(?:^|[,\s])text/event-stream(?:[;,\s]|$)") {
        set bereq.between_bytes_timeout = 86400s;
        set bereq.first_byte_timeout = 76s;
    } elsif (bereq.backend == web && !bereq.uncacheable) {
        # What may be stored goes by another name; whom else a request is for, it reaches.
        if (bereq.http.X-Edge-Epoch ~ "[02468].$") {
            set bereq.backend = edge_even;
        } else {
            set bereq.backend = edge_odd;
        }
    }
    set bereq.http.X-Edge-Asked = std.real(time=now, fallback=0.0);
    if (bereq.retries > 0) {
        # For all of it, after a confirmation that was none.
        unset bereq.http.If-None-Match;
        unset bereq.http.If-Modified-Since;
    }
    return (fetch);
}

sub vcl_backend_response {
    # Whatever is returned here, varnishd reads Content-Range then, fails where it
    # does not expect one, and its child ends by an assertion where there is no
    # range of bytes in it. So it travels aside, first of all. The web tier lets
    # none through of that name.
    if (beresp.http.Content-Range) {
        set beresp.http.X-Edge-Content-Range = beresp.http.Content-Range;
        unset beresp.http.Content-Range;
    }
    # nginx takes an interim answer for the final one, which a client would go on waiting for.
    if (beresp.status < 200) {
        return (error(502, "Bad Gateway"));
    }
    # A refresh behind a stale answer that fails leaves the stale one in place.
    if (beresp.status >= 500 && bereq.is_bgfetch) {
        return (abandon);
    }
    # The same one behind none: without an object of its own, so that the next
    # look-up finds the stale one (stale_if_error).
    if (beresp.status >= 500 && bereq.http.X-Edge-Refetch && !bereq.http.X-Edge-Failed) {
        return (abandon);
    }
    # A confirmation of another response than the one that was asked about.
    if (beresp.was_304 && bereq.http.If-None-Match && beresp.http.ETag
        && regsub(beresp.http.ETag, "^W/", "") != regsub(bereq.http.If-None-Match, "^W/", "")) {
        return (retry);
    }
    if (beresp.was_304) {
        call edge_confirmed;
    }
    # varnishd's child ends by an assertion over a name of 127 characters. What
    # varies on something like that varies on anything.
    if (beresp.http.Vary ~ "[^,\s]{127}") {
        set beresp.http.X-Edge-Vary = beresp.http.Vary;
        set beresp.http.Vary = "*";
    }
    # What it says of its age is noted, as Varnish gives an Age to everybody.
    if (beresp.http.Age) {
        call edge_said;
    }
    # Varnish would look whether what is called gzip is.
    set beresp.filters = "";
    # What belongs to one connection (RFC 9110, 7.6.1).
    unset beresp.http.Keep-Alive;
    unset beresp.http.Proxy-Connection;
    unset beresp.http.Proxy-Authenticate;
    unset beresp.http.Trailer;
    unset beresp.http.Upgrade;
    # A body that breaks off the moment it has begun would be passed on as a
    # whole one. A short body is read to its end before any of it is sent.
    if (beresp.http.Content-Length && std.integer(beresp.http.Content-Length, 0) <= 1048576) {
        set beresp.do_stream = false;
        # A compressed file beside another, which nginx does not look into: one that
        # is no gzip is not served, and the file itself is.
        if (beresp.http.X-Edge-Tier ~ "^web\b" && beresp.http.Content-Encoding == "gzip" && beresp.status == 200 && bereq.method == "GET") {
            set beresp.filters = "testgunzip";
            set bereq.http.X-Edge-Packed = "1";
        }
    }
    # Varnish drops the coding of what has no body, as the answer to a HEAD.
    if (beresp.http.Content-Encoding && (bereq.method == "HEAD" || beresp.http.Content-Length == "0" || beresp.status == 204)) {
        set beresp.http.X-Edge-Coding = beresp.http.Content-Encoding;
    }
    if (bereq.uncacheable) {
        call edge_drop_judged;
        return (deliver);
    }
    # What was asked for before a purge may be what that was to forget.
    if ("" + beresp.keep != bereq.http.X-Edge-Epoch) {
        if (bereq.is_bgfetch) {
            return (abandon);
        }
        set beresp.http.X-Edge-Purged = "1";
    }
    set beresp.keep = 0s;
    # What has no word about freshness, as most of what apps make, is not stored.
    if (beresp.http.Cache-Control || beresp.http.Expires || bereq.http.X-Edge-Ttl) {
        call edge_age;
        call edge_control;
        call edge_lifetime;
        call edge_staleness;
    }
    # Who takes no coding is not given one, whatever the response says of itself.
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
    # What a shared cache must not keep (RFC 9111, 3; RFC 6585), what only a route
    # with a ttl keeps, and what would push too much out of the cache.
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
        # Remembered for a while, so that such requests do not queue up behind each other.
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
    # What is to be stored and reaches clients without a length is read to its end, too.
    if (!beresp.http.Content-Length || (beresp.do_stream && beresp.filters != "")) {
        set beresp.do_stream = false;
        set bereq.http.X-Edge-Whole = "wanted";
    }
    # Kept to be asked about, where the backend gave it a name.
    if (beresp.http.ETag || beresp.http.Last-Modified) {
        set beresp.keep = 1h;
    }
    return (deliver);
}

# A confirmation comes with the stored response's notes. Nothing else does: the web
# tier lets none of an app through.
sub edge_confirmed {
    if (beresp.http.X-Edge-Vary == "none") {
        unset beresp.http.Vary;
    } elsif (beresp.http.X-Edge-Vary) {
        set beresp.http.Vary = beresp.http.X-Edge-Vary;
    }
    unset beresp.http.X-Edge-Vary;
    unset beresp.http.X-Edge-Grace;
    unset beresp.http.X-Edge-Shared;
    unset beresp.http.X-Edge-Url;
    unset beresp.http.X-Edge-Site;
    unset beresp.http.X-Edge-Told;
    unset beresp.http.X-Edge-Coding;
    unset beresp.http.X-Edge-Aged;
    unset beresp.http.X-Edge-Said;
}

sub edge_said {
    std.collect(beresp.http.Age);
    if (beresp.http.Age ~ "^[0-9]+$") {
        set beresp.http.X-Edge-Said = std.integer(beresp.http.Age, 2147483648);
        if (std.integer(beresp.http.Age, 2147483648) > 2147483648) {
            set beresp.http.X-Edge-Said = "2147483648";
        }
    } else {
        # Nobody knows: it is stale.
        set beresp.http.X-Edge-Unknown = "1";
    }
    unset beresp.http.Age;
}

# How old a response is that comes: by its Age or by its Date, whatever is more
# (RFC 9111, 4.2.3). Varnish has an opinion of its own, of which the difference is
# noted for the way out.
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

# What Cache-Control says, made easy to test: in lower case, each directive
# between commas, numbers without quotes, other quoted strings without content.
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
    # A route's ttl is for answers that say something lasting.
    if (beresp.status == 200 || beresp.status == 203 || beresp.status == 204 || beresp.status == 300 || beresp.status == 301
        || beresp.status == 308 || beresp.status == 404 || beresp.status == 405 || beresp.status == 410 || beresp.status == 414 || beresp.status == 501) {
        set beresp.http.X-Edge-Lasting = "1";
    }
    if (beresp.http.X-Edge-Control ~ ",(?:public|s-maxage|must-revalidate)[=,]") {
        set beresp.http.X-Edge-Shared = "1";
    }
}

# For how long a response is fresh: by its own word, else by the route's ttl
# (RFC 9111, 4.2.1). What of that is left, with its age, is the ttl.
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
        # The owner counts from when it came.
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
        # Varnish does not look up what has never been fresh. This is over
        # before anybody has the answer and can ask again.
        set beresp.ttl = 0.001ms;
    }
}

# A response that says when it was changed last stays fresh for a tenth of the
# time since, at most a day (RFC 9111, 4.2.2).
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

# Beyond its lifetime: the response's own word (RFC 5861), else the site's. What
# forbids stale answers, or is never fresh, has none of the site's.
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
    # What comes stale has used up some of that.
    if (std.duration(beresp.http.X-Edge-Lifetime, 0s) < std.duration(beresp.http.X-Edge-Age + "s", 0s) && !beresp.http.X-Edge-Fresh) {
        set beresp.grace = beresp.grace + std.duration(beresp.http.X-Edge-Lifetime, 0s) - std.duration(beresp.http.X-Edge-Age + "s", 0s);
        set beresp.http.X-Edge-Grace = "" + (std.duration(beresp.http.X-Edge-Grace, 0s)
            + std.duration(beresp.http.X-Edge-Lifetime, 0s) - std.duration(beresp.http.X-Edge-Age + "s", 0s)) + "s";
    }
}

sub vcl_backend_error {
    if (bereq.http.X-Edge-Packed) {
        unset bereq.http.X-Edge-Packed;
        unset bereq.http.Accept-Encoding;
        return (retry);
    }
    if (bereq.is_bgfetch || (bereq.http.X-Edge-Refetch && !bereq.http.X-Edge-Failed)) {
        return (abandon);
    }
    if (bereq.http.X-Edge-Whole == "wanted") {
        # It has outgrown the cache, or broken off: once more, and on to the client as it comes.
        set bereq.http.X-Edge-Whole = "failed";
        return (retry);
    }
    # What the app sent is no HTTP, or the web tier itself does not answer.
    set beresp.status = 502;
    set beresp.reason = "Bad Gateway";
    # The time when it was asked has been rounded.
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
    # Who answered; what is stored is the cache tier's own.
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
    # What went past the cache has been judged by the backend.
    if (resp.status == 200 && req.http.X-Edge-Cache != "PASS"
        && (req.http.If-None-Match || req.http.If-Modified-Since || req.http.If-Match || req.http.If-Unmodified-Since)) {
        call edge_conditions;
    }
    if (req.http.Range && resp.status == 200 && req.http.X-Edge-Cache != "PASS") {
        call edge_cut;
    }
    # An unsafe request that went well makes what is stored under its URL invalid (RFC 9111, 4.4).
    if (req.method !~ "^(?:GET|HEAD|OPTIONS|PROPFIND|REPORT|SEARCH|QUERY)$" && resp.status >= 200 && resp.status < 400 && !req.http.X-Edge-Pass) {
        call edge_invalidate;
    }
    # As the app said it, unless Varnish is about to cut a range out of the answer.
    if (resp.http.X-Edge-Content-Range && resp.status != 304 && (resp.status != 200 || !req.http.Range)) {
        set resp.http.Content-Range = resp.http.X-Edge-Content-Range;
    }
    call edge_answer;
    return (deliver);
}

# RFC 9110, 13.2.2. Varnish compares one tag, and no date but one.
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
        # Where nobody says when it was changed, it was when it was made (RFC 9111, 4.3.2).
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
    # They are decided.
    unset req.http.If-None-Match;
    unset req.http.If-Modified-Since;
}

# Varnish cuts the range out. Whether it is to, by If-Range, it decides otherwise
# than RFC 9110, 13.1.5, and what no range can be cut out of has no words.
sub edge_cut {
    if (resp.http.Content-Length == "0"
        || ((!resp.http.Content-Length) && req.http.X-Edge-Cache == "MISS")) {
        # There is nothing, or nobody knows yet how much.
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

# What a request has changed, and what its answer names on this site as changed.
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
    # The backend failed: a stale copy, where there is one (stale_if_error).
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
    unset req.http.Range;    # of a few words nobody gets a part
    # Whatever else is wrong with it.
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
            # Varnish's own word, of a fetch that has failed as it was to be delivered.
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

# What every answer says, and what none does.
sub edge_answer {
    # A body that is not much too large is read to its end, because a client that
    # is cut off while it sends does not see the answer.
    if (!std.healthy(edge_open) || (resp.status == 413 && std.integer(req.http.Content-Length, 0) > 209715200)) {
        set resp.http.Connection = "close";
    }
    unset resp.http.Server;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    call edge_drop_kept;
    set resp.http.X-Cache = req.http.X-Edge-Cache;
    std.log("edge-answer:" + req.http.X-Edge-Cache + " " + req.http.X-Edge-Site + " " + req.http.X-Edge-Way);
    # Over plain HTTP nobody is to believe it (RFC 6797, 7.2).
    if (req.http.X-Edge-Hsts && local.socket != "plain") {
        set resp.http.Strict-Transport-Security = req.http.X-Edge-Hsts;
    }
}

# Headers that go no further. VCL can remove one only by its whole name.

# An app sees what a client sent and who it is, not how it was sorted. What a
# client says of itself in other words is dropped here and not with the rest, as
# an answer from the cache has no need of it.
sub edge_hide {
    if (client.ip !~ edge_trusted) {
        call edge_forged;
    }
    # Others may get the answer.
    if (bereq.method == "GET" || bereq.method == "HEAD") {
        unset bereq.http.X-HTTP-Method-Override;
        unset bereq.http.X-HTTP-Method;
        unset bereq.http.X-Method-Override;
    }
    unset bereq.http.X-Varnish;
    unset bereq.http.Via;
    call edge_drop_sorted;
}

# Notes that a client has written. Those that nothing in this file is about can wait, as
# an answer from the cache has no need of it.
sub edge_drop_taken {
    unset req.http.X-Edge-Address;
    unset req.http.X-Edge-Trace;
    unset req.http.X-Edge-Chain;
    unset req.http.X-Edge-Path;
    unset req.http.X-Edge-Way;
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

# Notes that nobody needs who is asked.
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

# All the others, which the web tier drops where it is asked.
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

# Notes by which an answer was judged.
sub edge_drop_judged {
    unset beresp.http.X-Edge-Control;
    unset beresp.http.X-Edge-Lasting;
    unset beresp.http.X-Edge-Fresh;
    unset beresp.http.X-Edge-Lifetime;
    unset beresp.http.X-Edge-Age;
    unset beresp.http.X-Edge-Purged;
    unset beresp.http.X-Edge-Unknown;
}

# Notes that are stored with an answer.
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

# What proxies are known to say.
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

# What many apps take for a header of HTTP, or for one that says who the client
# is, since they do not tell "_" from "-". The web tier drops it where it is asked.
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
