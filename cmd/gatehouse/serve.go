package main

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

func serveCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the gateway",
		Long: "Runs the gateway until SIGTERM or Ctrl-C, then lets running requests finish; a second signal ends it at once.\n" +
			"SIGHUP, and a change of the file or of one that it names, loads the configuration anew.\n" +
			"Exit status: 0 after a clean drain, 1 after an unclean one or when it could not start.",
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load(*path, std, false)
		if err != nil {
			return err
		}
		// Whoever reads the log may end first, and must not take us with him: Go
		// would end a process whose write to standard error finds no reader.
		signal.Ignore(syscall.SIGPIPE)
		lines := telemetry.NewLineWriter(std.err)
		defer lines.Close()
		log := telemetry.NewLogger(lines, c.Log.Format, c.Log.Level, isTerminal(std))
		for _, warning := range c.Warnings() {
			log.Warn(warning)
		}
		tuneGC()
		metrics := telemetry.NewMetrics(build())
		metrics.WatchLog(lines)
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
		inherited, err := gateway.Inherit()
		if err != nil {
			return failed(err)
		}
		process := gateway.Process{
			Log: log, Metrics: metrics, Version: build().Version,
			Source:    &gateway.Source{File: *path, Getenv: os.Getenv, Watch: true, Signals: hangups},
			Inherited: inherited,
			Notify:    gateway.Notifier(os.Getenv("NOTIFY_SOCKET")),
			Trim:      newFootprint(lookAfter, debug.FreeOSMemory).trim,
		}
		b, err := gateway.Compile(c, nil, process)
		if err != nil {
			lines.Close() // what it says comes before why it ended
			return failed(explain(err, std.err))
		}
		server, err := gateway.Open(b, process)
		if err != nil {
			return failed(err)
		}
		return failed(server.Serve(cmd.Context()))
	}
	return cmd
}

func isTerminal(std streams) bool {
	f, ok := std.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
