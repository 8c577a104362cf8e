package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// report is what check found out; --json prints it.
type report struct {
	OK       bool                   `json:"ok"`
	Problems []problem              `json:"problems"`
	Warnings []string               `json:"warnings"`
	Register []gateway.Registration `json:"register"`
}

type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

func checkCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Validate a configuration and print what to register at the providers",
		Long: "Validates without starting anything: every problem at once, with line and column.\n" +
			"On success prints the exact redirect and signed-out URLs to register at each provider.\n" +
			"Exit status: 1 if there is any problem.",
	}
	path := configFlag(cmd)
	placeholders := placeholderFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(*cobra.Command, []string) error {
		c, err := config.LoadOptions{Getenv: os.Getenv, PlaceholderSecrets: *placeholders}.Load(*path)
		if err == nil {
			err = gateway.Check(c)
		}
		if *asJSON {
			return checkJSON(std.out, c, err)
		}
		if err != nil {
			return failed(explain(err, std.err))
		}
		for _, warning := range c.Warnings() {
			fmt.Fprintln(std.err, "warning:", warning)
		}
		fmt.Fprintf(std.out, "%s is valid: %s, %s\n", *path, count(len(c.Providers), "provider"), count(len(c.Routes), "route"))
		printRegistrations(std.out, gateway.Registrations(c))
		return nil
	}
	return cmd
}

func printRegistrations(w io.Writer, list []gateway.Registration) {
	for _, r := range list {
		fmt.Fprintf(w, "\nRegister at provider %s (%s), client %s:\n", r.Provider, r.Issuer, r.ClientID)
		for _, u := range r.RedirectURIs {
			fmt.Fprintf(w, "  redirect URI    %s\n", u)
		}
		for _, u := range r.SignedOutURLs {
			fmt.Fprintf(w, "  signed-out URL  %s\n", u)
		}
	}
}

func checkJSON(w io.Writer, c *config.Config, err error) error {
	found := report{OK: err == nil, Problems: []problem{}, Warnings: []string{}, Register: []gateway.Registration{}}
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return failed(err)
	}
	for _, p := range problems {
		found.Problems = append(found.Problems, problem{p.File, p.Line, p.Col, p.Path, p.Message})
	}
	if err == nil {
		found.Warnings = append(found.Warnings, c.Warnings()...)
		found.Register = append(found.Register, gateway.Registrations(c)...)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(found); err != nil {
		return failed(err)
	}
	if !found.OK {
		return &exitError{status: exitFailed}
	}
	return nil
}
