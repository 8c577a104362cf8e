// Package redistest starts real Redis servers for tests: one, a master with a
// replica and sentinels, or a cluster, on free loopback ports. A test that
// needs one skips by name where redis-server is not installed.
package redistest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is one redis-server process.
type Server struct {
	Address string
	t       testing.TB
	program string
	dir     string
	options []string
	process *exec.Cmd
	output  *bytes.Buffer
}

// Start starts redis-server with options ("--requirepass x") and ends it with
// the test.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	s := prepare(t, "redis-server", options)
	s.Start()
	return s
}

// prepare finds the program and a free address.
func prepare(t testing.TB, program string, options []string) *Server {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed", program)
	}
	return &Server{Address: freeAddress(t), t: t, program: program, dir: t.TempDir(), options: options}
}

// Port is the address's.
func (s *Server) Port() string {
	_, port, _ := net.SplitHostPort(s.Address)
	return port
}

// Start starts the process, again after Kill at the same address and with what
// was on disk.
func (s *Server) Start() {
	s.t.Helper()
	arguments := []string{"--port", s.Port(), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no"}
	if s.program == "redis-sentinel" {
		arguments = []string{filepath.Join(s.dir, "sentinel.conf"), "--port", s.Port(), "--bind", "127.0.0.1", "--dir", s.dir}
	}
	s.output = new(bytes.Buffer)
	s.process = exec.Command(s.program, append(arguments, s.options...)...)
	s.process.Stdout, s.process.Stderr = s.output, s.output
	// It ends with the test process, whatever becomes of that.
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	process := s.process
	s.t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
	})
	Eventually(s.t, "redis-server answers", func() bool {
		answer := s.Ask("PING")
		return strings.HasPrefix(answer, "+PONG") || strings.HasPrefix(answer, "-NOAUTH")
	})
}

// Kill ends the process without a farewell.
func (s *Server) Kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

// Pause stops the process, which keeps its connections, until Resume.
func (s *Server) Pause() { s.process.Process.Signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *Server) Resume() { s.process.Process.Signal(syscall.SIGCONT) }

// Do sends one command on a connection of its own and returns the raw answer.
func (s *Server) Do(command ...string) string {
	s.t.Helper()
	answer := s.Ask(command...)
	if answer == "" || answer[0] == '-' {
		s.t.Fatalf("redis: %s: %q", strings.Join(command, " "), answer)
	}
	return answer
}

// DoAs is Do at a server that asks for this password.
func (s *Server) DoAs(password string, command ...string) {
	s.t.Helper()
	if answer := s.send([]string{"AUTH", password}, command); strings.Contains(answer, "-") {
		s.t.Fatalf("redis: %s: %q", strings.Join(command, " "), answer)
	}
}

// Ask is Do where no answer, or a refusal, is nothing unusual: while something
// is waited for.
func (s *Server) Ask(command ...string) string { return s.send(command) }

func (s *Server) send(commands ...[]string) string {
	c, err := net.DialTimeout("tcp", s.Address, time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	var request strings.Builder
	for _, command := range commands {
		fmt.Fprintf(&request, "*%d\r\n", len(command))
		for _, word := range command {
			fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(word), word)
		}
	}
	if _, err := c.Write([]byte(request.String())); err != nil {
		return ""
	}
	var answer strings.Builder
	r := bufio.NewReader(c)
	for range commands {
		if readAnswer(r, &answer) != nil {
			return ""
		}
	}
	return answer.String()
}

// readAnswer copies one value as it came (RESP2).
func readAnswer(r *bufio.Reader, to *strings.Builder) error {
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	to.WriteString(line)
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$':
		if n >= 0 {
			_, err = io.CopyN(to, r, int64(n)+2)
		}
	case '*':
		for ; n > 0 && err == nil; n-- {
			err = readAnswer(r, to)
		}
	}
	return err
}

// Info returns one number of INFO, such as used_memory.
func (s *Server) Info(section, name string) int {
	s.t.Helper()
	for line := range strings.SplitSeq(s.Do("INFO", section), "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			n := 0
			fmt.Sscan(value, &n)
			return n
		}
	}
	s.t.Fatalf("redis: INFO %s has no %s", section, name)
	return 0
}

// Calls returns how often each command was called.
func (s *Server) Calls() map[string]int {
	calls := map[string]int{}
	for line := range strings.SplitSeq(s.Do("INFO", "commandstats"), "\r\n") {
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":calls=")
		if ok {
			n := 0
			fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &n)
			calls[name] = n
		}
	}
	return calls
}

// Eventually waits until something is so.
func Eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if so() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// freeAddress is outside of the ports that the system gives to outgoing
// connections, which could take it before the server does.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(22_000)))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String()
	}
	t.Fatal("no free port")
	return ""
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
