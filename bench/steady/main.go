// Steady asks for one address at a fixed rate, first in quiet and then while
// the gateway reloads, and prints what both felt like. Latency counts from when
// a request was due, so that one that had to wait for another is not left out.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// load is what is asked, and how often.
type load struct {
	url, cookie string
	rate        int
	length      time.Duration
	client      *http.Client
}

// felt is what a run of a load came to.
type felt struct {
	latencies []time.Duration // sorted
	failed    int
	why       string // of the first failure
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("steady: ")
	url := flag.String("url", "", "an `address` that answers 200")
	cookie := flag.String("cookie", "", "the Cookie header")
	rate := flag.Int("rate", 500, "requests a second")
	length := flag.Duration("length", 10*time.Second, "of each run")
	pid := flag.Int("reload", 0, "`process` that gets SIGHUP during the second run")
	every := flag.Duration("every", 200*time.Millisecond, "time between two reloads")
	connections := flag.Int("connections", 32, "kept alive")
	flag.Parse()
	l := load{url: *url, cookie: *cookie, rate: *rate, length: *length, client: &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			MaxIdleConnsPerHost: *connections, MaxConnsPerHost: *connections, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}

	warm := l
	warm.length = time.Second
	warm.run()
	quiet := l.run()
	fmt.Println("quiet:    ", quiet)
	if *pid == 0 {
		return
	}
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		again := time.NewTicker(*every)
		defer again.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			case <-again.C:
				if err := syscall.Kill(*pid, syscall.SIGHUP); err != nil {
					log.Fatal(err)
				}
			}
		}
	}()
	busy := l.run()
	close(stop)
	fmt.Println("reloading:", busy)
	fmt.Printf("%d reloads asked for, p99 %.2f times its quiet value\n", <-stopped, float64(busy.quantile(0.99))/float64(quiet.quantile(0.99)))
	if quiet.failed+busy.failed > 0 {
		os.Exit(1)
	}
}

// run sends every request when it is due.
func (l load) run() (f felt) {
	var mu sync.Mutex // guards f
	var under sync.WaitGroup
	begin := time.Now()
	for i := range int(l.length.Seconds() * float64(l.rate)) {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(l.rate))
		time.Sleep(time.Until(due))
		under.Go(func() {
			why := l.ask()
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			f.latencies = append(f.latencies, took)
			if why != "" {
				if f.failed++; f.why == "" {
					f.why = why
				}
			}
		})
	}
	under.Wait()
	slices.Sort(f.latencies)
	return f
}

// ask sends one request and says why it failed.
func (l load) ask() string {
	r, err := http.NewRequest("GET", l.url, nil)
	if err != nil {
		log.Fatal(err)
	}
	if l.cookie != "" {
		r.Header.Set("Cookie", l.cookie)
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err.Error()
	}
	if answer.StatusCode != 200 {
		return answer.Status
	}
	return ""
}

func (f felt) quantile(q float64) time.Duration {
	return f.latencies[int(q*float64(len(f.latencies)-1))]
}

func (f felt) String() string {
	s := fmt.Sprintf("%d requests, %d failed, p50 %s, p99 %s, slowest %s", len(f.latencies), f.failed,
		f.quantile(0.5).Round(time.Microsecond), f.quantile(0.99).Round(time.Microsecond), f.quantile(1).Round(time.Microsecond))
	if f.why != "" {
		s += ", the first because of " + f.why
	}
	return s
}
