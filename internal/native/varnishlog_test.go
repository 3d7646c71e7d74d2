package native

import (
	"slices"
	"testing"

	"edgegen/internal/vsm"
)

// TestParseRecords holds that of what varnishlog prints the last request is read.
func TestParseRecords(t *testing.T) {
	const text = `*   << Request  >> 32770
-   Begin          req 32769 rxreq
-   End

*   << Request  >> 131078
-   ReqURL         /q?2
-   VCL_Log        a: line

of more
-   End
**  << BeReq    >> 131079
--  BackendOpen    28 app 0.0.0.0 0
--  End

`
	want := []vsm.Logged{{Transaction: 131078, Kind: "Request", Tag: "ReqURL", Value: "/q?2"}, {Transaction: 131078, Kind: "Request", Tag: "VCL_Log", Value: "a: line"},
		{Transaction: 131078, Kind: "Request", Tag: "End"},
		{Transaction: 131079, Kind: "BeReq", Tag: "BackendOpen", Value: "28 app 0.0.0.0 0"}, {Transaction: 131079, Kind: "BeReq", Tag: "End"}}
	if got := parseRecords(text); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
