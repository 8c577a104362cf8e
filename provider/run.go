package provider

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// refreshEvery is how often a healthy provider's documents are fetched.
	refreshEvery = time.Hour
	// The waits between attempts double from the first to the last. With a
	// last attempt that hangs for fetchTimeout, a provider that comes back is
	// found within 30 s.
	firstRetry, lastRetry = time.Second, 15 * time.Second
	// doubtDelay collects the sign-ins that fail together into one look.
	doubtDelay = 10 * time.Second
)

// Run fetches discovery and keys at once, retries until they are there, and
// refreshes them from then on. It returns when ctx ends. Without Run the
// provider works too, but the first sign-in waits for the fetches.
func (p *Provider) Run(ctx context.Context) {
	defer p.transport.CloseIdleConnections()
	retry := firstRetry
	for {
		err := p.refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := jitter(refreshEvery)
		if err != nil {
			wait = max(jitter(retry), askedToWait(err))
			retry = min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		p.report(err)
		doubt := p.doubt
		if err != nil {
			doubt = nil // retrying anyway
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-doubt:
			timer.Reset(jitter(doubtDelay))
			if !pause(ctx, timer) {
				return
			}
		}
	}
}

// pause waits for the timer, and says whether ctx is still alive then.
func pause(ctx context.Context, timer *time.Timer) bool {
	select {
	case <-ctx.Done():
		timer.Stop()
		return false
	case <-timer.C:
		return true
	}
}

// refresh fetches every document anew.
func (p *Provider) refresh(ctx context.Context) error {
	err := p.sources[0].refresh(ctx)
	p.refreshOthers(ctx)
	return err
}

// report turns an attempt's outcome into the status, and logs changes of it.
func (p *Provider) report(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	p.mu.Lock()
	before := p.status
	p.status.LastError = text
	if up := err == nil; up != before.Up {
		p.status.Up, p.status.Since = up, p.o.Now()
	}
	p.mu.Unlock()
	switch {
	case err == nil && !before.Up:
		p.o.Log.Info("provider up", "provider", p.o.Name)
	case err != nil && text != before.LastError:
		p.o.Log.Warn("provider down", "provider", p.o.Name, "reason", reasonOf(err), "error", text)
	}
}

// jitter is between half of d and d: replicas that start together must not
// ask together for ever.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// askedToWait is the provider's Retry-After, as far as healing within 30 s
// leaves room for it.
func askedToWait(err error) time.Duration {
	var e *Error
	if !errors.As(err, &e) || e.RetryAfter <= defaultRetryAfter {
		return 0
	}
	return min(e.RetryAfter, 25*time.Second)
}

func reasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
