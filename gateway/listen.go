package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/proxy"
)

const (
	// headTimeout is how long a request's head may take to arrive.
	headTimeout = 10 * time.Second
	// keepAlive is how long an idle connection is kept.
	keepAlive = 2 * time.Minute
	// maxStreams bounds the requests at once on one HTTP/2 connection.
	maxStreams = 250
)

// listen opens host:port or unix:/path. A socket file that nobody listens on
// any more is replaced.
func listen(address string) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(address, "unix:")
	if !isUnix {
		return (&net.ListenConfig{Control: boundWriting}).Listen(context.Background(), "tcp", address)
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return nil, fmt.Errorf("listen on %s: somebody listens there already", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("listen on %s: there is a file that is no socket", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}

// boundInherited gives a listener that somebody else opened the bounds of ours,
// as far as its protocol has them: Multipath TCP has none.
func boundInherited(l net.Listener) {
	if tcp, ok := l.(*net.TCPListener); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			_ = boundWriting("tcp", "", raw)
		}
	}
}

// newServer is an http.Server with every bound set. HTTP/2 is spoken over TLS,
// and on a plaintext listener with prior knowledge, as a TLS terminator in
// front of gRPC does.
func newServer(handler http.Handler, maxHeaderBytes int, secure *tls.Config, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	if secure != nil {
		protocols.SetHTTP2(true)
	} else {
		protocols.SetUnencryptedHTTP2(true)
	}
	return &http.Server{
		Handler:           handler,
		TLSConfig:         secure,
		ConnContext:       proxy.WithWire,
		ConnState:         proxy.Between,
		Protocols:         protocols,
		ReadHeaderTimeout: headTimeout,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		// OPTIONS * gets no special answer: it is refused like any odd target.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
