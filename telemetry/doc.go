// Package telemetry says what happened: one record per request, the log lines
// and metrics made from it, and the audit trail.
//
// A request's way through it:
//
//	w := telemetry.NewResponseWriter(w)    // fills Status and Bytes
//	w.Record.Begin(r, now)                 // every layer adds what it learns
//	…
//	w.Record.Finish(now)
//	routeMetrics.Observe(&w.Record)        // a few atomic additions
//	accessLog.Write(&w.Record)             // at most one line
//
// The package knows no other room: whoever decides, proxies or signs people in
// writes plain values into the record. Nothing here has global state, so that
// two gateways in one process count apart.
package telemetry
