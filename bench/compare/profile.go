package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// profiled is the Gatehouse of most rows with the operators' listener, which
// serves profiles.
func (b *bed) profiled() (*subject, error) {
	return b.gatehouse("plain", "Gatehouse", variant{server: fmt.Sprintf("  admin: {listen: \"%s\"}\n", b.address("admin"))})
}

// profileTo writes pprof files of the signed-in run: CPU while it is under way,
// memory after it.
func (b *bed) profileTo(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	s, err := b.profiled()
	if err != nil {
		return err
	}
	seconds := b.seconds
	if _, err := b.wrk(s, load{path: "/1k", connections: 64, seconds: 1}); err != nil { // warm up
		return err
	}
	fetched := make(chan error, 1)
	go func() { fetched <- b.fetchProfile(dir, "cpu", fmt.Sprintf("profile?seconds=%d", seconds)) }()
	f, err := b.wrk(s, load{path: "/1k", connections: 64, seconds: seconds + 1})
	if err != nil {
		return err
	}
	if err := <-fetched; err != nil {
		return err
	}
	for _, name := range []string{"heap", "allocs"} {
		if err := b.fetchProfile(dir, name, name); err != nil {
			return err
		}
	}
	fmt.Printf("signed in, 1 KiB, 64 connections: %.1f µs of CPU a request, profiler included\n", f[cpu])
	fmt.Printf("go tool pprof -http : %s/cpu.pprof    also heap.pprof, allocs.pprof\n", dir)
	return nil
}

func (b *bed) fetchProfile(dir, name, path string) error {
	answer, err := http.Get("http://" + b.address("admin") + "/debug/pprof/" + path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("profile %s: %s", name, answer.Status)
	}
	file, err := os.Create(filepath.Join(dir, name+".pprof"))
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, answer.Body); err != nil {
		return err
	}
	return file.Close()
}
