package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/config"
)

// configFlag adds --config, which every command that reads the file needs.
func configFlag(cmd *cobra.Command) *string {
	path := cmd.Flags().StringP("config", "c", "", "the configuration file (required)")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unexpected %q; did you mean --config %s?", args[0], args[0])
		}
		return nil
	}
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *path == "" {
			return errors.New("--config FILE is missing")
		}
		return nil
	}
	return path
}

// placeholderFlag adds --placeholder-secrets, for looking at a file where its
// secrets are not at hand, such as a repository's CI.
func placeholderFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("placeholder-secrets", false, "stand in for undefined variables and unreadable secret files")
}

// load reads the file and prints every problem, one a line.
func load(path string, std streams, placeholders bool) (*config.Config, error) {
	c, err := config.LoadOptions{Getenv: os.Getenv, PlaceholderSecrets: placeholders}.Load(path)
	if err != nil {
		return nil, failed(explain(err, std.err))
	}
	return c, nil
}

// explain prints problems line by line and returns what is left to say.
func explain(err error, w io.Writer) error {
	var problems config.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(w, p)
	}
	return errors.New(count(len(problems), "problem"))
}

// count writes "1 problem", "2 problems".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
