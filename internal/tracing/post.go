package tracing

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// patience is how long a collector may take to answer.
const patience = 10 * time.Second

// poster sends spans to a collector, by OTLP over HTTP.
type poster struct {
	client *http.Client
	to     string
	fields []site.Header
}

// newPoster asks nobody yet. An error is about the file of the authorities alone.
func newPoster(to site.Trace) (*poster, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if to.CA != "" {
		roots, err := certificate.LoadRoots(to.CA)
		if err != nil {
			return nil, fmt.Errorf("read what the collector is verified with: %w", err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots.Pool}
	}
	return &poster{&http.Client{Transport: transport, Timeout: patience, CheckRedirect: stay}, to.Collector, to.Fields}, nil
}

// stay follows no redirect: what is secret must not reach another server than the
// collector.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// partly is why a collector has not taken all of what it was sent, which is not to be sent
// again.
type partly struct {
	refused int64
	why     string
}

func (p *partly) Error() string {
	return fmt.Sprintf("the collector has refused %d spans: %s", p.refused, cmp.Or(p.why, "it does not say why"))
}

// post sends spans once. The error is a *partly where the collector has taken some.
func (p *poster) post(ctx context.Context, spans *v1.ResourceSpans) error {
	// TracesData has the same bytes as the request of OTLP's service, whose package takes
	// all of gRPC along.
	message, err := proto.Marshal(&v1.TracesData{ResourceSpans: []*v1.ResourceSpans{spans}})
	if err != nil {
		return fmt.Errorf("write spans: %w", err)
	}
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	_, err = packed.Write(message)
	if err := errors.Join(err, packed.Close()); err != nil {
		return fmt.Errorf("compress spans: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.to, &body)
	if err != nil {
		return fmt.Errorf("ask the collector: %w", err)
	}
	request.Header.Set("User-Agent", "edgegen")
	for _, f := range p.fields {
		request.Header.Set(f.Name, f.Value)
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("Content-Encoding", "gzip")
	answer, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	const most = 64 << 10
	said, err := io.ReadAll(io.LimitReader(answer.Body, most))
	switch {
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return fmt.Errorf("%s answers %s: %s", p.to, answer.Status, strings.TrimSpace(string(said)))
	case err != nil:
		return fmt.Errorf("read what %s answers: %w", p.to, err)
	}
	if refused, why := refusedOf(said); refused > 0 {
		return &partly{refused, why}
	}
	return nil
}

// refusedOf reads from a collector's answer, an ExportTraceServiceResponse, how many spans
// it has refused, and why.
func refusedOf(answer []byte) (refused int64, why string) {
	partial, _ := fieldOf(answer, 1)
	_, count := fieldOf(partial, 1)
	words, _ := fieldOf(partial, 2)
	return int64(count), string(words)
}

// fieldOf is a field of a message, as a text or as a number; nothing where there is none.
func fieldOf(message []byte, wanted protowire.Number) (text []byte, number uint64) {
	for len(message) > 0 {
		field, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			break
		}
		message = message[size:]
		switch {
		case field == wanted && kind == protowire.BytesType:
			text, _ = protowire.ConsumeBytes(message)
			return text, 0
		case field == wanted && kind == protowire.VarintType:
			number, _ = protowire.ConsumeVarint(message)
			return nil, number
		}
		if size = protowire.ConsumeFieldValue(field, kind, message); size < 0 {
			break
		}
		message = message[size:]
	}
	return nil, 0
}

func (p *poster) close() { p.client.CloseIdleConnections() }
