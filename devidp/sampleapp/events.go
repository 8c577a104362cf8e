package sampleapp

import (
	"fmt"
	"net/http"
	"time"
)

// maxEvents ends a stream after a minute, at one event a second.
const maxEvents = 60

// events streams server-sent events, and stops when the reader does.
func (a *app) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	ticker := time.NewTicker(a.tick)
	defer ticker.Stop()
	for n := 1; n <= maxEvents; n++ {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: tick %d of %d\n\n", n, n, maxEvents); err != nil {
			return
		}
		if stream.Flush() != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}
