// Package browser signs in as people do: by following redirects.
package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// SignIn goes from an address behind a gateway to the provider and back, and
// returns the cookies that then let a request for it pass, joined for a Cookie
// header.
func SignIn(transport http.RoundTripper, address string) (string, error) {
	target, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: transport}
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
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if end := response.Request.URL; response.StatusCode != http.StatusOK || end.String() != target.String() {
		return "", fmt.Errorf("ended at %s with %s: %.512s", end.Redacted(), response.Status, body)
	}
	if err != nil {
		return "", err
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
