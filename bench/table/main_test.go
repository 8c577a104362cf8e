package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableShowsMediansAndRatiosToTheBareProxy(t *testing.T) {
	const rounds = "1\t1 KiB\t64\tbare ReverseProxy\t1000\t1\t500\t900\t0\t0.05\t10240\n" +
		"1\t1 KiB\t64\tGatehouse\t1000\t1\t600\t1000\t0\t0.06\t20480\n" +
		"2\t1 KiB\t64\tbare ReverseProxy\t3000\t1\t100\t200\t0\t3.00\t10240\n" + // an outlier
		"2\t1 KiB\t64\tGatehouse\t1000\t1\t600\t1000\t2\t0.06\t20480\n" +
		"3\t1 KiB\t64\tbare ReverseProxy\t1000\t1\t500\t900\t0\t0.05\t10240\n" +
		"3\t1 KiB\t64\tGatehouse\t2000\t2\t600\t1000\t1\t0.12\t20480\n"
	const want = `### 1 KiB, 64 connections

| proxy | requests/s | p50 ms | p99 ms | CPU µs/request | CPU ratio | RSS MiB | failed |
|---|---:|---:|---:|---:|---:|---:|---:|
| bare ReverseProxy | 1000 | 0.500 | 0.900 | 50.0 | 1.00 | 10.0 | 0 |
| Gatehouse | 1000 | 0.600 | 1.000 | 60.0 | 1.20 | 20.0 | 3 |

`
	runs, err := read(strings.NewReader(rounds))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := write(&got, runs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTableRefusesBrokenRounds(t *testing.T) {
	for _, line := range []string{
		"1\t1 KiB\t64\n",
		"1\t1 KiB\t64\tnginx\t0\t1\t0\t0\t0\t0.1\t1\n",
		"1\t1 KiB\tmany\tnginx\t1\t1\t0\t0\t0\t0.1\t1\n",
	} {
		if _, err := read(strings.NewReader(line)); err == nil {
			t.Errorf("accepted %q", line)
		}
	}
}
