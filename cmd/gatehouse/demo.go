package main

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/sampleapp"
	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

func demoCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on this machine: a provider, an app, and the gateway between them",
		Long: "Runs a local OpenID provider with a user picker, a sample app that shows what it\n" +
			"received, and the gateway between them. Everything is on loopback and nothing is kept.",
		Args: cobra.NoArgs,
	}
	listen := cmd.Flags().String("listen", "127.0.0.1:8080", "loopback address of the gateway")
	open := cmd.Flags().Bool("open", false, "open the browser")
	redirects := cmd.Flags().StringArray("redirect-uri", nil, "a further redirect URI that the demo's provider accepts, with the signed-out page beside it, to try your own gateway with its people")
	printConfig := cmd.Flags().Bool("print-config", false, "print the configuration that the demo runs, to start your own from, and exit")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		at, err := loopback(*listen)
		if err != nil {
			return err
		}
		if *printConfig {
			if at.Port() == 0 {
				return errors.New("--print-config: the gateway that the file is for needs a port, such as --listen 127.0.0.1:8080")
			}
			return failed(printDemo(std.out, at))
		}
		d, err := newDemo(at)
		if err != nil {
			return failed(err)
		}
		defer d.close()
		d.lend(*redirects...)
		return failed(d.run(cmd.Context(), std, *open))
	}
	return cmd
}

// demo is the three parts, their addresses chosen and nothing running yet.
type demo struct {
	Listen, Base, Localhost, Provider, App string
	EnvironmentID                          string
	Running                                bool   // false: a file to start one's own from
	Beside                                 string // where the demo then runs

	file          []byte // the configuration
	provider, app net.Listener
	key           string

	redirectURIs, signedOutURLs []string // what the provider sends people back to
}

// demoSecret is the client's at the demo's provider, where everybody may be
// whoever they please: it guards nothing.
const demoSecret = "demo-secret"

//go:embed demo.yaml
var demoFile string

var demoTemplate = template.Must(template.New("demo.yaml").Parse(demoFile))

// loopback reads the address to listen on.
func loopback(listen string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(strings.Replace(listen, "localhost:", "127.0.0.1:", 1))
	if err != nil || !at.Addr().IsLoopback() {
		return at, fmt.Errorf("--listen %s: the demo lets anybody in as whoever they please, so it listens on loopback only, such as 127.0.0.1:8080", listen)
	}
	return at, nil
}

// printDemo writes the file that a demo on at runs, less what only it needs. A
// gateway with that file takes the demo's place at, so provider and app are
// those of a demo beside it.
func printDemo(w io.Writer, at netip.AddrPort) error {
	d := demoAt(at)
	beside := netip.AddrPortFrom(at.Addr(), at.Port()-1000)
	if at.Port() < 32768 {
		beside = portAfter(at, 1000)
	}
	d.Beside = beside.String()
	d.Provider, d.App = "http://"+portAfter(beside, 1).String(), "http://"+portAfter(beside, 2).String()
	return demoTemplate.Execute(w, d)
}

func demoAt(at netip.AddrPort) *demo {
	d := &demo{Listen: at.String(), Base: "http://" + at.String(), EnvironmentID: devidp.EnvironmentID}
	if at.Addr().Is4() {
		d.Localhost = "http://localhost:" + strconv.Itoa(int(at.Port()))
	}
	return d
}

// newDemo takes loopback ports next to the gateway's for provider and app, so
// that they are the same each time, or any that are free.
func newDemo(at netip.AddrPort) (*demo, error) {
	probe, err := net.Listen("tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use: is another demo running? Stop it, or choose another port with --listen", at)
	} else if err != nil {
		return nil, err
	}
	at = netip.MustParseAddrPort(probe.Addr().String())
	probe.Close()
	d := demoAt(at)
	d.Running, d.key = true, randomHex()
	d.lend(d.Base + "/.auth/callback/demo")
	if d.provider, d.Provider, err = nextPort(at, 1); err != nil {
		return nil, err
	}
	if d.app, d.App, err = nextPort(at, 2); err != nil {
		d.close()
		return nil, err
	}
	var file bytes.Buffer
	if err := demoTemplate.Execute(&file, d); err != nil {
		d.close()
		return nil, err
	}
	d.file = file.Bytes()
	return d, nil
}

