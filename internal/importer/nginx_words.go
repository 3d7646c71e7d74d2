package importer

import (
	"fmt"
	"strconv"
	"strings"

	"edgegen/internal/hcltext"
)

// idleNginx says why a directive of nginx's has no effect here, "" of one that has or
// that is not known.
func idleNginx(name string) string {
	for _, group := range []struct{ why, names string }{
		{"edgegen sizes workers, threads and descriptors by limits.connections", "worker_processes worker_connections worker_rlimit_nofile worker_cpu_affinity worker_priority multi_accept use accept_mutex events worker_aio_requests"},
		{"edgegen sees to its own processes", "pid daemon master_process lock_file worker_shutdown_timeout working_directory env thread_pool pcre_jit timer_resolution"},
		{"the daemons run as one user, www-data where edge { user } names no other", "user"},
		{"edgegen tells errors on stderr, by log { level }", "error_log log_not_found log_subrequest rewrite_log uninitialized_variable_warn"},
		{"the access log has a form of its own, or the combined one by log { format }", "log_format"},
		{"it is how files are sent and read, which edgegen decides", "sendfile sendfile_max_chunk tcp_nopush tcp_nodelay aio directio output_buffers open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors read_ahead postpone_output"},
		{"the types of files are known", "types default_type charset charset_types types_hash_max_size types_hash_bucket_size override_charset source_charset"},
		{"tables have the size that they need", "server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size variables_hash_bucket_size map_hash_bucket_size map_hash_max_size proxy_headers_hash_max_size proxy_headers_hash_bucket_size"},
		{"no answer names a product or a version", "server_tokens server_name_in_redirect port_in_redirect absolute_redirect"},
		{"what an app sends passes on as it comes, through buffers of edgegen's own", "proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_max_temp_file_size proxy_temp_file_write_size proxy_temp_path fastcgi_buffering fastcgi_buffers fastcgi_buffer_size fastcgi_busy_buffers_size fastcgi_temp_path fastcgi_temp_file_write_size fastcgi_max_temp_file_size proxy_http_version proxy_socket_keepalive fastcgi_keep_conn proxy_store_access client_body_buffer_size client_body_temp_path client_body_in_file_only fastcgi_request_buffering client_header_buffer_size request_pool_size connection_pool_size"},
		{"connections to apps are kept by themselves", "keepalive keepalive_requests keepalive_time keepalive_disable proxy_set_body_off zone lingering_close lingering_time lingering_timeout reset_timedout_connection"},
		{"TLS 1.2 and 1.3 are spoken with ciphers that are good, and with sessions and tickets that are renewed", "ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_session_ticket_key ssl_dhparam ssl_ecdh_curve ssl_buffer_size ssl_conf_command ssl_early_data ssl_trusted_certificate"},
		{"OCSP stapling has come to its end: the large authorities answer no such questions any more", "ssl_stapling ssl_stapling_verify ssl_stapling_file ssl_stapling_responder resolver_timeout"},
		{"which HTTP is spoken follows from the engines: HTTP/2 where the tls and cache tiers are builtin", "http2 http2_max_concurrent_streams http2_recv_timeout http2_idle_timeout http2_max_field_size http2_max_header_size http2_chunk_size http3 quic_retry http2_push http2_push_preload"},
		{"how well and for whom is decided by edgegen", "gzip_comp_level gzip_vary gzip_proxied gzip_http_version gzip_disable gzip_buffers brotli_comp_level brotli_static gzip_static gunzip brotli_buffers brotli_window brotli_min_length"},
		{"a redirect that an app makes is passed on as it is: the app is told the host and the scheme that the client has used", "proxy_redirect fastcgi_redirect"},
		{"a request that may be repeated is tried once more", "proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout fastcgi_next_upstream"},
		{"hop-by-hop headers and names of products do not pass; all else does", "proxy_pass_header proxy_pass_request_headers proxy_pass_request_body fastcgi_pass_header ignore_invalid_headers underscores_in_headers"},
		{"the cache is edgegen's own, and is sized by cache_storage", "proxy_cache_path fastcgi_cache_path proxy_cache proxy_cache_lock proxy_cache_lock_timeout proxy_cache_lock_age proxy_cache_revalidate proxy_cache_min_uses proxy_cache_methods proxy_cache_background_update proxy_cache_convert_head proxy_cache_key fastcgi_cache_key fastcgi_cache fastcgi_cache_lock proxy_cache_max_range_offset"},
		{"slashes in a row count as one, and dots lead nowhere", "merge_slashes if_modified_since etag max_ranges chunked_transfer_encoding disable_symlinks"},
		{"an app that closes, or a client that leaves, is no reason to wait", "proxy_ignore_client_abort fastcgi_ignore_client_abort send_timeout proxy_send_timeout fastcgi_send_timeout client_body_timeout keepalive_timeout"},
		{"what modules do is built in", "load_module perl_modules passenger_root passenger_ruby"},
		{"files are never listed", "autoindex_exact_size autoindex_localtime autoindex_format"},
		{"scripts are told what CGI says", "fastcgi_index fastcgi_split_path_info fastcgi_hide_header_off fastcgi_catch_stderr"},
		{"the chain of addresses is walked to the first that is not trusted", "real_ip_recursive"},
		{"answers about limits are told by the access log", "limit_req_log_level limit_conn_log_level limit_conn_zone limit_req_dry_run limit_conn_status"},
		{"nothing is rendered by the old name", "server_name_in_redirect recursive_error_pages msie_padding msie_refresh"},
		{"apps are asked by HTTP/1.1, with the protocols of TLS that are good", "proxy_ssl_protocols proxy_ssl_ciphers proxy_ssl_session_reuse proxy_ssl_verify_depth"},
	} {
		for one := range strings.FieldsSeq(group.names) {
			if one == name {
				return group.why
			}
		}
	}
	return ""
}

