package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/gateway"
)

func doctorCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor --config FILE [--provider NAME]",
		Short: "Try the providers, Redis and the upstreams live, and say what is wrong",
		Long: "Tries live what a sign-in needs: names, TLS, discovery, issuer, clock, keys, algorithms, PKCE, scopes, client credentials\n" +
			"(with a made-up code), redirect URIs (with prompt=none), Redis if sessions are there, and each upstream. Nobody is signed in and nothing is changed.\n" +
			"One line each, ✓ or ✗ with cause and fix. Exit status: 1 if there is any ✗.",
	}
	path := configFlag(cmd)
	only := cmd.Flags().String("provider", "", "look at this provider alone, and at neither Redis nor upstreams")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load(*path, std, false)
		if err != nil {
			return err
		}
		found, err := gateway.Doctor(cmd.Context(), c, *only, gateway.Process{})
		if err != nil {
			return err
		}
		if *asJSON {
			return diagnosesJSON(std.out, found)
		}
		return printDiagnoses(std.out, found)
	}
	return cmd
}

// broken counts what is to be mended.
func broken(found []gateway.Diagnosis) int {
	n := 0
	for _, d := range found {
		if !d.OK {
			n++
		}
	}
	return n
}

func printDiagnoses(w io.Writer, found []gateway.Diagnosis) error {
	for _, d := range found {
		mark, fix := "✓", ""
		if !d.OK {
			mark, fix = "✗", " → "+d.Fix
		}
		fmt.Fprintf(w, "%s %s: %s: %s%s\n", mark, d.Subject, d.Check, d.Detail, fix)
	}
	if n := broken(found); n > 0 {
		return failed(errors.New(count(n, "thing") + " to mend"))
	}
	return nil
}

func diagnosesJSON(w io.Writer, found []gateway.Diagnosis) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	n := broken(found)
	if err := out.Encode(struct {
		OK     bool                `json:"ok"`
		Checks []gateway.Diagnosis `json:"checks"`
	}{n == 0, slices.Concat([]gateway.Diagnosis{}, found)}); err != nil {
		return failed(err)
	}
	if n > 0 {
		return &exitError{status: exitFailed}
	}
	return nil
}
