package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// figureNames are all that turns tell, in the order of the tables.
var figureNames = []string{cpu, p50, p99, rate, flow, growth, commands, ready, rss, anonymous, binary, nanoseconds, allocations}

func (b *bed) say(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", values...)
}

// table measures the rows and prints what they came to.
func (b *bed) table() error {
	rows, err := b.chosen()
	if err != nil {
		return err
	}
	machine := b.machine()
	results := b.measure(rows)
	var text strings.Builder
	text.WriteString(machine)
	writeSummary(&text, results)
	writeFigures(&text, results)
	fmt.Print(text.String())
	for _, r := range results {
		if r.failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", r.title, r.failed))
		}
	}
	if err == nil && b.save != "" {
		err = save(b.save, text.String())
	}
	return err
}

// writeSummary prints each bound beside what was measured.
func writeSummary(w io.Writer, results []*result) {
	fmt.Fprint(w, "| row | figure | Gatehouse | yardstick | ratio | bound | |\n|---|---|---:|---|---:|---:|---|\n")
	for _, r := range results {
		for _, b := range r.bounds {
			v := r.verdict(b)
			of := v.figure
			if v.of != gatehouse {
				of += " of " + v.of
			}
			limit := "≤ " + number(b.most)
			if b.least > 0 {
				limit = "≥ " + number(b.least)
			}
			ours, yardstick, ratio, said := number(v.ours), "–", "–", "held"
			if b.times != "" {
				yardstick, ratio = b.times+" "+number(v.yardstick), fmt.Sprintf("%.2f", v.ratio)
				limit += " ×"
			}
			if !v.held {
				said = "**missed**"
			}
			switch {
			case v.missing == v.of:
				ours, yardstick, ratio, said = "–", "–", "–", "not measured"
			case v.missing != "":
				yardstick, ratio, said = b.times+" not measured", "–", "–" // nobody named it
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", r.title, of, ours, yardstick, ratio, limit, said)
		}
	}
}

// writeFigures prints everything that was measured, a table a row.
func writeFigures(w io.Writer, results []*result) {
	for _, r := range results {
		if len(r.who) == 0 {
			continue
		}
		names := r.figures()
		fmt.Fprintf(w, "\n%s:\n\n| | %s |\n|---|%s\n", r.title, strings.Join(names, " | "), strings.Repeat("---:|", len(names)))
		for _, who := range r.who {
			cells := []string{who}
			for _, name := range names {
				cell := "–"
				if v, ok := r.median(who, name); ok {
					cell = number(v)
				}
				cells = append(cells, cell)
			}
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		}
	}
}

// number writes three digits, or all before the point.
func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// machine says where and with what it was measured.
func (b *bed) machine() string {
	cpus, _ := os.ReadFile("/proc/cpuinfo")
	_, model, _ := strings.Cut(string(cpus), "model name")
	model, _, _ = strings.Cut(strings.TrimLeft(model, "\t :"), "\n")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	busy, _ := os.ReadFile("/proc/loadavg")
	busyFor, _, _ := strings.Cut(string(busy), " ")
	return fmt.Sprintf("%s: %s, %d cores, Linux %s, load average %s before. Medians of %d rounds of %d s; proxies on core %s, load, application and provider on %s.\n%s.\n\n",
		time.Now().Format("2 January 2006"), model, runtime.NumCPU(), strings.TrimSpace(string(kernel)), busyFor, b.rounds, b.seconds, b.proxyCPU, b.loadCPUs, strings.Join(b.versions(), ", "))
}

// versions are those of everybody who may take part.
func (b *bed) versions() (all []string) {
	for _, v := range []struct{ name, skip, program, argument string }{
		{"Gatehouse", "", "git", "describe --tags --always --dirty"},
		{"Go", "go version go", "go", "version"},
		{"nginx", "nginx version: nginx/", "nginx", "-v"},
		{"HAProxy", "HAProxy version ", "haproxy", "-v"},
		{"Apache", "Server version: Apache/", "apache2", "-v"},
		{"mod_auth_openidc", "", "dpkg-query", "-W -f ${Version} libapache2-mod-auth-openidc"},
		{"Redis", "Redis server v=", "redis-server", "--version"},
		{"oauth2-proxy", "oauth2-proxy ", b.settings.oauth2Proxy, "--version"},
	} {
		if v.program == "" {
			continue
		}
		out, err := exec.Command(v.program, strings.Fields(v.argument)...).CombinedOutput()
		if fields := strings.Fields(strings.TrimPrefix(string(out), v.skip)); err == nil && len(fields) > 0 && fields[0] != "undefined" {
			all = append(all, v.name+" "+fields[0])
		}
	}
	return all
}

// save puts text in the place of what stands in a document below its heading
// of results.
func save(path, text string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const heading = "\n## Results\n"
	before, after, found := strings.Cut(string(document), heading)
	if !found {
		return fmt.Errorf("%s has no heading of results", path)
	}
	// What introduces the results stays.
	introduction, _, _ := strings.Cut(strings.TrimPrefix(after, "\n"), "\n\n")
	return os.WriteFile(path, []byte(before+heading+"\n"+introduction+"\n\n"+text), 0o644)
}
