package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"

	"github.com/spf13/cobra"
)

func keygenCommand(std streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "keygen [session|assertion]",
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
