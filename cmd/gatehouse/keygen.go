package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/machine"
)

func keygenCommand(std streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "keygen [session|assertion|service-token NAME]",
		Short: "Print a fresh key",
		Long:  "Prints a fresh key for session.keys: 32 random bytes as 64 hex digits.\nKeep it: with another key nobody is signed in any more.",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return sessionKey(std) },
	}
	command.AddCommand(
		&cobra.Command{
			Use:   "session",
			Short: "Print a key for session.keys",
			Long:  command.Long,
			Args:  cobra.NoArgs,
			RunE:  func(*cobra.Command, []string) error { return sessionKey(std) },
		},
		&cobra.Command{
			Use:   "assertion",
			Short: "Print a private key for assertion.keys",
			Long: "Prints a private key for assertion.keys: ECDSA on P-256, in PEM form.\n" +
				"Put it into a file and name that as \"${file:/etc/gatehouse/assertion.pem}\". Without one, a key is derived from session.keys.",
			Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return assertionKey(std) },
		},
		&cobra.Command{
			Use:   "service-token NAME",
			Short: "Print a service token, and the line for the file",
			Long: "Prints a service token for the program NAME, and the line for service_tokens.\n" +
				"The token is shown this once: give it to the program, and only the line to the file.",
			Args: func(_ *cobra.Command, args []string) error {
				if len(args) != 1 {
					return errors.New("give the token one name, the program's: gatehouse keygen service-token ci")
				}
				return nil
			},
			RunE: func(_ *cobra.Command, args []string) error { return serviceToken(std, args[0]) },
		},
	)
	return command
}

func sessionKey(std streams) error {
	var key [32]byte
	rand.Read(key[:])
	_, err := fmt.Fprintln(std.out, hex.EncodeToString(key[:]))
	return failed(err)
}

func assertionKey(std streams) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return failed(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return failed(err)
	}
	return failed(pem.Encode(std.out, &pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// serviceToken prints the token alone on the first line, for scripts.
func serviceToken(std streams, name string) error {
	if len(name) > 40 || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		return fmt.Errorf("%q is no name for a service token: up to 40 of a-z, A-Z, 0-9, ., _ and -", name)
	}
	token, hash := machine.Mint(name)
	_, err := fmt.Fprintf(std.out, "%s\n\n# for service_tokens: the file never holds the token itself\n- {name: %s, secret_sha256: %s, expires: %s}\n",
		token, name, hash, time.Now().AddDate(1, 0, 0).UTC().Format(time.DateOnly)+"T00:00:00Z")
	return failed(err)
}
