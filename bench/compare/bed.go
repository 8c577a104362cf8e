package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// bed is where the subjects run, and what they share. All that was started
// stays up until the end, so that a round finds it warm; only one has load at
// a time.
type bed struct {
	settings
	bin, dir string // built programs; files of this run
	key      string // of sessions
	subjects map[string]*subject

	mu        sync.Mutex // guards the rest: an interrupt closes in the midst of a row
	processes map[string]*process
	closed    bool
}

// places are everybody's names in the order of their ports.
var places = []string{
	"upstream", "idp", "redis", "nginx", "bare", "bare-tls", "haproxy", "apache", "oauth2-proxy", "vouch",
	"nginx-gatehouse", "nginx-vouch",
	"plain", "lean", "full", "on-redis", "verify", "tls", "routes-10", "routes-1000", "sessions", "many-sessions", "many-lean", "start", "idle", "idle-bare",
}

func newBed(s settings, bin string) (*bed, error) {
	dir, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return nil, err
	}
	var key [32]byte
	rand.Read(key[:]) // never fails (crypto/rand since Go 1.24)
	return &bed{
		settings: s, bin: bin, dir: dir, key: hex.EncodeToString(key[:]),
		processes: map[string]*process{}, subjects: map[string]*subject{},
	}, nil
}

// close ends everybody, for good.
func (b *bed) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, p := range b.processes {
		p.stop()
	}
	return os.RemoveAll(b.dir)
}

// address is where somebody listens.
func (b *bed) address(place string) string {
	for i, known := range places {
		if known == place {
			return fmt.Sprintf("127.0.0.1:%d", b.port+i)
		}
	}
	panic("no place is called " + place)
}

// operators is where the Gatehouse at a place serves profiles; nowhere unless
// they are asked for.
func (b *bed) operators(place string) string {
	if b.profile == "" {
		return ""
	}
	host, port, _ := net.SplitHostPort(b.address(place))
	n, _ := strconv.Atoi(port)
	return net.JoinHostPort(host, strconv.Itoa(n+len(places)))
}

// file writes a file of this run and returns its path.
func (b *bed) file(name, content string) (string, error) {
	path := filepath.Join(b.dir, name)
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// run starts what listens at a place, unless it is up.
func (b *bed) run(place, cpus string, argv ...string) (*process, error) {
	b.mu.Lock()
	p, known := b.processes[place]
	var err error
	if !known && b.closed {
		err = errors.New("the bed is closed")
	} else if !known {
		if p, err = start(place, filepath.Join(b.dir, place+".log"), cpus, argv...); err == nil {
			b.processes[place] = p
		}
	}
	b.mu.Unlock()
	if err != nil || known {
		return p, err
	}
	return p, p.await(b.address(place))
}

// end stops what listens at a place.
func (b *bed) end(place string) {
	b.mu.Lock()
	p := b.processes[place]
	delete(b.processes, place)
	b.mu.Unlock()
	delete(b.subjects, place)
	if p != nil {
		p.stop()
	}
}

// program is the path of one that run.sh built.
func (b *bed) program(name string) string { return filepath.Join(b.bin, name) }

// upstream is the application behind everybody.
func (b *bed) upstream() (address string, err error) {
	address = b.address("upstream")
	_, err = b.run("upstream", b.loadCPUs, b.program("upstream"), "-listen", address)
	return address, err
}

// idp is the provider that signs everybody in without asking.
func (b *bed) idp() (issuer string, err error) {
	address := b.address("idp")
	var redirects []string
	for _, place := range places {
		host := b.address(place)
		for _, callback := range []string{"http://" + host + "/.auth", "https://" + host + "/.auth"} {
			redirects = append(redirects, callback+"/callback/bench")
		}
		for _, path := range []string{"/oauth2/callback", "/oidc/callback", "/auth"} {
			redirects = append(redirects, "http://"+host+path)
		}
	}
	_, err = b.run("idp", b.loadCPUs, b.program("idp"), "-listen", address, "-redirect-uris", strings.Join(redirects, ","))
	return devidp.Issuer("http://"+address, devidp.EnvironmentID), err
}
