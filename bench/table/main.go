// Command table turns the rounds that run.sh measured into a Markdown table of
// medians, with each proxy's cost as a ratio to the bare ReverseProxy's in the
// same run.
//
// Each line of its input is one measurement, separated by tabs: round, body,
// connections, proxy, requests, seconds, p50 and p99 in microseconds, failed
// requests, CPU seconds of the proxy, resident KiB.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
)

// baseline is the proxy that ratios are taken against.
const baseline = "bare ReverseProxy"

func main() {
	log.SetFlags(0)
	log.SetPrefix("table: ")
	runs, err := read(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	if err := write(os.Stdout, runs); err != nil {
		log.Fatal(err)
	}
}

// setting is what was asked of a proxy; proxies compare within one setting.
type setting struct {
	body        string
	connections int
}

// measurement is one round of one proxy.
type measurement struct {
	setting
	proxy               string
	perSecond, p50, p99 float64 // requests; milliseconds
	cpu                 float64 // microseconds a request
	resident            float64 // MiB
	failed              int
}

func read(r io.Reader) ([]measurement, error) {
	var all []measurement
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 11 {
			return nil, fmt.Errorf("line %d: %d fields, want 11", n, len(fields))
		}
		var m measurement
		var requests, seconds, p50, p99, cpu, kib float64
		m.body, m.proxy = fields[1], fields[3]
		rest := strings.Join(append([]string{fields[2]}, fields[4:]...), " ")
		if _, err := fmt.Sscan(rest, &m.connections, &requests, &seconds, &p50, &p99, &m.failed, &cpu, &kib); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if requests == 0 || seconds == 0 {
			return nil, fmt.Errorf("line %d: %s answered nothing", n, m.proxy)
		}
		m.perSecond, m.p50, m.p99 = requests/seconds, p50/1000, p99/1000
		m.cpu, m.resident = cpu/requests*1e6, kib/1024
		all = append(all, m)
	}
	return all, lines.Err()
}

// row is the medians of one proxy in one setting.
type row struct {
	perSecond, p50, p99, cpu, resident float64
	failed                             int
}

func medians(runs []measurement) row {
	of := func(value func(measurement) float64) float64 {
		var values []float64
		for _, run := range runs {
			values = append(values, value(run))
		}
		return median(values)
	}
	r := row{
		perSecond: of(func(m measurement) float64 { return m.perSecond }),
		p50:       of(func(m measurement) float64 { return m.p50 }),
		p99:       of(func(m measurement) float64 { return m.p99 }),
		cpu:       of(func(m measurement) float64 { return m.cpu }),
		resident:  of(func(m measurement) float64 { return m.resident }),
	}
	for _, run := range runs {
		r.failed += run.failed
	}
	return r
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

// write prints one table a setting, settings and proxies in the order in which
// they were measured first.
func write(w io.Writer, runs []measurement) error {
	var settings []setting
	var proxies []string
	of := make(map[setting]map[string][]measurement)
	for _, run := range runs {
		if of[run.setting] == nil {
			settings = append(settings, run.setting)
			of[run.setting] = make(map[string][]measurement)
		}
		if !slices.Contains(proxies, run.proxy) {
			proxies = append(proxies, run.proxy)
		}
		of[run.setting][run.proxy] = append(of[run.setting][run.proxy], run)
	}

	out := bufio.NewWriter(w)
	for _, s := range settings {
		fmt.Fprintf(out, "### %s, %d connections\n\n", s.body, s.connections)
		fmt.Fprintf(out, "| proxy | requests/s | p50 ms | p99 ms | CPU µs/request | CPU ratio | RSS MiB | failed |\n")
		fmt.Fprintf(out, "|---|---:|---:|---:|---:|---:|---:|---:|\n")
		base := of[s][baseline]
		for _, proxy := range proxies {
			if len(of[s][proxy]) == 0 {
				continue
			}
			r := medians(of[s][proxy])
			ratio := "–"
			if len(base) > 0 {
				ratio = fmt.Sprintf("%.2f", r.cpu/medians(base).cpu)
			}
			fmt.Fprintf(out, "| %s | %.0f | %.3f | %.3f | %.1f | %s | %.1f | %d |\n",
				proxy, r.perSecond, r.p50, r.p99, r.cpu, ratio, r.resident, r.failed)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
