package telemetry

import (
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lines are buffers for lines under construction.
type lines struct{ pool sync.Pool }

func (l *lines) get() *[]byte {
	if b, ok := l.pool.Get().(*[]byte); ok {
		*b = (*b)[:0]
		return b
	}
	b := make([]byte, 0, 1024)
	return &b
}

// put takes a buffer back unless one long line made it large.
func (l *lines) put(b *[]byte) {
	if cap(*b) <= 16<<10 {
		l.pool.Put(b)
	}
}

// appendJSON is the access log's line as slog would write it, without what
// makes slog slow for so many fields: attributes, reflection, a lock around
// the write. A test holds the two against each other.
func (rec *Record) appendJSON(b []byte, level slog.Level) []byte {
	b = append(b, `{"time":"`...)
	b = rec.Started.Add(rec.Duration).AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","level":"`...)
	b = append(b, level.String()...)
	b = append(b, `","msg":"request"`...)
	b = appendText(b, `,"request_id":"`, rec.RequestID, maxName)
	b = appendText(b, `,"method":"`, rec.Method, maxMethod)
	b = appendText(b, `,"host":"`, rec.Host, maxHost)
	b = appendText(b, `,"path":"`, rec.Path, maxPath)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(rec.Status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, rec.Bytes, 10)
	b = append(b, `,"duration_ms":`...)
	b = appendMilliseconds(b, rec.Duration)
	if rec.Peer.IsValid() {
		b = append(b, `,"peer":"`...)
		b = rec.Peer.AppendTo(b)
		b = append(b, '"')
	}
	b = appendIfAny(b, `,"route":"`, rec.Route)
	b = appendIfAny(b, `,"provider":"`, rec.Provider)
	b = appendIfAny(b, `,"subject":"`, rec.Subject)
	b = appendIfAny(b, `,"email":"`, rec.Email)
	b = appendIfAny(b, `,"decision":"`, rec.Decision.String())
	b = appendIfAny(b, `,"rule":"`, rec.Rule)
	b = appendIfAny(b, `,"shadow":"`, rec.Shadow)
	b = appendIfAny(b, `,"reason":"`, rec.Reason)
	b = appendIfAny(b, `,"upstream":"`, rec.Upstream)
	b = appendIfAny(b, `,"session":"`, rec.Session)
	b = appendIfAny(b, `,"trace_id":"`, rec.TraceID)
	if rec.Err != nil {
		b = appendText(b, `,"error":"`, oneLine(rec.Err), maxError)
	}
	return append(b, '}', '\n')
}

// oneLine joins the lines of a stack.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " | ") }

func appendIfAny(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	return appendText(b, key, value, maxName)
}

// appendText appends key, which ends with the opening quote, and value. What
// printable leaves over needs a backslash before two characters only.
func appendText(b []byte, key, value string, limit int) []byte {
	b = append(b, key...)
	value = printable(value, limit)
	for {
		i := strings.IndexAny(value, `"\`)
		if i < 0 {
			break
		}
		b = append(b, value[:i]...)
		b = append(b, '\\', value[i])
		value = value[i+1:]
	}
	b = append(b, value...)
	return append(b, '"')
}

// appendMilliseconds is the number milliseconds(d), as JSON has it.
func appendMilliseconds(b []byte, d time.Duration) []byte {
	us := int64(math.Round(float64(d) / float64(time.Microsecond)))
	if us < 0 {
		return strconv.AppendFloat(b, milliseconds(d), 'f', -1, 64) // a clock that was set back
	}
	b = strconv.AppendInt(b, us/1000, 10)
	rest := us % 1000
	if rest == 0 {
		return b
	}
	b = append(b, '.', '0'+byte(rest/100))
	if rest %= 100; rest == 0 {
		return b
	}
	b = append(b, '0'+byte(rest/10))
	if rest %= 10; rest == 0 {
		return b
	}
	return append(b, '0'+byte(rest))
}
