package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// restRows: what it costs while nobody asks, and the checks by themselves.
func restRows() []row {
	return []row{
		{
			name: "idle", title: thousands(idleConnections) + " idle connections", turns: idleTurns,
			bounds: []bound{{figure: rss, times: bare, most: 1.1}},
		},
		{
			name: "rest", title: "at rest", turns: restingTurns, once: true,
			bounds: []bound{{figure: ready, most: 100}, {figure: rss, most: 20}, {figure: binary, most: 40}},
		},
		{
			name: "checks", title: "checks by themselves", turns: checkTurns, once: true,
			bounds: []bound{
				{figure: nanoseconds, of: "remembered session", most: 1000}, {figure: allocations, of: "remembered session", most: 0},
				{figure: nanoseconds, of: "sealed cookie seen first", most: 6000},
				{figure: nanoseconds, of: "policy, 50 rules, 200 groups", most: 5000}, {figure: allocations, of: "policy, 50 rules, 200 groups", most: 0},
			},
		},
	}
}

const (
	idleConnections = 10_000
	ready           = "start to ready ms"
	anonymous       = "of it not the file's" // but memory of its own
	binary          = "binary MiB"
	nanoseconds     = "ns"
	allocations     = "allocations"
)

func idleTurns(b *bed) ([]turn, error) {
	return []turn{
		{gatehouse, func() (figures, error) {
			return b.idle("idle", func() (*subject, error) { return b.gatehouse("idle", gatehouse, variant{}) })
		}, nil},
		{bare, func() (figures, error) {
			return b.idle("idle-bare", func() (*subject, error) { return b.bareAt("idle-bare") })
		}, nil},
	}, nil
}

// idle starts a subject anew, has each of many connections ask once, and reads
// its memory when all have been silent for a while.
func (b *bed) idle(place string, start func() (*subject, error)) (figures, error) {
	s, err := start()
	defer b.end(place)
	if err != nil {
		return nil, err
	}
	before := s.resident()
	var all []net.Conn
	defer func() {
		for _, conn := range all {
			_ = conn.Close()
		}
	}()
	request := []byte(s.head("GET /1k HTTP/1.1"))
	reader := bufio.NewReader(nil)
	for range idleConnections {
		conn, err := s.dial()
		if err != nil {
			return nil, err
		}
		all = append(all, conn)
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		reader.Reset(conn)
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: connection %d: %s", s.name, len(all), answer.Status)
		}
		if _, err := reader.Discard(int(answer.ContentLength)); err != nil {
			return nil, err
		}
	}
	time.Sleep(3 * time.Second)
	return figures{rss: s.resident(), growth: s.resident() - before}, nil
}

func restingTurns(b *bed) ([]turn, error) {
	file, err := b.gatehouseFile("start", variant{})
	if err != nil {
		return nil, err
	}
	address := b.address("start")
	turns := []turn{{gatehouse, func() (figures, error) {
		return b.resting("http://"+address+"/.auth/ok", b.program("gatehouse"), "serve", "--config", file)
	}, nil}}
	if b.settings.oauth2Proxy != "" {
		turns = append(turns, turn{oauth2Proxy, func() (figures, error) {
			argv, err := b.oauth2Command(address, b.address("upstream"))
			if err != nil {
				return nil, err
			}
			return b.resting("http://"+address+"/ping", argv...)
		}, nil})
	}
	return turns, nil
}

// resting asks bench/ready, which takes medians itself.
func (b *bed) resting(url string, argv ...string) (figures, error) {
	program, err := os.Stat(argv[0])
	if err != nil {
		return nil, err
	}
	command := exec.Command(b.program("ready"), append([]string{"-url", url, "--", "taskset", "-c", b.proxyCPU, "env", "GOMAXPROCS=1"}, argv...)...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("ready: %w", err)
	}
	f := figures{binary: float64(program.Size()) / (1 << 20)}
	var milliseconds, mebibytes, own float64
	if _, err := fmt.Sscan(string(out), &milliseconds, &mebibytes, &own); err != nil {
		return nil, fmt.Errorf("ready said %q", out)
	}
	f[ready], f[rss], f[anonymous] = milliseconds, mebibytes, own
	return f, nil
}

// checkTurns are Go benchmarks, which count allocations as well.
func checkTurns(b *bed) (turns []turn, err error) {
	for _, c := range []struct{ who, room, name string }{
		{"remembered session", "./session", "BenchmarkLoadRemembered"},
		{"remembered session of 200 groups", "./session", "BenchmarkLoadRememberedLarge"},
		{"sealed cookie seen first", "./session", "BenchmarkLoadSealed"},
		{"policy, 50 rules, 200 groups", "./policy", "BenchmarkDecide50Rules200Groups"},
	} {
		turns = append(turns, turn{c.who, func() (figures, error) { return b.benchmark(c.room, c.name) }, nil})
	}
	return turns, nil
}

func (b *bed) benchmark(room, name string) (figures, error) {
	out, err := exec.Command("taskset", "-c", b.proxyCPU, "go", "test", "-run", "^$", "-bench", "^"+name+"$", "-benchmem", "-cpu", "1", room).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, out)
	}
	for line := range strings.Lines(string(out)) {
		var iterations, bytes int
		var ns, allocs float64
		rest, found := strings.CutPrefix(line, name)
		if !found {
			continue
		}
		if _, err := fmt.Sscanf(strings.Join(strings.Fields(rest), " "), "%d %f ns/op %d B/op %f allocs/op", &iterations, &ns, &bytes, &allocs); err == nil {
			return figures{nanoseconds: ns, allocations: allocs}, nil
		}
	}
	return nil, fmt.Errorf("%s said: %s", name, out)
}
