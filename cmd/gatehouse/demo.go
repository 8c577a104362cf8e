package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
	printConfig := cmd.Flags().Bool("print-config", false, "print the configuration that the demo runs, to start your own from, and exit")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := newDemo(*listen)
		if err != nil {
			return err
		}
		defer d.close()
		if *printConfig {
			_, err := std.out.Write(d.file)
			return failed(err)
		}
		return failed(d.run(cmd.Context(), std, *open))
	}
	return cmd
}

// demo is the three parts, their addresses chosen and nothing running yet.
type demo struct {
	Listen, Base, Localhost, Provider, App string
	EnvironmentID                          string

	file              []byte // the configuration
	provider, app     net.Listener
	key, clientSecret string
}

//go:embed demo.yaml
var demoFile string

var demoTemplate = template.Must(template.New("demo.yaml").Parse(demoFile))

// newDemo takes loopback ports next to the gateway's for provider and app, so
// that two runs print the same configuration, or any that are free.
func newDemo(listen string) (*demo, error) {
	at, err := netip.ParseAddrPort(strings.Replace(listen, "localhost:", "127.0.0.1:", 1))
	if err != nil || !at.Addr().IsLoopback() {
		return nil, fmt.Errorf("--listen %s: the demo lets anybody in as whoever they please, so it listens on loopback only, such as 127.0.0.1:8080", listen)
	}
	d := &demo{EnvironmentID: devidp.EnvironmentID, key: randomHex(), clientSecret: randomHex()}
	probe, err := net.Listen("tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, failed(fmt.Errorf("%s is in use: is another demo running? Stop it, or choose another port with --listen", at))
	} else if err != nil {
		return nil, failed(err)
	}
	at = netip.MustParseAddrPort(probe.Addr().String())
	probe.Close()
	d.Listen, d.Base = at.String(), "http://"+at.String()
	if at.Addr().Is4() {
		d.Localhost = "http://localhost:" + strconv.Itoa(int(at.Port()))
	}
	if d.provider, d.Provider, err = nextPort(at, 1); err != nil {
		return nil, failed(err)
	}
	if d.app, d.App, err = nextPort(at, 2); err != nil {
		d.close()
		return nil, failed(err)
	}
	var file strings.Builder
	if err := demoTemplate.Execute(&file, d); err != nil {
		d.close()
		return nil, failed(err)
	}
	d.file = []byte(file.String())
	return d, nil
}

// nextPort listens on the port n after at, or on any.
func nextPort(at netip.AddrPort, n int) (net.Listener, string, error) {
	l, err := net.Listen("tcp", netip.AddrPortFrom(at.Addr(), at.Port()+uint16(n)).String())
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

// getenv answers for the variables that the file names.
func (d *demo) getenv(name string) string {
	return map[string]string{"GATEHOUSE_KEY": d.key, "DEMO_CLIENT_SECRET": d.clientSecret}[name]
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
			ID: "gatehouse-demo", Secret: d.clientSecret, RequirePKCE: true,
			RedirectURIs:           []string{d.Base + "/.auth/callback/demo"},
			PostLogoutRedirectURIs: []string{d.Base + "/.auth/signed-out"},
		}},
	})
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(std.err, "text", "warn", true)
	process := gateway.Process{Log: log, Metrics: telemetry.NewMetrics(build())}
	b, err := gateway.Compile(c, process)
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
    3. curl -i -H 'X-Forwarded-Email: boss@example.com' %[1]s/ : a forged header never arrives.

  %[1]s/.auth/ says who you are. Start your own file with: gatehouse demo --print-config
  Ctrl-C ends the demo; nothing is kept.

`, d.Base)
}

func randomHex() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