// remedyNginx says what to do about a directive that is not translated.
func remedyNginx(name string) string {
	for _, group := range []struct{ remedy, names string }{
		{"keep nginx for that: edgegen speaks HTTP alone", "stream mail"},
		{"have the app listen by HTTP or FastCGI", "uwsgi_pass scgi_pass grpc_pass memcached_pass passenger_enabled passenger_app_root"},
		{"bound connections by limits.connections, or those to a server by max_connections", "limit_conn limit_rate limit_rate_after proxy_limit_rate"},
		{"have the app make that page", "sub_filter sub_filter_once sub_filter_types ssi addition_types add_before_body add_after_body xslt_stylesheet image_filter"},
		{"write `metrics { listen = \"127.0.0.1:9145\" }` into edge", "stub_status vhost_traffic_status_display"},
		{"have the app list its files: edgegen lists none", "autoindex random_index"},
		{"name each way by a route, which can match a header or a parameter of the query", "split_clients geo geoip_country geoip2 geoip_city map set"},
		{"write `response_headers { remove = [ … ] }` into the route", "more_clear_headers more_set_headers proxy_hide_header fastcgi_hide_header"},
		{"an app's own Cache-Control decides; a route's cache { ttl } holds for answers without one", "proxy_cache_bypass proxy_no_cache fastcgi_cache_bypass fastcgi_no_cache proxy_ignore_headers fastcgi_ignore_headers proxy_cache_purge"},
		{"ask for all of it: basic_auth, allow and forward_auth hold together", "satisfy"},
	} {
		for one := range strings.FieldsSeq(group.names) {
			if one == name {
				return group.remedy
			}
		}
	}
	return "write what it is for into the site by hand, or have the app do it; where it has to stay nginx's, raw { nginx = … } takes it, and nothing else serves the web tier then"
}

// nginxSeconds reads a time of nginx's: "75", "1h 30m" as one word, "500ms".
func nginxSeconds(text string) (total int64, ok bool) {
	units := map[string]int64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "y": 365 * 86400}
	rest := text
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return 0, false
		}
		rest = rest[digits:]
		letters := len(rest) - len(strings.TrimLeft(rest, "smhdwMy"))
		if unit := rest[:letters]; unit == "ms" {
			total += (n + 999) / 1000
		} else if size, known := units[unit]; known {
			total += n * size
		} else {
			return 0, false
		}
		rest = strings.TrimLeft(rest[letters:], " ")
	}
	return total, text != ""
}

// bodySize writes a size of nginx's as the language does; 0 is no bound.
func bodySize(text string) string {
	number := strings.TrimRight(text, "kKmMgG")
	unit := map[string]string{"": "B", "k": "KiB", "m": "MiB", "g": "GiB"}[strings.ToLower(text[len(number):])]
	switch n, err := strconv.ParseInt(number, 10, 64); {
	case err != nil || unit == "":
		return hcltext.Quote(text)
	case n == 0:
		return hcltext.Quote("1TiB")
	case unit == "B" && n%1024 == 0:
		return hcltext.Quote(fmt.Sprintf("%dKiB", n/1024))
	}
	return hcltext.Quote(number + unit)
}

var captured = lazily(`\$\{?(\d+|[a-zA-Z_][a-zA-Z_0-9]*)\}?`)

// captures writes $1 and $name as the language does.
func captures(text string) string { return captured().ReplaceAllString(text, "{$1}") }
