package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	bin := flag.String("bin", "bin", "directory of the built programs")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if err := compare(*bin); err != nil {
		log.Fatal(err)
	}
}

func compare(bin string) (err error) {
	s, err := settingsFrom(os.Getenv)
	if err != nil {
		return err
	}
	// What this program asks for itself is load, too.
	if out, err := exec.Command("taskset", "-a", "-c", "-p", s.loadCPUs, strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil {
		return fmt.Errorf("taskset: %w: %s", err, out)
	}
	b, err := newBed(s, bin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	done := make(chan error, 1)
	go func() {
		if s.profile != "" {
			done <- b.profileTo(s.profile)
		} else {
			done <- b.table()
		}
	}()
	select {
	case err := <-done:
		return err
	case <-interrupted:
		return errors.New("interrupted")
	}
}
