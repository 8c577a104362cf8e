package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// version and commit are set by the linker: -X main.version=… -X main.commit=….
var version, commit string

// build says what runs: what the linker was told, else what the Go toolchain
// recorded.
func build() telemetry.Build {
	b := telemetry.Build{Version: version, Commit: commit}
	info, ok := debug.ReadBuildInfo()
	if b.Version == "" {
		b.Version = "devel"
		if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
	}
	if b.Commit == "" {
		b.Commit = "unknown"
		if ok {
			for _, setting := range info.Settings {
				if setting.Key == "vcs.revision" {
					b.Commit = setting.Value
				}
			}
		}
	}
	return b
}

func versionCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  cobra.NoArgs,
	}
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(*cobra.Command, []string) error {
		if *asJSON {
			b := build()
			return failed(json.NewEncoder(std.out).Encode(map[string]string{
				"version": b.Version, "commit": b.Commit, "go": runtime.Version(),
			}))
		}
		return printVersion(std.out)
	}
	return cmd
}

func printVersion(w io.Writer) error {
	b := build()
	_, err := fmt.Fprintf(w, "gatehouse %s (commit %s, %s)\n", b.Version, b.Commit, runtime.Version())
	return failed(err)
}
