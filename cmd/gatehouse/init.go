package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/starter"
)

// answers are what init wants to know, each by a flag or, on a terminal, by a
// question.
type answers struct {
	environmentID, region, issuer, clientID, from, to, cloudflare string
}

func initCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [--out gatehouse.yaml]",
		Short: "Write a commented first configuration",
		Long: "Writes a first configuration from flags, or from questions on a terminal. It holds no secret: those come by\n" +
			"environment variables, which it prints. --from-cloudflare reads the JSON of Cloudflare Access's login methods\n" +
			"(type ping or oidc), and of access policies beside them; what could not be carried over is named.",
		Args: cobra.NoArgs,
	}
	var a answers
	flags := cmd.Flags()
	out := flags.String("out", "gatehouse.yaml", "the file to write")
	force := flags.Bool("force", false, "replace the file if it is there")
	flags.StringVar(&a.environmentID, "pingone-environment-id", "", "PingOne's environment id")
	flags.StringVar(&a.region, "region", "", "PingOne's region: na, ca, eu, au, sg or asia")
	flags.StringVar(&a.issuer, "issuer", "", "the issuer of any other OpenID provider")
	flags.StringVar(&a.clientID, "client-id", "", "the application's client id at the provider")
	flags.StringVar(&a.from, "from", "", "the public address, like https://wiki.example.com")
	flags.StringVar(&a.to, "to", "", "the application's address, like http://10.0.0.5:8080")
	flags.StringVar(&a.cloudflare, "from-cloudflare", "", "JSON of Cloudflare Access's login methods and policies")
	cmd.RunE = func(*cobra.Command, []string) error {
		if _, err := os.Lstat(*out); err == nil && !*force {
			return failed(fmt.Errorf("%s is there already; --force replaces it, --out names another", *out))
		}
		f, err := firstFile(&a, std)
		if err != nil {
			return err
		}
		return writeFirst(f, *out, *force, std)
	}
	return cmd
}

// firstFile asks for what is missing, and refuses what is left missing.
func firstFile(a *answers, std streams) (*starter.File, error) {
	f := &starter.File{}
	if a.cloudflare != "" {
		if a.environmentID+a.issuer+a.clientID != "" {
			return nil, errors.New("--from-cloudflare brings the provider: leave --pingone-environment-id, --issuer and --client-id out")
		}
		data, err := os.ReadFile(a.cloudflare)
		if err == nil {
			f, err = starter.Cloudflare(data)
		}
		if err != nil {
			return nil, failed(fmt.Errorf("%s: %w", a.cloudflare, err))
		}
	}
	if a.environmentID != "" && a.issuer != "" {
		return nil, errors.New("--pingone-environment-id and --issuer are two providers: give one")
	}
	q := questions{in: bufio.NewReader(std.in), out: std.err, terminal: asks(std.in)}
	if err := a.complete(f, &q); err != nil {
		return nil, err
	}
	f.From, f.To = a.from, a.to
	if a.cloudflare == "" {
		f.Providers = append(f.Providers, a.provider())
	}
	for i := range f.Providers {
		p := &f.Providers[i]
		switch {
		case p.Type == "pingone":
			p.Region = cmp.Or(a.region, "na")
		case p.Issuer == "":
			if p.Issuer = a.issuer; p.Issuer != "" {
				break
			}
			p.Issuer = starter.IssuerOf(p.Authorization)
			f.Notes = append(f.Notes, fmt.Sprintf("the issuer of %s: Cloudflare does not keep it, and %s is a guess; compare it with the provider's discovery document", p.Name, p.Issuer))
		}
	}
	return f, nil
}

// provider is the one that the answers name.
func (a *answers) provider() starter.Provider {
	p := starter.Provider{Name: "idp", Type: "oidc", Issuer: a.issuer, ClientID: a.clientID}
	if a.environmentID != "" {
		p = starter.Provider{Name: "ping", Type: "pingone", EnvironmentID: a.environmentID, Region: a.region, ClientID: a.clientID}
	}
	p.SecretVariable = starter.SecretVariable(p.Name)
	return p
}

// writeFirst checks the file before it writes it: a first file that does not
// load would be a bad beginning.
func writeFirst(f *starter.File, out string, force bool, std streams) error {
	text := f.Render()
	c, err := config.LoadOptions{PlaceholderSecrets: true}.Parse(out, []byte(text))
	if err != nil {
		return failed(fmt.Errorf("nothing is written, because an answer does not fit:\n%s\n%w", numbered(text, err), explain(err, std.err)))
	}
	if err := createFile(out, text, force); err != nil {
		return failed(err)
	}
	fmt.Fprintf(std.out, "%s is written.\n", out)
	for _, note := range f.Notes {
		fmt.Fprintf(std.out, "  not carried over: %s\n", printable(note))
	}
	printRegistrations(std.out, gateway.Registrations(c))
	fmt.Fprintf(std.out, "\nNext:\n  export GATEHOUSE_KEY=$(gatehouse keygen)      # keep it\n")
	for _, p := range f.Providers {
		fmt.Fprintf(std.out, "  export %s=…      # the client secret of %s%s\n", p.SecretVariable, p.Name, inJSON(p))
	}
	name := shellWord(out)
	fmt.Fprintf(std.out, "  gatehouse check --config %s\n  gatehouse doctor --config %s\n  gatehouse serve --config %s\n", name, name, name)
	return nil
}

func inJSON(p starter.Provider) string {
	if p.Secret != "" {
		return ", as client_secret in the JSON; it is not shown here"
	}
	return ""
}

// numbered quotes the lines that problems are about, since there is no file.
func numbered(text string, err error) string {
	var problems config.Problems
	errors.As(err, &problems)
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for _, p := range problems {
		if p.Line > 0 && p.Line <= len(lines) {
			fmt.Fprintf(&b, "  %d | %s\n", p.Line, strings.TrimSpace(lines[p.Line-1]))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// createFile writes a file that only its owner may read, and through no symbolic
// link: what lies there is removed first, and what appears meanwhile is refused.
func createFile(name, text string, force bool) error {
	if force {
		info, err := os.Lstat(name)
		if err == nil && info.IsDir() {
			return fmt.Errorf("%s is a directory", name)
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// shellWord quotes a name for a line that somebody copies.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
