package wire

// OfConnection reports the fields by which HTTP/1.1 speaks of a connection, and which other
// versions do not have (RFC 9113, 8.2.2, and RFC 9114, 4.2). Case does not matter.
func OfConnection(name string) bool {
	switch len(name) {
	case 7:
		return EqualFold(name, "upgrade")
	case 10:
		return EqualFold(name, "connection") || EqualFold(name, "keep-alive")
	case 16:
		return EqualFold(name, "proxy-connection")
	case 17:
		return EqualFold(name, "transfer-encoding")
	}
	return false
}
