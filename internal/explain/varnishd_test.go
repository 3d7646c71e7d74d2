package explain

import (
	"slices"
	"testing"
)

// TestBrief holds what people are told of varnishd's records.
func TestBrief(t *testing.T) {
	records := []LogRecord{
		{2, "Request", "Begin", "req 1 rxreq"}, {2, "Request", "Timestamp", "Start: 1796089388.989152 0.000000 0.000000"}, {2, "Request", "ReqURL", "/"},
		{2, "Request", "VCL_call", "RECV"}, {2, "Request", "VCL_return", "hash"}, {2, "Request", "VCL_call", "HASH"}, {2, "Request", "VCL_return", "lookup"},
		{2, "Request", "HitMiss", "5 9.5"}, {2, "Request", "Timestamp", "Fetch: 1796089388.990582 0.001429 0.001429"},
		{3, "BeReq", "BackendOpen", "28 edge_even 0.0.0.0 0 0.0.0.0 0 reuse"}, {3, "BeReq", "TTL", "RFC 60 10 0 1796089388 1796089388 1796089388 0 60 cacheable"},
		{3, "BeReq", "TTL", "VCL -1 0 0 1796089388 uncacheable"}, {3, "BeReq", "FetchError", "http first read error"},
	}
	want := []LogRecord{
		{2, "Request", "VCL", "RECV hash, HASH lookup"}, {2, "Request", "Timestamp", "Fetch 1.4 ms"}, {2, "Request", "HitMiss", "on 5, for 9.5 s more"},
		{3, "BeReq", "BackendOpen", "edge_even, on a kept connection"}, {3, "BeReq", "TTL", "fresh for 0 s, grace 0 s, keep 0 s, not to be stored"},
		{3, "BeReq", "FetchError", "http first read error"},
	}
	if got := Brief(records); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
