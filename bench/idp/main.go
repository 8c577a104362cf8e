// Command idp is a provider that signs everybody in as one person without
// asking, so that a benchmark can start signed in.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9303", "address to listen on")
	clientID := flag.String("client-id", "bench", "the one client's id")
	clientSecret := flag.String("client-secret", "bench-secret", "and its secret")
	redirects := flag.String("redirect-uris", "", "the client's redirect URIs, separated by commas")
	environment := flag.Bool("print-environment", false, "print the environment id of the issuer, and exit")
	flag.Parse()
	if *environment {
		fmt.Println(devidp.EnvironmentID)
		return
	}

	user := devidp.User{
		Subject:  "3d0f2c64-58be-4a7c-9b15-d2a1c0e7f901",
		Username: "bench", GivenName: "Bea", FamilyName: "Ench",
		Email:  "bea.ench@example.com",
		Groups: []string{"staff", "engineering", "on-call"},
		Claims: map[string]any{
			"department": "Engineering", "office": "Zürich", "title": "Engineer", "roles": []string{"developer", "reviewer"},
			"employee": map[string]any{"id": "40711", "manager": "ada.example", "cost_center": "CC-1200"},
		},
	}
	provider, err := devidp.New(devidp.Options{
		Issuer: devidp.Issuer("http://"+*listen, devidp.EnvironmentID),
		Clients: []devidp.Client{{
			ID: *clientID, Secret: *clientSecret,
			RedirectURIs: strings.Split(*redirects, ","),
			RequirePKCE:  true,
		}},
		Users: []devidp.User{user},
	})
	if err != nil {
		log.Fatal(err)
	}
	provider.AutoLogin(user.Username)
	server := &http.Server{Addr: *listen, Handler: provider, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
