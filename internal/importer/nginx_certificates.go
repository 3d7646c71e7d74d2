package importer

import (
	"slices"

	"edgegen/internal/hcltext"
)

// certificates are those of a server that ends TLS.
func (n *nginx) certificates(b *block, s *server) {
	chains, keys := s.nearest("ssl_certificate"), s.nearest("ssl_certificate_key")
	if on := s.last("ssl"); on != nil {
		on.into("edge → https")
	}
	if !s.tls {
		return
	}
	tls := b.sub("tls")
	n.pair(tls, chains, keys)
	if d := s.setting("ssl_protocols"); d != nil {
		least := "1.2"
		if !slices.Contains(d.args, "TLSv1.2") && slices.Contains(d.args, "TLSv1.3") {
			least = "1.3"
		}
		tls.set("min_version", hcltext.Quote(least), d.Line)
		if slices.Contains(d.args, "TLSv1") || slices.Contains(d.args, "TLSv1.1") || slices.Contains(d.args, "SSLv3") {
			d.right("TLS before 1.2 is spoken no more")
		}
	}
	if ca := s.setting("ssl_client_certificate"); ca != nil {
		tls.set("client_ca", hcltext.Quote(n.path(ca, ca.arg(0))), ca.Line)
		if verify := s.setting("ssl_verify_client"); verify != nil {
			how := map[string]string{"on": "require", "optional": "optional"}[verify.arg(0)]
			if how == "" {
				verify.refuse("a client certificate is asked for, or required, and looked at", "write client_auth = \"optional\"")
			} else {
				tls.set("client_auth", hcltext.Quote(how), verify.Line)
			}
		}
	}
}

// pair names the files of certificates, or stands in for them where they are not here.
func (n *nginx) pair(tls *block, chains, keys []*directive) {
	var from []*Line
	var names [2][]string
	there := len(chains) == len(keys) && len(chains) > 0
	for i, all := range [2][]*directive{chains, keys} {
		for _, d := range all {
			path := n.path(d, d.arg(0))
			from, names[i] = append(from, d.Line), append(names[i], path)
			there = there && n.exists(path)
		}
	}
	n.setPair(tls, names[0], names[1], there, from)
}

// setPair writes certificate and key, or what stands in for them.
func (c *chain) setPair(tls *block, chains, keys []string, there bool, from []*Line) {
	write := func(all []string) string {
		if len(all) == 1 {
			return hcltext.Quote(all[0])
		}
		return hcltext.List(all)
	}
	if there {
		tls.drop("self_signed")
		tls.set("certificate", write(chains), from...)
		tls.set("key", write(keys), from...)
		return
	}
	a := tls.set("self_signed", "true", from...)
	if len(chains) > 0 {
		a.comment = []string{"The files are not on this machine. Where they are, in the place of the next line:",
			"  certificate = " + write(chains), "  key         = " + write(keys)}
	}
	rightAll(from, "the files are not on this machine: their names stand in a comment, and the local authority signs meanwhile")
}
