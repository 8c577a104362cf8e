package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

func testCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test --config FILE",
		Short: "Run the tests of a configuration",
		Long: "Runs the tests block of the file through the policies and headers that serve uses.\n" +
			"Exit status: 1 if any test fails.",
	}
	path := configFlag(cmd)
	placeholders := placeholderFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	junit := cmd.Flags().String("junit", "", "also write the results to this file, in JUnit's form")
	cmd.RunE = func(*cobra.Command, []string) error {
		c, err := load(*path, std, *placeholders)
		if err != nil {
			return err
		}
		results, err := runTests(c)
		if err != nil {
			return failed(explain(err, std.err))
		}
		bad := 0
		for _, r := range results {
			if !r.Passed {
				bad++
			}
		}
		if *junit != "" {
			if err := writeJUnit(*junit, results, bad); err != nil {
				return failed(err)
			}
		}
		if *asJSON {
			if err := printJSON(std.out, results); err != nil {
				return failed(err)
			}
		} else {
			printResults(std.out, results, bad)
		}
		if bad > 0 {
			return &exitError{status: exitFailed}
		}
		return nil
	}
	return cmd
}

func runTests(c *config.Config) ([]gateway.TestResult, error) {
	b, err := gateway.CompileToExplain(c)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return b.RunTests(), nil
}

func printResults(w io.Writer, results []gateway.TestResult, bad int) {
	for _, r := range results {
		if r.Passed {
			fmt.Fprintf(w, "ok    %s\n", r.Name)
			continue
		}
		fmt.Fprintf(w, "FAIL  %s (%s)\n", r.Name, r.Place)
		for _, line := range because(r) {
			fmt.Fprintf(w, "      %s\n", line)
		}
	}
	if len(results) == 0 {
		fmt.Fprintln(w, "the file has no tests; see tests in docs/configuration.md")
		return
	}
	fmt.Fprintf(w, "%s, %d failed\n", count(len(results), "test"), bad)
}

// because is what differs, and what each rule that was read did.
func because(r gateway.TestResult) []string {
	lines := r.Differences
	if r.Explained == nil {
		return lines
	}
	for i, rule := range r.Explained.Rules {
		if rule.Outcome == "not_reached" {
			continue
		}
		var read []string
		for _, s := range rule.Selectors {
			read = append(read, fmt.Sprintf("%s %s is %s", s.Part, s.Text, printable(s.Found())))
		}
		line := fmt.Sprintf("  %d. %s (%s) %s", i+1, rule.Name, rule.Kind(), outcomes[rule.Outcome])
		if len(read) > 0 {
			line += ": " + strings.Join(read, "; ")
		}
		lines = append(lines, line)
	}
	return lines
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(name string, results []gateway.TestResult, bad int) error {
	suite := junitSuite{Name: "gatehouse", Tests: len(results), Failures: bad}
	for _, r := range results {
		one := junitCase{Name: r.Name, Class: r.Place}
		if !r.Passed {
			one.Failure = &junitFailure{Message: r.Differences[0], Text: strings.Join(because(r), "\n")}
		}
		suite.Cases = append(suite.Cases, one)
	}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append([]byte(xml.Header), append(data, '\n')...), 0o644)
}
