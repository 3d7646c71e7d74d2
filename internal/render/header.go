package render

// header has the values for the first lines of every file.
type header struct {
	Version, Origin, Dir, Generation string
	templates                        *Templates
	standby                          bool // as Input.Standby
}
