// Command ready starts a server several times and prints the medians of how
// long it took until an address answered 200, and of its resident memory after
// a second of doing nothing:
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
	var resident []int
	for range *times {
		duration, kib, err := start(*address, flag.Args())
		if err != nil {
			log.Fatal(err)
		}
		started = append(started, duration)
		resident = append(resident, kib)
	}
	fmt.Printf("%.1f %.1f\n", float64(median(started))/1e6, float64(median(resident))/1024)
}

// start runs the server once and returns the time to its first 200 and its
// resident memory in KiB.
func start(address string, argv []string) (ready time.Duration, kib int, err error) {
	// A connection of its own for each attempt: the server's end comes soon.
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	command := exec.Command(argv[0], argv[1:]...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	begin := time.Now()
	if err := command.Start(); err != nil {
		return 0, 0, err
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
			return 0, 0, fmt.Errorf("%s was not ready within 10 s", argv[0])
		}
		time.Sleep(500 * time.Microsecond)
	}
	ready = time.Since(begin)
	time.Sleep(time.Second)
	kib, err = residentKiB(command.Process.Pid)
	return ready, kib, err
}

// residentKiB reads VmRSS, proc_pid_status(5).
func residentKiB(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmRSS:" {
			return strconv.Atoi(string(fields[1]))
		}
	}
	return 0, fmt.Errorf("no VmRSS for process %d", pid)
}

// median returns the middle one, the lower of two.
func median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
