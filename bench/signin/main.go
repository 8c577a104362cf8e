// Command signin signs in as a browser would and prints the cookies that then
// belong in a request's Cookie header.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/gatehouse-proxy/gatehouse/bench/browser"
)

func main() {
	address := flag.String("url", "", "an address behind the gateway that answers 200 once signed in")
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("signin: ")
	if *address == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}

	cookies, err := browser.SignIn(http.DefaultTransport, *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cookies)
}
