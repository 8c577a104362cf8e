// Command gatehouse is an OpenID Connect relying-party reverse proxy.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Exit statuses: 1 is what the command found, 2 how it was called.
const (
	exitFailed = 1
	exitUsage  = 2
)

// exitError ends a command with a status. Its text, if any, has been printed
// or is printed by run.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// failed marks an error as the command's finding rather than misuse.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitFailed, err}
}

// known refuses what is no command, with the nearest one.
func known(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %q?", args[0], near[0])
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// untilSignal ends a context with the first SIGTERM or Ctrl-C, and calls atOnce
// with the second: who asks twice does not want to wait.
func untilSignal(atOnce func()) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, asked := <-signals; !asked {
			return
		}
		cancel()
		if _, again := <-signals; again {
			atOnce()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// run is main without the process around it.
func run(args []string, std streams) int {
	ctx, stop := untilSignal(func() {
		fmt.Fprintln(std.err, "gatehouse: ended at once by a second signal")
		os.Exit(exitFailed)
	})
	defer stop()
	root := &cobra.Command{
		Use:           "gatehouse",
		Short:         "The door in front of your web apps: OpenID Connect sign-in, policy, and claims headers",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          known,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asked, _ := cmd.Flags().GetBool("version"); asked { // the flag is there, and a bool
				return printVersion(std.out)
			}
			cmd.SetOut(std.err)
			cmd.Usage()
			return &exitError{status: exitUsage}
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.Flags().Bool("version", false, "print the version; the command version says the same")
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.AddCommand(
		serveCommand(std), demoCommand(std), initCommand(std), checkCommand(std), doctorCommand(std),
		explainCommand(std), testCommand(std), keygenCommand(std),
		sessionsCommand(std), healthcheckCommand(std), schemaCommand(std), versionCommand(std),
	)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	status := exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		status = exit.status
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(std.err, "gatehouse:", text)
		if status == exitUsage {
			fmt.Fprintln(std.err, "Run 'gatehouse help' for the commands, and 'gatehouse COMMAND --help' for its flags.")
		}
	}
	return status
}
