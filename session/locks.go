package session

import (
	"context"
	"sync"
)

// locks serialises work by key within this process. A key takes memory only
// while somebody holds or awaits it.
type locks struct {
	mu   sync.Mutex // guards held and the users of each
	held map[string]*lock
}

type lock struct {
	turn  chan struct{} // holds one token while the lock is taken
	users int           // holder and waiters
}

func newLocks() *locks { return &locks{held: map[string]*lock{}} }

// acquire waits for key until ctx is done. Calling unlock again does nothing.
func (l *locks) acquire(ctx context.Context, key string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	k := l.held[key]
	if k == nil {
		k = &lock{turn: make(chan struct{}, 1)}
		l.held[key] = k
	}
	k.users++
	l.mu.Unlock()

	select {
	case k.turn <- struct{}{}:
		return sync.OnceFunc(func() {
			<-k.turn
			l.leave(key, k)
		}), nil
	case <-ctx.Done():
		l.leave(key, k)
		return nil, ctx.Err()
	}
}

func (l *locks) leave(key string, k *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.held, key)
	}
}
