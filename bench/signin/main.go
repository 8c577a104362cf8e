// Command signin signs in as a browser would, by following redirects from an
// address behind the gateway to the provider and back, and prints the cookies
// that then belong in a request's Cookie header.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"time"
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

	cookies, err := signIn(*address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cookies)
}

// signIn returns the cookies for address, joined for a Cookie header.
func signIn(address string) (string, error) {
	target, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Sec-Fetch-Mode", "navigate")
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()

	// Only a round trip that came back to where it began is a sign-in; a page
	// of the provider with status 200 is not.
	if end := response.Request.URL; response.StatusCode != http.StatusOK || end.String() != target.String() {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 512))
		return "", fmt.Errorf("ended at %s with %s: %s", end.Redacted(), response.Status, body)
	}
	var pairs []string
	for _, cookie := range jar.Cookies(target) {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	if len(pairs) == 0 {
		return "", fmt.Errorf("%s needs no sign-in", target.Redacted())
	}
	return strings.Join(pairs, "; "), nil
}
