package gateway

import (
	"context"
	"sync"
)

// runner works in the background until ctx ends. Its dynamic type is a pointer,
// by which it is known again.
type runner interface{ Run(ctx context.Context) }

// crew runs what the current Build needs running, and each of it once: what the
// next Build reuses goes on, what it does not is stopped.
type crew struct {
	mu      sync.Mutex // guards the rest
	running map[runner]context.CancelFunc
	over    bool
	tasks   sync.WaitGroup
}

// follow starts and stops until list is what runs.
func (c *crew) follow(list []runner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	wanted := map[runner]context.CancelFunc{}
	for _, r := range list {
		if stop := c.running[r]; stop != nil {
			wanted[r] = stop
			continue
		}
		ctx, stop := context.WithCancel(context.Background())
		wanted[r] = stop
		c.tasks.Go(func() { r.Run(ctx) })
	}
	for r, stop := range c.running {
		if wanted[r] == nil {
			stop()
		}
	}
	c.running = wanted
}

// end stops all and waits for them.
func (c *crew) end() {
	c.follow(nil)
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.tasks.Wait()
}
