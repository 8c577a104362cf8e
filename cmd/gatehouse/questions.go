package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/starter"
)

// questions are what init asks whoever sits at a terminal.
type questions struct {
	in       *bufio.Reader
	out      io.Writer
	terminal bool     // false: nobody is asked
	missing  []string // what nobody was asked for
}

// asks tells whether somebody sits there to answer.
func asks(r io.Reader) bool {
	file, ok := r.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// ask fills in what flag left out. An answer that check would refuse is asked
// for again, with what is wrong with it; alone puts it into answers that have
// nothing else to object to.
func (q *questions) ask(flag, question string, into *string, alone func(*answers, string)) error {
	if *into != "" {
		return nil
	}
	if !q.terminal {
		q.missing = append(q.missing, flag)
		return nil
	}
	for {
		fmt.Fprintf(q.out, "%s: ", question)
		line, err := q.in.ReadString('\n')
		answer := strings.TrimSpace(line)
		wrong := "an answer is needed"
		if answer != "" {
			wrong = objection(func(a *answers) { alone(a, answer) })
		}
		if wrong == "" {
			*into = answer
			return nil
		}
		if err != nil { // there is no second try
			return errors.Join(failed(fmt.Errorf("%s: %s", flag, wrong)), err)
		}
		fmt.Fprintf(q.out, "  That does not fit: %s.\n", wrong)
	}
}

// objection is what check says to a file of good answers after change, or "".
func objection(change func(*answers)) string {
	a := answers{issuer: "https://idp.example.com", clientID: "client", from: "https://wiki.example.com", to: "http://127.0.0.1:8080"}
	change(&a)
	if a.environmentID != "" {
		a.issuer = ""
	}
	f := starter.File{From: a.from, To: a.to, Providers: []starter.Provider{a.provider()}}
	_, err := config.LoadOptions{PlaceholderSecrets: true}.Parse("", []byte(f.Render()))
	var problems config.Problems
	if !errors.As(err, &problems) {
		return ""
	}
	return problems[0].Message
}

// complete fills in what flags left out: by questions on a terminal, elsewhere
// not at all.
func (a *answers) complete(f *starter.File, q *questions) error {
	const environment = "3f2504e0-4f89-41d3-9a0c-0305e82c3301" // anybody's
	if a.cloudflare == "" && a.environmentID == "" && a.issuer == "" {
		var which string
		named := func(a *answers, s string) {
			if strings.Contains(s, "://") {
				a.issuer = s
			} else {
				a.environmentID = s
			}
		}
		if err := q.ask("--pingone-environment-id or --issuer", "PingOne environment id, or the issuer of another provider (https://…)", &which, named); err != nil {
			return err
		}
		named(a, which)
	}
	ping := a.environmentID != ""
	for _, p := range f.Providers {
		ping = ping || p.Type == "pingone"
	}
	if ping {
		if err := q.ask("--region", "PingOne region (na, ca, eu, au, sg, asia)", &a.region, func(a *answers, s string) {
			a.environmentID, a.region = environment, s
		}); err != nil {
			return err
		}
	}
	if a.cloudflare == "" {
		if err := q.ask("--client-id", "Client id of the application at the provider", &a.clientID, func(a *answers, s string) { a.clientID = s }); err != nil {
			return err
		}
	}
	if err := q.ask("--from", "Public address (https://wiki.example.com)", &a.from, func(a *answers, s string) { a.from = s }); err != nil {
		return err
	}
	if err := q.ask("--to", "The application's own address (http://10.0.0.5:8080)", &a.to, func(a *answers, s string) { a.to = s }); err != nil {
		return err
	}
	if len(q.missing) > 0 {
		return fmt.Errorf("missing: %s (questions are asked on a terminal only)", strings.Join(q.missing, ", "))
	}
	return nil
}
