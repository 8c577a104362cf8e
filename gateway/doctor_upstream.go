package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// upstreamPatience bounds what is asked of one target.
const upstreamPatience = 10 * time.Second

// examineUpstreams asks each target of a route once, as a request would, less
// who is calling: an application may well refuse, but it has to answer.
func examineUpstreams(ctx context.Context, r *config.Route, process Process) []Diagnosis {
	if len(r.To) == 0 {
		return nil // forward auth only
	}
	subject := "route " + r.Name
	o, err := poolOptions(r, process)
	if err != nil {
		return []Diagnosis{{Subject: subject, Check: "configuration", Detail: err.Error(), Fix: "Correct the file; gatehouse check says where."}}
	}
	var examinations []func(context.Context) []Diagnosis
	for _, target := range o.Targets {
		examinations = append(examinations, func(ctx context.Context) []Diagnosis {
			one := o
			one.Targets = []*url.URL{target}
			d := Diagnosis{Subject: subject, Check: "upstream " + target.Redacted()}
			d.Detail, d.Fix = askUpstream(ctx, one, r)
			d.OK = d.Fix == ""
			return []Diagnosis{d}
		})
	}
	return together(ctx, examinations)
}

// askUpstream says what came, and what mends it if that is not good enough.
func askUpstream(ctx context.Context, o upstream.Options, r *config.Route) (detail, fix string) {
	pool, err := upstream.New(o)
	if err != nil {
		return err.Error(), "Correct to in the file."
	}
	defer pool.Close()
	ctx, cancel := context.WithTimeout(ctx, upstreamPatience)
	defer cancel()
	path := "/"
	if r.Health.Path != "" {
		path = r.Health.Path
	}
	address, err := url.Parse(path)
	if err != nil {
		return err.Error(), "Correct health.path in the file."
	}
	request := (&http.Request{Method: http.MethodGet, URL: address, Header: http.Header{"User-Agent": {"gatehouse-doctor"}}}).WithContext(ctx)
	if r.PreserveHost {
		request.Host = strings.Replace(r.From.Host, "*", "doctor", 1)
	}
	began := time.Now()
	answer, err := pool.RoundTrip(request)
	if err != nil {
		return upstreamFailure(err)
	}
	answer.Body.Close()
	detail = fmt.Sprintf("GET %s answers %d in %v", path, answer.StatusCode, time.Since(began).Round(time.Millisecond))
	switch {
	case answer.StatusCode >= 500:
		return detail, "The application answers, and fails: see its log."
	case answer.StatusCode >= 400 && r.Health.Path != "":
		return detail, "health.path has to answer below 400, or this target counts as down: correct the path, or have it answer without a sign-in."
	}
	return detail, ""
}

func upstreamFailure(err error) (detail, fix string) {
	var lost *upstream.Error
	if !errors.As(err, &lost) {
		return err.Error(), provider.Remedy(err)
	}
	detail = fmt.Sprintf("%v: %v", lost.Kind, lost.Err)
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		return detail, "Nobody this machine trusts issued the certificate: name its issuer's root in upstream_tls.ca of the route."
	case lost.Kind == upstream.Broken:
		return detail, "Something answers, but not in HTTP as configured: see whether to should be https://, http:// or h2c://, and the port."
	}
	return detail, provider.Remedy(err)
}
