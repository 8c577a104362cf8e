// Package rawconn is a network connection whose reads and writes Go's scheduler
// is not told of.
//
// net tells it of every system call, because one that blocks would hold the
// processor. Calls on net's sockets never do: they return at once, with EAGAIN if
// there is nothing. And to be told costs more than it seems: a process that was
// idle wakes the runtime's monitor thread with its first system call, and that
// looks around every 20 µs from then on. A gateway is idle between most
// requests, and with one processor that thread took a tenth of its time. It
// sleeps on now, until somebody does make a call that may last, or a timer ends:
// accepting a connection, a line of the log, a question to the store.
package rawconn

// Buffers lend memory. An httputil.BufferPool does.
type Buffers interface {
	Get() []byte
	Put([]byte)
}
