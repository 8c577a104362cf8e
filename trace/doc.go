// Package trace says how long the parts of a request took: spans in
// OpenTelemetry's model, and their way to a collector over OTLP.
//
//	Tracer.Begin    whose trace is this request part of, and is it sampled    tracer.go, context.go
//	Span            one part of a sampled request; nil for all others         span.go
//	Calls           a span for each call to a provider                        calls.go
//	Exporter.Run    gathers spans and sends them, behind the requests         exporter.go
//	otlp, post      how they are written, and sent                            otlp.go, send.go
//
// The protocol is written here instead of linking OpenTelemetry's SDK and
// gRPC, of which we would use one message and a great deal of code. A request
// that is not sampled costs a few random numbers; without a collector nothing
// is done at all.
package trace
