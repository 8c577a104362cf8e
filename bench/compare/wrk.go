package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// load is what wrk asks for.
type load struct {
	path        string
	connections int
	seconds     int      // the settings' if 0
	header      []string // besides the subject's
	anonymous   bool     // without the subject's
	script      string   // with arguments, instead of asking for path alone
	arguments   []string
}

// wrk measures a subject under load. An answer of 400 or above is a failure,
// and a failure fails the turn: nobody looks fast by refusing.
func (b *bed) wrk(s *subject, l load) (figures, error) {
	return s.cost(func() (int, figures, error) {
		seconds := l.seconds
		if seconds == 0 {
			seconds = b.seconds
		}
		argv := []string{"-c", b.loadCPUs, "wrk", "-t", "1", "-c", strconv.Itoa(l.connections), "-d", fmt.Sprintf("%ds", seconds), "--latency", "-s", "bench/report.lua"}
		lines := l.header
		if !l.anonymous {
			lines = append(lines[:len(lines):len(lines)], s.header...)
		}
		if l.script != "" {
			argv[len(argv)-1] = l.script
		}
		for _, line := range lines {
			argv = append(argv, "-H", line)
		}
		argv = append(argv, s.url+l.path)
		if l.arguments != nil {
			argv = append(append(argv, "--"), l.arguments...)
		}
		out, err := exec.Command("taskset", argv...).CombinedOutput()
		if err != nil {
			return 0, nil, fmt.Errorf("wrk: %w: %s", err, out)
		}
		return readWrk(string(out))
	})
}

// readWrk reads the line that report.lua prints.
func readWrk(out string) (answers int, f figures, err error) {
	_, line, found := strings.Cut(out, "RESULT ")
	var seconds, median, high float64
	var failed [5]int
	if _, err := fmt.Sscan(line, &answers, &seconds, &median, &high, &failed[0], &failed[1], &failed[2], &failed[3], &failed[4]); !found || err != nil {
		return 0, nil, fmt.Errorf("wrk said: %s", out)
	}
	if failed != [5]int{} {
		return 0, nil, fmt.Errorf("of %d requests failed: %d to connect, %d to read, %d to write, %d by their status, %d too late",
			answers, failed[0], failed[1], failed[2], failed[3], failed[4])
	}
	return answers, figures{rate: float64(answers) / seconds, p50: median / 1e3, p99: high / 1e3}, nil
}
