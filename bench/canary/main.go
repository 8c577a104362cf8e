// Command canary measures what one signed-in person feels while others attack:
// a request every few milliseconds over one connection, quiet and under each
// load, turn by turn. The load comes from a second process of this program,
// which gives way to everybody else on its cores.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// pace is the time from one of the canary's requests to the next.
	pace = 5 * time.Millisecond
	// windows are what a measurement is cut into: a p99 is the median of
	// theirs, so that one hiccup of the machine is not the gateway's.
	windows = 5
	// least is how nice an attacker is to others on its cores.
	least = 19
)

func main() {
	to := flag.String("to", "", "the gateway, as host:port; also the Host to ask for")
	cookie := flag.String("cookie", "", "the canary's session, for a Cookie header")
	pid := flag.Int("pid", 0, "the gateway's process, whose memory is told")
	seconds := flag.Int("seconds", 10, "of each measurement")
	load := flag.String("load", "", "attack instead, with this load")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("canary: ")
	length := time.Duration(*seconds) * time.Second
	if *load != "" {
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, least); err != nil {
			log.Fatal(err)
		}
		fmt.Println(attack(*load, *to, length))
		return
	}
	measure(*to, *cookie, *pid, length, *seconds)
}

func measure(to, cookie string, pid int, length time.Duration, seconds int) {
	fmt.Println("| load | came to | quiet p50 | p50 | quiet p99 | p99 | ratio of p99 | RSS before | during | after |")
	fmt.Println("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	feel(to, cookie, time.Second) // warm up
	for _, name := range loads {
		quiet := feel(to, cookie, length)
		before := resident(pid)
		attacker := exec.Command(self, "-load", name, "-to", to, "-seconds", fmt.Sprint(seconds+2))
		attacker.Stderr = os.Stderr
		out, err := attacker.StdoutPipe()
		if err != nil {
			log.Fatal(err)
		}
		if err := attacker.Start(); err != nil {
			log.Fatal(err)
		}
		time.Sleep(time.Second)
		under := feel(to, cookie, length)
		during := resident(pid)
		said, _ := io.ReadAll(out)
		if err := attacker.Wait(); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %.1f | %.1f MiB | %.1f MiB | %.1f MiB |\n", name, strings.TrimSpace(string(said)),
			round(quiet.p50), round(under.p50), round(quiet.p99), round(under.p99),
			float64(under.p99)/float64(quiet.p99), before, during, resident(pid))
	}
}

// felt is how long requests took: medians over the windows.
type felt struct{ p50, p99 time.Duration }

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// feel sends the canary's requests.
func feel(to, cookie string, length time.Duration) felt {
	c, err := net.Dial("tcp", to)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	request := "GET /1k HTTP/1.1\r\nHost: " + to + "\r\nCookie: " + cookie + "\r\n\r\n"
	var halves, highs []time.Duration
	for range windows {
		var took []time.Duration
		for began := time.Now(); time.Since(began) < length/windows; {
			sent := time.Now()
			if _, err := io.WriteString(c, request); err != nil {
				log.Fatal(err)
			}
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				log.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
				log.Fatalf("the canary got %d, %v", res.StatusCode, err)
			}
			took = append(took, time.Since(sent))
			time.Sleep(time.Until(sent.Add(pace)))
		}
		halves, highs = append(halves, quantile(took, 50)), append(highs, quantile(took, 99))
	}
	return felt{quantile(halves, 50), quantile(highs, 50)}
}

// quantile sorts as it goes.
func quantile(of []time.Duration, percent int) time.Duration {
	slices.Sort(of)
	return of[len(of)*percent/100]
}

// resident is a process's memory in MiB (proc_pid_status(5), VmRSS).
func resident(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib float64
	_, _ = fmt.Sscan(rest, &kib)
	return kib / 1024
}
