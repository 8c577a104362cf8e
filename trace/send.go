package trace

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// sendTimeout bounds one attempt to reach the collector.
const sendTimeout = 10 * time.Second

// refusedError is an answer after which the same spans need not be sent again.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// sender sends one request to the collector.
type sender struct {
	client  *http.Client
	address string
	grpc    bool
}

// newSender takes http://, https://, grpc:// or grpcs://. OTLP over HTTP goes
// to the URL's path, or /v1/traces; over gRPC to the service's.
func newSender(endpoint *url.URL) (*sender, error) {
	u := *endpoint
	s := &sender{}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 1}
	protocols := new(http.Protocols)
	switch u.Scheme {
	case "http", "https":
		if u.Path == "" || u.Path == "/" {
			u.Path = "/v1/traces"
		}
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(u.Scheme == "https")
	case "grpc", "grpcs":
		port := u.Port()
		if port == "" {
			u.Host += ":4317"
		}
		s.grpc, u.Path = true, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
		transport.Proxy = nil // gRPC through an HTTP proxy is nothing that proxies agree on
		if u.Scheme == "grpcs" {
			u.Scheme = "https"
			protocols.SetHTTP2(true)
		} else {
			u.Scheme = "http"
			protocols.SetUnencryptedHTTP2(true)
		}
	default:
		return nil, fmt.Errorf("otlp endpoint has the unknown scheme %q", u.Scheme)
	}
	transport.Protocols = protocols
	s.address = u.String()
	s.client = &http.Client{
		Transport: transport, Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s, nil
}

func (s *sender) send(ctx context.Context, m message) error {
	contentType := "application/x-protobuf"
	if s.grpc {
		contentType = "application/grpc+proto"
		frame := make(message, 5, 5+len(m)) // not compressed, and its length
		binary.BigEndian.PutUint32(frame[1:], uint32(len(m)))
		m = append(frame, m...)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(m))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", "gatehouse")
	if s.grpc {
		r.Header.Set("Te", "trailers")
	}
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)); err != nil {
		return err
	}
	if s.grpc {
		return grpcStatus(res)
	}
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 502 && res.StatusCode <= 504:
		return fmt.Errorf("the collector answers %s", res.Status)
	}
	return &refusedError{fmt.Errorf("the collector answers %s", res.Status)}
}

// grpcStatus reads how a call ended: in the trailers, or in the header when
// there was nothing else. Which codes may be tried again says OTLP 1.x,
// section "Failures".
func grpcStatus(res *http.Response) error {
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the collector answers %s", res.Status)
	}
	code := res.Trailer.Get("Grpc-Status")
	if code == "" {
		code = res.Header.Get("Grpc-Status")
	}
	switch code {
	case "0":
		return nil
	case "":
		return errors.New("the collector's answer broke off")
	case "1", "4", "8", "10", "11", "14", "15": // cancelled, deadline, exhausted, aborted, out of range, unavailable, data loss
		return errors.New("the collector answers with gRPC status " + code)
	}
	text := res.Trailer.Get("Grpc-Message") + res.Header.Get("Grpc-Message")
	return &refusedError{fmt.Errorf("the collector answers with gRPC status %.8s: %.200s", code, strings.ToValidUTF8(text, ""))}
}
