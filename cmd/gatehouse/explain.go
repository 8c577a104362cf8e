package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

// The exit statuses of explain besides 0, which is allow, and 1, an invalid file.
const (
	exitDeny   = 3
	exitSignIn = 4
)

// maxClaims bounds what --claims reads.
const maxClaims = 1 << 20

func explainCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain --config FILE --url URL",
		Short: "Tell what would become of a request, and why",
		Long: "Tells offline which route takes a request, what each rule of its policy says and why, the decision,\n" +
			"and the headers that the upstream would get. Without --claims the caller is anonymous.\n" +
			"Exit status: 0 allow, 3 deny (also no such host or route), 4 a sign-in (also a stronger or more recent one) or a machine's\n" +
			"token is needed, 1 invalid file.",
	}
	path := configFlag(cmd)
	placeholders := placeholderFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	address := cmd.Flags().String("url", "", "the whole public address (required)")
	method := cmd.Flags().String("method", "GET", "the request's method")
	ip := cmd.Flags().String("ip", "", "the caller's address; unknown without")
	from := cmd.Flags().String("provider", "", "the provider that the person signed in with; default the route's first")
	claims := cmd.Flags().String("claims", "", "the ID token's claims: JSON, @FILE, or - for standard input")
	acr := cmd.Flags().String("acr", "", "with --claims: the sign-in's acr, in place of the claim")
	age := cmd.Flags().Duration("auth-age", 0, "with --claims: how long ago the sign-in was, in place of the claim auth_time")
	token := cmd.Flags().String("service-token", "", "name of the service token that comes along")
	cmd.MarkFlagsMutuallyExclusive("claims", "service-token")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		a := gateway.Asked{Method: strings.ToUpper(*method), Provider: *from, ServiceToken: *token}
		var err error
		if a.URL, err = url.Parse(*address); err != nil || a.URL.Host == "" || a.URL.Scheme != "https" && a.URL.Scheme != "http" {
			return errors.New("--url needs a whole address, like https://wiki.example.com/")
		}
		if *ip != "" {
			if a.IP, err = netip.ParseAddr(*ip); err != nil {
				return fmt.Errorf("--ip %s is no address", *ip)
			}
		}
		if *claims != "" {
			if a.Claims, err = readClaims(*claims, cmd.InOrStdin()); err != nil {
				return fmt.Errorf("--claims: %w", err)
			}
		}
		if (*acr != "" || cmd.Flags().Changed("auth-age")) && a.Claims == nil {
			return errors.New("--acr and --auth-age tell of a person's sign-in; give --claims too")
		}
		if *acr != "" {
			a.Claims["acr"] = *acr
		}
		if cmd.Flags().Changed("auth-age") {
			if a.AuthAge = age; *age < 0 {
				return errors.New("--auth-age must not be negative")
			}
		}
		c, err := load(*path, std, *placeholders)
		if err != nil {
			return err
		}
		found, err := explained(c, a)
		if err != nil {
			return failed(explain(err, std.err))
		}
		found = found.Redacted()
		if *asJSON {
			err = printJSON(std.out, found)
		} else {
			printExplained(std.out, a, found)
		}
		if err != nil {
			return failed(err)
		}
		switch found.Decision {
		case "allow", "bypass":
			return nil
		case "sign_in", "step_up", "need_token":
			return &exitError{status: exitSignIn}
		}
		return &exitError{status: exitDeny}
	}
	return cmd
}

func explained(c *config.Config, a gateway.Asked) (*gateway.Explained, error) {
	b, err := gateway.CompileToExplain(c)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return b.Explain(a)
}

// readClaims reads JSON as strictly as a token's.
func readClaims(given string, stdin io.Reader) (identity.Claims, error) {
	data := []byte(given)
	var err error
	switch name, isFile := strings.CutPrefix(given, "@"); {
	case given == "-":
		data, err = io.ReadAll(io.LimitReader(stdin, maxClaims))
	case isFile:
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	return identity.DecodeClaims(data)
}

// outcomes are what a rule did, in words.
var outcomes = map[string]string{
	"decided":       "decides",
	"no_match":      "does not match",
	"remembered":    "may match after a sign-in or with a token",
	"shadow":        "matches, and does not decide",
	"other_callers": "is about other callers",
	"not_reached":   "not reached",
}

func printExplained(w io.Writer, a gateway.Asked, e *gateway.Explained) {
	where := "an unknown address"
	if a.IP.IsValid() {
		where = a.IP.String()
	}
	fmt.Fprintf(w, "%s %s\ncaller: %s, from %s\n", e.Method, e.URL, printable(e.Caller), where)
	if e.Route != "" {
		fmt.Fprintf(w, "route: %s\n", e.Route)
	}
	if e.Note != "" {
		fmt.Fprintf(w, "note: %s\n", e.Note)
	}
	for i, rule := range e.Rules {
		fmt.Fprintf(w, "\n%d. %s (%s): %s\n", i+1, rule.Name, rule.Kind(), outcomes[rule.Outcome])
		for _, s := range rule.Selectors {
			fmt.Fprintf(w, "   %-7s  %-7s  %s\n", s.Part, printable(s.Found()), s.Text)
		}
	}
	by := ""
	if e.Rule != "" {
		by = fmt.Sprintf(" by %q", e.Rule)
	}
	fmt.Fprintf(w, "\ndecision: %s%s", e.Decision, by)
	if e.Reason != "" {
		fmt.Fprintf(w, " (%s)", e.Reason)
	}
	fmt.Fprintln(w)
	if e.StepUp != nil {
		fmt.Fprintf(w, "step-up: %s\n", printable(e.StepUp.String()))
	}
	if len(e.Headers) == 0 {
		return
	}
	fmt.Fprintln(w, "\nheaders to the upstream:")
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		fmt.Fprintf(w, "  %s: %s\n", name, e.Headers[name])
	}
}
