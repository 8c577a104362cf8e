package config

import "slices"

// Telemetry is the `telemetry` block.
type Telemetry struct {
	OTLPEndpoint *URL  `yaml:"otlp_endpoint" placeholder:"http://placeholder.invalid" doc:"Collector that spans are sent to: http:// or https:// for OTLP over HTTP (its path, or /v1/traces), grpc:// for OTLP over gRPC without TLS, grpcs:// with. Without it nothing is traced. Collectors that cannot be reached hold nothing up."`
	Sample       Share `yaml:"sample" default:"0.01" doc:"Share of requests that are traced, 0 to 1. A trusted proxy's traceparent says so itself."`
}

// telemetry: a collector's address, and nothing that a log could show.
func (c *checker) telemetry(t *Telemetry, p path) {
	u, at := t.OTLPEndpoint, p.key("otlp_endpoint")
	if u == nil || u.URL == nil {
		if c.present(p.key("sample")) && !c.present(at) {
			c.note(p.key("sample"), "has no effect without otlp_endpoint")
		}
		return
	}
	known := []string{"http", "https", "grpc", "grpcs"}
	switch {
	case !slices.Contains(known, u.Scheme):
		c.add(at, "unknown scheme %s%s; write http://, https://, grpc:// or grpcs://", c.source(at).quote(u.Scheme), didYouMean(u.Scheme, known))
	case u.Hostname() == "":
		c.add(at, "has no host; write it like http://otel-collector:4318 or grpc://otel-collector:4317")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		c.add(at, "must be without user name, query and fragment")
	case (u.Scheme == "grpc" || u.Scheme == "grpcs") && u.Path != "" && u.Path != "/":
		c.add(at, "must be without a path; gRPC has none")
	}
}
