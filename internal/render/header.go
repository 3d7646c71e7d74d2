package render

// header is what the head of every file says.
type header struct {
	Version, Origin, Dir, Generation string
	templates                        *Templates
	standby                          bool // as Input.Standby
}
