package gateway

import "time"

// trimAfter is how long after a start or a reload what they left is given back:
// what is asked first, as the providers' discovery, is over by then.
const trimAfter = 300 * time.Millisecond

// newTrimmer calls do some time after each Reset, and nothing if it is nil.
func newTrimmer(do func()) *time.Timer {
	if do == nil {
		do = func() {}
	}
	t := time.AfterFunc(time.Hour, do)
	t.Stop()
	return t
}
