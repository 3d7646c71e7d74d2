package explain

import (
	"slices"
	"testing"

	"edgegen/internal/vsm"
)

// TestBrief holds what people are told of varnishd's records.
func TestBrief(t *testing.T) {
	records := []vsm.Logged{
		logged(2, "Request", "Begin", "req 1 rxreq"), logged(2, "Request", "Timestamp", "Start: 1796089388.989152 0.000000 0.000000"), logged(2, "Request", "ReqURL", "/"),
		logged(2, "Request", "VCL_call", "RECV"), logged(2, "Request", "VCL_return", "hash"), logged(2, "Request", "VCL_call", "HASH"), logged(2, "Request", "VCL_return", "lookup"),
		logged(2, "Request", "HitMiss", "5 9.5"), logged(2, "Request", "Timestamp", "Fetch: 1796089388.990582 0.001429 0.001429"),
		logged(3, "BeReq", "BackendOpen", "28 edge_even 0.0.0.0 0 0.0.0.0 0 reuse"), logged(3, "BeReq", "TTL", "RFC 60 10 0 1796089388 1796089388 1796089388 0 60 cacheable"),
		logged(3, "BeReq", "TTL", "VCL -1 0 0 1796089388 uncacheable"), logged(3, "BeReq", "FetchError", "http first read error"),
	}
	want := []vsm.Logged{
		logged(2, "Request", "VCL", "RECV hash, HASH lookup"), logged(2, "Request", "Timestamp", "Fetch 1.4 ms"), logged(2, "Request", "HitMiss", "on 5, for 9.5 s more"),
		logged(3, "BeReq", "BackendOpen", "edge_even, on a kept connection"), logged(3, "BeReq", "TTL", "fresh for 0 s, grace 0 s, keep 0 s, not to be stored"),
		logged(3, "BeReq", "FetchError", "http first read error"),
	}
	if got := Brief(records); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func logged(transaction int64, kind, tag, value string) vsm.Logged {
	return vsm.Logged{Transaction: transaction, Kind: kind, Tag: tag, Value: value}
}
