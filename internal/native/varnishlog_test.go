package native

import (
	"slices"
	"testing"
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
	want := []LogRecord{{131078, "Request", "ReqURL", "/q?2"}, {131078, "Request", "VCL_Log", "a: line"}, {131078, "Request", "End", ""},
		{131079, "BeReq", "BackendOpen", "28 app 0.0.0.0 0"}, {131079, "BeReq", "End", ""}}
	if got := parseRecords(text); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
