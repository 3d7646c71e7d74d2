package gateway

// Answer names a Unix socket, in the directory Options.Answers, by which the edge gives
// an answer that no file and no app of a cluster does.
type Answer string

// The answers that there are.
const (
	Failing Answer = "500.sock"      // a rule that leads nowhere
	Unready Answer = "503.sock"      // a Service without a pod that is ready
	Leading Answer = "redirect.sock" // a redirect that InstructionName tells
)

// InstructionName is the field of a request's header by which a route tells the answer
// Leading where it leads: the status, the scheme, and where they differ from those of the
// request, the host, the port behind a colon, or both.
const InstructionName = "Gateway-Redirect"