// lend lets gateways with these redirect URIs use the provider, to sign people
// in and out: a gateway's signed-out page stands beside its callbacks.
func (d *demo) lend(redirectURIs ...string) {
	for _, redirect := range redirectURIs {
		d.redirectURIs = append(d.redirectURIs, redirect)
		if at := strings.LastIndex(redirect, "/callback/"); at >= 0 {
			d.signedOutURLs = append(d.signedOutURLs, redirect[:at]+"/signed-out")
		}
	}
}

// portAfter is the address n ports after at.
func portAfter(at netip.AddrPort, n uint16) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr(), at.Port()+n)
}

// nextPort listens on the port n after at, or on any.
func nextPort(at netip.AddrPort, n uint16) (net.Listener, string, error) {
	l, err := net.Listen("tcp", portAfter(at, n).String())
	if err != nil {
		l, err = net.Listen("tcp", netip.AddrPortFrom(at.Addr(), 0).String())
	}
	if err != nil {
		return nil, "", err
	}
	return l, "http://" + l.Addr().String(), nil
}

func (d *demo) close() {
	for _, l := range []net.Listener{d.provider, d.app} {
		if l != nil {
			l.Close()
		}
	}
}

// getenv answers for the variable that the file names.
func (d *demo) getenv(name string) string {
	if name == "GATEHOUSE_KEY" {
		return d.key
	}
	return ""
}

// run serves until ctx ends.
func (d *demo) run(ctx context.Context, std streams, open bool) error {
	c, err := config.LoadOptions{Getenv: d.getenv}.Parse("demo.yaml", d.file)
	if err != nil {
		return err
	}
	provider, err := devidp.New(devidp.Options{
		Issuer: devidp.Issuer(d.Provider, d.EnvironmentID),
		Users:  devidp.DemoUsers(),
		Clients: []devidp.Client{{
			ID: "gatehouse-demo", Secret: demoSecret, RequirePKCE: true,
			RedirectURIs:           d.redirectURIs,
			PostLogoutRedirectURIs: d.signedOutURLs,
		}},
	})
	if err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the provider's library speaks through it
	log := telemetry.NewLogger(std.err, "text", "warn", true)
	process := gateway.Process{Log: log, Metrics: telemetry.NewMetrics(build())}
	b, err := gateway.Compile(c, nil, process)
	if err != nil {
		return err
	}
	server, err := gateway.Open(b, process)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return serveUntil(ctx, d.provider, provider) })
	parts.Go(func() error { return serveUntil(ctx, d.app, d.sample()) })
	parts.Go(func() error { return server.Serve(ctx) })
	d.greet(std.out)
	if open {
		if err := openBrowser(d.Base); err != nil {
			fmt.Fprintln(std.err, "could not open a browser:", err)
		}
	}
	return parts.Wait()
}

// sample is the app, and the sign that points from localhost to the address
// which the provider knows.
func (d *demo) sample() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", sampleapp.New(sampleapp.Options{}))
	mux.HandleFunc("/.localhost/", func(w http.ResponseWriter, r *http.Request) {
		target := *r.URL
		target.Path = strings.TrimPrefix(target.Path, "/.localhost")
		target.RawPath = ""
		http.Redirect(w, r, d.Base+target.RequestURI(), http.StatusFound)
	})
	return mux
}

// serveUntil serves on l until ctx ends.
func serveUntil(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// greet says where to go and what to try.
func (d *demo) greet(w io.Writer) {
	fmt.Fprintf(w, `
  Gatehouse demo

  Open        %s
  Provider    %s
  Sample app  %s (reachable directly here; in production only the gateway may reach it)

  People to sign in as (no passwords)
`, d.Base, d.Provider, d.App)
	for _, u := range devidp.DemoUsers() {
		fmt.Fprintf(w, "    %-14s %s\n", u.Username, u.Note)
	}
	fmt.Fprintf(w, `
  Try
    1. %[1]s/staff/ as ana.kovacs: see which headers the app receives.
    2. %[1]s/admin/ as ana.kovacs, then switch to ben.osei: policy decides on every request.
    3. A forged header never arrives:
       curl -H 'Accept: application/json' -H 'X-Forwarded-Email: boss@example.com' %[1]s/

  %[1]s/.auth/ says who you are. --print-config prints a file to start your own from.
  Ctrl-C ends the demo; nothing is kept.

`, d.Base)
}

func randomHex() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
