package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatehouse-proxy/gatehouse/config"
)

func schemaCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration file",
		Long:  "Prints the JSON Schema of the configuration file, for editors:\n  # yaml-language-server: $schema=gatehouse.schema.json",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema()
			if err != nil {
				return failed(err)
			}
			_, err = fmt.Fprintf(std.out, "%s\n", schema)
			return failed(err)
		},
	}
}
