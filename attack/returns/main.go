// Command returns says where a sign-in would return people to: one JSON string
// a line in, one out. The end-to-end tests hold it against what a browser's URL
// parser makes of the same addresses.
//
//	returns https://app.example.com https://wiki.example.com < addresses
//
// The arguments are the routes' origins. The first is where the sign-in is.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/login"
)

func main() {
	origins := os.Args[1:]
	if len(origins) == 0 {
		log.Fatal("name the origins of the routes")
	}
	returns := login.NewReturner("/.auth", func(origin string) bool { return slices.Contains(origins, origin) })
	out := bufio.NewWriter(os.Stdout)
	in, encoder := json.NewDecoder(os.Stdin), json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.More() {
		var rd string
		if err := in.Decode(&rd); err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(returns.Check(rd, origins[0])); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}
