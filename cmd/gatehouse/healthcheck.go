package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func healthcheckCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck --config FILE",
		Short: "Ask the running gateway whether it is ready",
		Long:  "Asks the probe listener, or else the admin listener, of the gateway that runs with this file.\nExit status: 0 ready, 1 not.",
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load(*path, std, true)
		if err != nil {
			return err
		}
		address := c.Server.ProbeListen
		if address == "" {
			address = c.Server.Admin.Listen
		}
		if address == "" {
			return failed(errors.New("neither server.probe_listen nor server.admin.listen is set: there is nobody to ask"))
		}
		return failed(askReady(cmd.Context(), address, std.out))
	}
	return cmd
}

// askReady gets /readyz from a listener on this machine.
func askReady(ctx context.Context, address string, out io.Writer) error {
	network, address := reachable(address)
	client := &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer on %s: is gatehouse running with this file? %w", address, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", strings.TrimSpace(string(body)))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", answer.Status)
	}
	return nil
}

// reachable turns a listen address into one to dial: an unspecified host
// listens on loopback too.
func reachable(listen string) (network, address string) {
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		return "unix", path
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "tcp", listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return "tcp", net.JoinHostPort(host, port)
}
