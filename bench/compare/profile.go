package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profileTo writes pprof files of Gatehouse's turns in the chosen rows, the
// first row if none is: CPU while they are under way, memory after them.
func (b *bed) profileTo(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	rows, err := b.chosen()
	if err != nil {
		return err
	}
	if len(b.rows) == 0 {
		rows = rows[:1]
	}
	for _, r := range rows {
		turns, err := r.turns(b)
		if err != nil {
			return err
		}
		for i, t := range turns {
			if t.subject == nil || t.subject.operators == "" {
				continue
			}
			name := r.name
			if i > 0 {
				name = fmt.Sprintf("%s-%d", r.name, i+1)
			}
			if err := b.profileTurn(filepath.Join(dir, name), t); err != nil {
				return fmt.Errorf("%s: %w", r.title, err)
			}
			fmt.Printf("%s: %s\n", r.title, t.who)
		}
	}
	fmt.Printf("\ngo tool pprof -http : %s/%s-cpu.pprof    also -heap, and -allocs since the start\n", dir, rows[0].name)
	return nil
}

func (b *bed) profileTurn(path string, t turn) error {
	// The profile ends before the load does.
	seconds := max(1, b.seconds-1)
	fetched := make(chan error, 1)
	go func() {
		time.Sleep(500 * time.Millisecond)
		fetched <- t.subject.fetch(fmt.Sprintf("profile?seconds=%d", seconds), path+"-cpu.pprof")
	}()
	f, err := t.measure()
	if err != nil {
		return err
	}
	if err := <-fetched; err != nil {
		return err
	}
	for _, name := range []string{"heap", "allocs"} {
		if err := t.subject.fetch(name, path+"-"+name+".pprof"); err != nil {
			return err
		}
	}
	fmt.Printf("%.1f µs of CPU, profiler included, in ", f[cpu])
	return nil
}

func (s *subject) fetch(profile, path string) error {
	answer, err := http.Get("http://" + s.operators + "/debug/pprof/" + profile)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("profile %s: %s", profile, answer.Status)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, answer.Body); err != nil {
		return err
	}
	return file.Close()
}
