package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// settings come from the environment; README.md lists them.
type settings struct {
	rounds, seconds int
	rows            []string // names; none means all
	port            int      // the first
	proxyCPU        string   // core of the proxies
	loadCPUs        string   // cores of everything else, as taskset takes them
	oauth2Proxy     string   // paths of peers, or empty
	vouch           string
	profile         string // directory for profiles instead of a table
	save            string // file whose results are replaced
}

func settingsFrom(getenv func(string) string) (s settings, err error) {
	number := func(name string, standard int) int {
		text := getenv(name)
		if text == "" {
			return standard
		}
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 0 {
			err = fmt.Errorf("%s: %q is no number", name, text)
		}
		return n
	}
	cores := runtime.NumCPU()
	s = settings{
		rounds: max(1, number("BENCH_ROUNDS", 3)), seconds: max(1, number("BENCH_SECONDS", 2)), port: number("BENCH_PORT", 9300),
		rows:     strings.Fields(getenv("BENCH_ROWS")),
		proxyCPU: strconv.Itoa(number("BENCH_PROXY_CPU", min(1, cores-1))), loadCPUs: getenv("BENCH_LOAD_CPUS"),
		oauth2Proxy: getenv("OAUTH2_PROXY"), vouch: getenv("VOUCH"), profile: getenv("BENCH_PROFILE"),
	}
	if s.loadCPUs == "" {
		var others []string
		for cpu := range cores {
			if c := strconv.Itoa(cpu); c != s.proxyCPU || cores == 1 {
				others = append(others, c)
			}
		}
		s.loadCPUs = strings.Join(others, ",")
	}
	if getenv("BENCH_SAVE") != "" {
		s.save = "bench/README.md"
		if len(s.rows) > 0 {
			err = errors.New("BENCH_SAVE would replace all results by those of BENCH_ROWS; set one of them")
		}
	}
	for _, peer := range []string{s.oauth2Proxy, s.vouch} {
		if _, bad := os.Stat(peer); peer != "" && bad != nil {
			err = bad
		}
	}
	return s, err
}
