package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for another process.
const patience = 30 * time.Second

// process is a program that runs beside the test.
type process struct {
	command *exec.Cmd
	ended   chan error

	mu     sync.Mutex // guards said
	said   bytes.Buffer
	spoken *sync.Cond // signalled with every line
	silent bool       // guarded by mu: it has closed its outputs
}

// start runs a program and ends it with the test. If the test failed, what the
// program said is shown.
func start(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	p := &process{command: command, ended: make(chan error, 1)}
	p.spoken = sync.NewCond(&p.mu)
	read, write := io.Pipe()
	command.Stdout, command.Stderr = write, write
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go p.listen(read)
	go func() {
		err := command.Wait()
		write.Close()
		p.ended <- err
	}()
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(command.Path), p.output())
		}
	})
	return p
}

func (p *process) listen(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.mu.Lock()
		p.said.WriteString(lines.Text() + "\n")
		p.spoken.Broadcast()
		p.mu.Unlock()
	}
	p.mu.Lock()
	p.silent = true
	p.spoken.Broadcast()
	p.mu.Unlock()
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// await waits for a line that holds text, and returns what follows text in it.
func (p *process) await(t *testing.T, text string) string {
	t.Helper()
	late := time.AfterFunc(patience, func() {
		p.mu.Lock()
		p.silent = true
		p.spoken.Broadcast()
		p.mu.Unlock()
	})
	defer late.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for line := range strings.Lines(p.said.String()) {
			if _, rest, ok := strings.Cut(line, text); ok && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(rest)
			}
		}
		if p.silent {
			t.Fatalf("%s never said %q, but:\n%s", filepath.Base(p.command.Path), text, &p.said)
		}
		p.spoken.Wait()
	}
}

// stop signals the program and returns how it ended; nil is exit status 0.
func (p *process) stop(signal os.Signal) error {
	p.command.Process.Signal(signal)
	select {
	case err := <-p.ended:
		p.ended <- err // for whoever asks again
		return err
	case <-time.After(patience):
		p.command.Process.Kill()
		return fmt.Errorf("did not end within %s of %s", patience, signal)
	}
}

// serve runs "gatehouse serve" with a configuration, and returns once base
// answers. More are environment variables.
func serve(t *testing.T, file, base string, client *http.Client, more ...string) *process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatehouse.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(gatehouse, "serve", "--config", path)
	command.Env = append(os.Environ(), append(more, "GATEHOUSE_KEY="+key(t))...)
	p := start(t, command)
	answers(t, client, base+"/.auth/ok")
	return p
}

// startRedis runs a Redis server that keeps nothing on disk.
func startRedis(t *testing.T, port string) {
	t.Helper()
	redis := exec.Command(program(t, "redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	start(t, redis).await(t, "Ready to accept connections")
}

// key is a fresh session key.
func key(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(gatehouse, "keygen").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// answers waits until url answers with 200.
func answers(t *testing.T, client *http.Client, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("status %s", answer.Status)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", url, err)
		}
	}
}
