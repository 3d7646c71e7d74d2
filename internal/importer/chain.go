package importer

// chain is what several daemons in a row are imported into.
type chain struct {
	files files
	out   *block
	// behind are the addresses that a daemon in front asks: what listens there is
	// not for clients.
	behind []string
	// alone says that there are neither nginx nor Varnish behind stunnel.
	alone bool
	// tlsInFront says that somebody else of the chain ends TLS.
	tlsInFront bool
	// apps are names that a daemon in front has for the servers of apps.
	apps map[string]string
	// raw has directives of nginx's stay as they are that the language has no word for.
	raw bool
	// announced are the listeners that begin with a PROXY header.
	announced []*Line
}

// inner reports an address that a daemon of the chain asks.
func (c *chain) inner(address string) bool {
	for _, one := range c.behind {
		if samePort(one, address) {
			return true
		}
	}
	return false
}

// sites are the blocks of the sites so far.
func (c *chain) sites() []*block { return c.out.all("site") }
