package vsm

// Logged is a record of any tag, as varnishlog prints it.
type Logged struct {
	Transaction int64  `json:"transaction"`
	Kind        string `json:"kind"` // of the transaction: Request or BeReq
	Tag         string `json:"tag"`
	Value       string `json:"value"`
}
