package native

import (
	"slices"
	"testing"

	"edgegen/internal/site"
)

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		name     string
		engine   site.Engine
		text     string
		want     string
		features []string
	}{
		{"Debian 11 stunnel", site.Stunnel, "stunnel 5.56 on x86_64-pc-linux-gnu platform\n" +
			"Compiled with OpenSSL 1.1.1k  25 Mar 2021\nRunning  with OpenSSL 1.1.1w  11 Sep 2023\n" +
			"Threading:PTHREAD Sockets:POLL,IPv6,SYSTEMD TLS:ENGINE,FIPS,OCSP,PSK,SNI Auth:LIBWRAP\n",
			"5.56", []string{"SYSTEMD", "SNI", "LIBWRAP", "PTHREAD"}},
		{"Debian 12 stunnel", site.Stunnel, "Initializing inetd mode configuration\nstunnel 5.68 on x86_64-pc-linux-gnu platform\n" +
			"Compiled with OpenSSL 3.0.9 30 May 2023\nRunning  with OpenSSL 3.0.19 27 Jan 2026\n" +
			"Threading:PTHREAD Sockets:POLL,IPv6,SYSTEMD TLS:ENGINE,OCSP,PSK,SNI Auth:LIBWRAP\n \nGlobal options:\n",
			"5.68", []string{"SYSTEMD"}},
		{"Debian 13 stunnel", site.Stunnel, "[ ] Initializing inetd mode configuration\n[.] stunnel 5.74 on aarch64-unknown-linux-gnu platform\n" +
			"[.] Threading:PTHREAD Sockets:POLL,IPv6,SYSTEMD TLS:OCSP,PSK,SNI Auth:LIBWRAP\n",
			"5.74", []string{"SYSTEMD"}},
		{"Alpine stunnel", site.Stunnel, "stunnel 5.72 on x86_64-alpine-linux-musl platform\r\nThreading:PTHREAD Sockets:POLL,IPv6 TLS:ENGINE,OCSP,PSK,SNI\r\n",
			"5.72", []string{"IPv6"}},
		{"stunnel beta", site.Stunnel, "stunnel 5.73b1 on x86_64-pc-linux-gnu platform\n", "5.73", nil},
		{"Debian 11 varnish", site.Varnish, "varnishd (varnish-6.5.1 revision 1dae23376bb5ea7a6b8e9e4b9ed95cdc9469fb64)\nCopyright (c) 2006 Verdens Gang AS\n", "6.5.1", nil},
		{"Debian 12 varnish", site.Varnish, "varnishd (varnish-7.1.1 revision 7cee1c581bead20e88d101ab3d72afb29f14d87a)\nCopyright (c) 2006 Verdens Gang AS\n", "7.1.1", nil},
		{"Debian 13 varnish", site.Varnish, "varnishd (varnish-7.7.0 revision b3c9a2b4c1b4a5b1f3d1)\n", "7.7.0", nil},
		{"Ubuntu 22.04 varnish", site.Varnish, "varnishd (varnish-6.6.1 revision e6a8c860944c4f6a7e1af9f40674ea78bbdcdc66)\n", "6.6.1", nil},
		{"commercial varnish", site.Varnish, "varnishd (varnish-plus-6.0.13r4 revision 0c1b6cd8)\n", "6.0.13", nil},
		{"vinyl", site.Varnish, "vinyld (vinyl-cache-9.0.1 revision 0c1b6cd8)\n", "9.0.1", nil},
		{"varnish from its trunk", site.Varnish, "varnishd (varnish-trunk revision 0c1b6cd8)\n", "", nil},
		{"Debian 11 nginx", site.Nginx, "nginx version: nginx/1.18.0\n", "1.18.0", nil},
		{"Ubuntu 24.04 nginx", site.Nginx, "nginx version: nginx/1.24.0 (Ubuntu)\nbuilt with OpenSSL 3.0.10 1 Aug 2023\nTLS SNI support enabled\n" +
			"configure arguments: --with-cc-opt='-g -O2 -fno-omit-frame-pointer' --with-http_realip_module --without-http_gzip_module --add-module=../x\n",
			"1.24.0", []string{"with-http_realip_module", "without-http_gzip_module"}},
		{"Alpine nginx", site.Nginx, "nginx version: nginx/1.26.3\nbuilt by gcc 14.2.0 (Alpine 14.2.0) \n", "1.26.3", nil},
		{"openresty", site.Nginx, "nginx version: openresty/1.21.4.1\n", "1.21.4.1", nil},
		{"no text", site.Nginx, "", "", nil},
		{"no version", site.Nginx, "nginx version: nginx\n", "", nil},
		{"another program", site.Stunnel, "GNU bash, version 5.2.15(1)-release\n", "", nil},
		{"bytes", site.Varnish, "\x7fELF\x00varnishd (varnish-7.1.1", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			need, known := programOf(test.engine)
			if !known {
				t.Fatal("no requirement")
			}
			if got := need.parseVersion(test.text); got != test.want {
				t.Errorf("version %q, want %q", got, test.want)
			}
			got := need.parseFeatures(test.text)
			for _, feature := range test.features {
				if !slices.Contains(got, feature) {
					t.Errorf("features %q lack %s", got, feature)
				}
			}
		})
	}
}
