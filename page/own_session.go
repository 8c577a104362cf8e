package page

import "time"

// OwnSession is one row of a person's own sessions, with the form that ends it.
type OwnSession struct {
	ID              string
	Device, Address string
	Created, Seen   time.Time
	Here            bool // the one that asks
	Action          string
	Token           string
	now             time.Time
}

// LastSeen is when it was last used, as people say it.
func (o OwnSession) LastSeen() string { return ago(o.now.Sub(o.Seen)) }

// SeenAt is the time element of LastSeen.
func (o OwnSession) SeenAt() string { return o.Seen.UTC().Format(time.RFC3339) }
