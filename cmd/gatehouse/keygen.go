package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"
)

func keygenCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use:       "keygen [session]",
		Short:     "Print a fresh key",
		Long:      "Prints a fresh key for session.keys: 32 random bytes as 64 hex digits.\nKeep it: with another key nobody is signed in any more.",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"session"},
		RunE: func(*cobra.Command, []string) error {
			var key [32]byte
			rand.Read(key[:])
			_, err := fmt.Fprintln(std.out, hex.EncodeToString(key[:]))
			return failed(err)
		},
	}
}
