package machine

import (
	"errors"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

// refuse is a token that does not hold. Text goes into WWW-Authenticate too
// (RFC 6750 section 3): plain ASCII without quotes.
func refuse(reason, text string) error {
	return &page.Error{Status: http.StatusUnauthorized, Code: "invalid_token", Reason: reason, Text: text}
}

func ambiguous() error {
	return refuse("credentials_ambiguous", "This request brings several tokens, or one that can be read in several ways.")
}

// refuseBearer tells the program what is wrong with its access token, as far
// as that helps nobody else.
func refuseBearer(err error) error {
	var e *provider.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Unavailable {
		return &page.Error{
			Status: http.StatusServiceUnavailable, Reason: "bearer_unavailable", RetryAfter: e.RetryAfter,
			Text: "Whether this access token is good cannot be found out right now.", Cause: err,
		}
	}
	text := "This access token is not accepted."
	switch e.Reason {
	case provider.ReasonBearerExpired:
		text = "This access token has expired."
	case provider.ReasonBearerAudience:
		text = "This access token is meant for another audience."
	case provider.ReasonBearerType:
		text = "This is no access token."
	case provider.ReasonBearerMalformed:
		text = "This access token cannot be read."
	}
	return &page.Error{Status: http.StatusUnauthorized, Code: "invalid_token", Reason: e.Reason, Text: text, Cause: err}
}
