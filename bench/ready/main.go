// Command ready starts a server several times and prints the medians of how
// long it took until an address answered 200, and of its resident memory after
// a second of doing nothing: all of it, and what is not pages of the program's
// file, which the system shares and takes back as it likes:
//
//	ready -url http://127.0.0.1:8080/.auth/ok -- gatehouse serve --config f.yaml
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func main() {
	address := flag.String("url", "", "address that answers 200 when the server is ready")
	times := flag.Int("times", 5, "how often to start it")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("ready: ")
	if *address == "" || flag.NArg() == 0 || *times < 1 {
		flag.Usage()
		os.Exit(2)
	}

	var started []time.Duration
	var resident, own []int
	for range *times {
		duration, memory, err := start(*address, flag.Args())
		if err != nil {
			log.Fatal(err)
		}
		started = append(started, duration)
		resident, own = append(resident, memory.all), append(own, memory.own)
	}
	fmt.Printf("%.1f %.1f %.1f\n", float64(median(started))/1e6, float64(median(resident))/1024, float64(median(own))/1024)
}

// start runs the server once and returns the time to its first 200 and its
// resident memory.
func start(address string, argv []string) (ready time.Duration, r memory, err error) {
	// A connection of its own for each attempt: the server's end comes soon.
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	command := exec.Command(argv[0], argv[1:]...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	begin := time.Now()
	if err := command.Start(); err != nil {
		return 0, r, err
	}
	defer func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, output.Bytes())
		}
	}()
	for {
		response, err := client.Get(address)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(begin) > 10*time.Second {
			return 0, r, fmt.Errorf("%s was not ready within 10 s", argv[0])
		}
		time.Sleep(500 * time.Microsecond)
	}
	ready = time.Since(begin)
	time.Sleep(time.Second)
	r, err = resident(command.Process.Pid)
	return ready, r, err
}

// memory is what is resident, in KiB.
type memory struct{ all, own int }

// resident reads VmRSS and RssAnon, proc_pid_status(5).
func resident(pid int) (r memory, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return r, err
	}
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		if len(fields) != 3 {
			continue
		}
		kib, _ := strconv.Atoi(string(fields[1]))
		switch string(fields[0]) {
		case "VmRSS:":
			r.all = kib
		case "RssAnon:":
			r.own = kib
		}
	}
	if r.all == 0 {
		return r, fmt.Errorf("no VmRSS for process %d", pid)
	}
	return r, nil
}

// median returns the middle one, the lower of two.
func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
