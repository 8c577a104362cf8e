package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// adminFlags say which running gateway is meant.
type adminFlags struct{ config, url, token string }

// sessionFlags say which sessions are meant.
type sessionFlags struct {
	user, sid string
	all       bool
}

func sessionsCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sessions list|revoke",
		Short: "List or end the sessions of a running gateway",
		Long:  "Asks the admin listener of a running gateway, which --config or --admin names.\nList needs session.store: redis; revoke needs server.admin.write: true.",
		Args:  func(cmd *cobra.Command, args []string) error { return known(cmd, args) },
		RunE:  func(*cobra.Command, []string) error { return errors.New("say list or revoke") },
	}
	var at adminFlags
	var which sessionFlags
	var asJSON bool
	flags := cmd.PersistentFlags()
	flags.StringVarP(&at.config, "config", "c", "", "the file that the gateway runs with")
	flags.StringVar(&at.url, "admin", "", "the admin listener's address, instead of --config: http://127.0.0.1:9180")
	flags.StringVar(&at.token, "token", "", "the admin token; default GATEHOUSE_ADMIN_TOKEN, else the file's")
	flags.StringVar(&which.user, "user", "", "sessions of this subject or e-mail address")
	flags.StringVar(&which.sid, "sid", "", "the session of this id")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	list := &cobra.Command{
		Use: "list", Short: "List sessions, the latest used first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			if which.user != "" {
				query.Set("user", which.user)
			}
			if which.sid != "" {
				query.Set("sid", which.sid)
			}
			var answer gateway.SessionList
			if err := at.ask(cmd.Context(), std, http.MethodGet, "/api/sessions?"+query.Encode(), nil, &answer); err != nil {
				return err
			}
			if asJSON {
				return printJSON(std.out, answer)
			}
			return printSessions(std.out, answer)
		},
	}
	revoke := &cobra.Command{
		Use: "revoke", Short: "End sessions", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			selected := 0
			for _, given := range []bool{which.user != "", which.sid != "", which.all} {
				if given {
					selected++
				}
			}
			if selected != 1 {
				return errors.New("say which sessions: one of --user, --sid and --all")
			}
			body, err := json.Marshal(map[string]any{"user": which.user, "sid": which.sid, "all": which.all})
			if err != nil {
				return err
			}
			var answer gateway.Revoked
			if err := at.ask(cmd.Context(), std, http.MethodPost, "/api/sessions/revoke", body, &answer); err != nil {
				return err
			}
			if asJSON {
				return printJSON(std.out, answer)
			}
			fmt.Fprintln(std.out, count(answer.Revoked, "session")+" revoked")
			if answer.Note != "" {
				fmt.Fprintln(std.out, answer.Note)
			}
			return nil
		},
	}
	revoke.Flags().BoolVar(&which.all, "all", false, "everybody's sessions")
	cmd.AddCommand(list, revoke)
	return cmd
}

// ask sends one request to the admin listener and reads its JSON.
func (a adminFlags) ask(ctx context.Context, std streams, method, path string, body []byte, answer any) error {
	if (a.config == "") == (a.url == "") {
		return errors.New("say which gateway: --config FILE or --admin URL")
	}
	base, network, address, token := a.url, "tcp", "", a.token
	if token == "" {
		token = os.Getenv("GATEHOUSE_ADMIN_TOKEN")
	}
	if a.config != "" {
		c, err := load(a.config, std, true)
		if err != nil {
			return err
		}
		if c.Server.Admin.Listen == "" {
			return failed(errors.New("server.admin.listen is empty in this file: there is nobody to ask"))
		}
		network, address = reachable(c.Server.Admin.Listen)
		base = "http://localhost"
		if token == "" {
			token = c.Server.Admin.Token.Reveal()
		}
	}
	client := &http.Client{Timeout: 30 * time.Second}
	if address != "" {
		client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("--admin is no address: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return failed(fmt.Errorf("no answer from the admin listener: is gatehouse running there? %w", err))
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return failed(err)
	}
	if response.StatusCode != http.StatusOK {
		var refusal struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(data, &refusal) != nil || refusal.Message == "" {
			refusal.Message = strings.TrimSpace(string(data))
		}
		return failed(fmt.Errorf("%s: %.500s", response.Status, refusal.Message))
	}
	return failed(json.Unmarshal(data, answer))
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func printSessions(w io.Writer, list gateway.SessionList) error {
	if len(list.Sessions) == 0 {
		_, err := fmt.Fprintln(w, "no sessions")
		return failed(err)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tUSER\tPROVIDER\tDEVICE\tADDRESS\tSEEN\tEXPIRES")
	for _, s := range list.Sessions {
		user := s.Email
		if user == "" {
			user = s.Subject
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, harmless(user), s.Provider, harmless(s.Device), s.Address,
			s.Seen.Format(time.RFC3339), s.Expires.Format(time.RFC3339))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if list.More {
		fmt.Fprintln(w, "… and more: narrow it down with --user")
	}
	return nil
}

// harmless keeps what a provider said from moving a terminal's cursor.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
