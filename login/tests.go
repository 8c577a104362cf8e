package login

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/provider"
)

const (
	// testLife is how long a test may take and its result is kept.
	testLife = 10 * time.Minute
	// maxTests bounds what operators' tests keep in memory; the oldest goes.
	maxTests = 8
)

// Test is a sign-in that an operator makes to see what a provider sends. It
// goes the whole way of a real one, with the registered redirect URI, and
// becomes no session: its result is for the operator alone, who reads it on the
// admin listener.
type Test struct {
	ID       string // unguessable; whoever knows it may sign in for the test
	Provider string
	Opened   time.Time
	Began    bool // somebody was sent to the provider
	Done     bool
	// Found is what the provider said, as far as it got; nil before Done.
	Found *provider.Inspection
	// Reason and Cause are why the sign-in would have failed, or empty.
	Reason, Cause string
}

// Tests are those of the last ten minutes. They outlive a reload: an operator
// changes the file and tests again.
type Tests struct {
	now func() time.Time

	mu   sync.Mutex // guards all below
	list []*Test    // oldest first
}

// NewTests uses the clock now, time.Now if nil.
func NewTests(now func() time.Time) *Tests {
	if now == nil {
		now = time.Now
	}
	return &Tests{now: now}
}

// Open makes a new test of a provider and returns its id. Only operators may
// call it, which is what keeps strangers from filling the memory.
func (t *Tests) Open(providerName string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prune()
	if len(t.list) >= maxTests {
		t.list = t.list[1:]
	}
	test := &Test{ID: rand.Text(), Provider: providerName, Opened: t.now()}
	t.list = append(t.list, test)
	return test.ID
}

// Get returns a copy of a test of that provider.
func (t *Tests) Get(id, providerName string) (Test, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	test := t.find(id, providerName)
	if test == nil {
		return Test{}, false
	}
	return *test, true
}

// begin reports whether a sign-in for that test may start.
func (t *Tests) begin(id, providerName string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	test := t.find(id, providerName)
	if test == nil || test.Done {
		return false
	}
	test.Began = true
	return true
}

// finish notes the first result that a test comes to.
func (t *Tests) finish(id, providerName string, found *provider.Inspection, reason, cause string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if test := t.find(id, providerName); test != nil && !test.Done {
		test.Done, test.Found, test.Reason, test.Cause = true, found, reason, cause
	}
}

// find needs the lock.
func (t *Tests) find(id, providerName string) *Test {
	t.prune()
	for _, test := range t.list {
		if test.ID == id && test.Provider == providerName {
			return test
		}
	}
	return nil
}

// prune needs the lock.
func (t *Tests) prune() {
	for len(t.list) > 0 && t.now().Sub(t.list[0].Opened) >= testLife {
		t.list = t.list[1:]
	}
}
