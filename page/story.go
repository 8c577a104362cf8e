package page

import (
	"net/http"
	"strings"
)

// story is what the error page tells: what happened, and what to do now. An
// Error's Text replaces text; next then still says how to go on.
type story struct{ heading, text, next string }

// storyOf finds the story of e: that of its reason, else that of a sign-in
// that failed, which is known by its way back, else that of its status.
func (p *Pages) storyOf(e *Error) story {
	if s, ok := reasonStory(e.Reason); ok {
		return s
	}
	status := e.status()
	if strings.HasPrefix(e.RetryURL, p.authPath+"/login") {
		if status >= 500 {
			return signInDown()
		}
		return story{
			"Sign-in did not succeed",
			"The sign-in could not be completed. Please try again.",
			"If it keeps failing, ask for support and pass on the request id below.",
		}
	}
	if status == http.StatusForbidden && e.SignedInAs == "" {
		return story{
			"You cannot enter here",
			"This address is closed to requests like yours, for example because of the network that you are in.",
			"If you think that it should be open to you, ask for support and pass on the request id below.",
		}
	}
	return statusStory(status)
}

// reasonStory holds the refusals that need other words than their status. The
// reason codes are those of docs/troubleshooting.md.
func reasonStory(reason string) (s story, ok bool) {
	switch reason {
	case "access_denied":
		s = story{"Sign-in was not granted",
			"The sign-in was cancelled, or your account may not use this application.",
			"Try again, perhaps with another account. If yours should be enough, ask whoever manages accounts to grant it this application."}
	case "attempt_unknown":
		s = story{"Please start again",
			"This sign-in is too old, was finished already, or began in another browser.",
			"A sign-in has to be finished within ten minutes, in the browser that began it. If this happens every time, allow cookies for this site."}
	case "sign_in_loop":
		s = story{"Signing in does not hold",
			"You have signed in several times within a minute, and your browser came back without the sign-in each time.",
			"Allow cookies for this site, and come by its https address. Then try again. If it goes on, pass on the request id below to the operator."}
	case "state_missing", "callback_malformed", "code_missing":
		s = story{"Not a page to start from",
			"This address works only as the last step of a sign-in.",
			"If you kept this address as a bookmark, replace it by the application's."}
	case "interaction_required":
		s = story{"Your answer is needed first",
			"The sign-in service could not sign you in without asking you something.",
			"Try again and answer its questions."}
	case "provider_configuration", "client_rejected", "token_request_refused", "token_type_unsupported",
		"par_endpoint_missing", "pushed_request_refused",
		"discovery_issuer_mismatch", "discovery_endpoint_invalid",
		"id_token_algorithm", "id_token_audience", "id_token_issuer", "userinfo_endpoint_missing":
		s = story{"Sign-in is not set up right",
			"The sign-in service and this application do not agree on how to sign people in.",
			"Trying again will not help until the operator has corrected it. Please pass on the request id below."}
	case "id_token_times", "id_token_expired", "id_token_not_yet_valid":
		s = story{"The clocks disagree",
			"The sign-in service and this gateway do not agree on what time it is.",
			"It is not your own clock. Try again; if it keeps failing, pass on the request id below to the operator."}
	case "provider_unknown":
		s = story{"There is no such way to sign in",
			"This host does not know the sign-in service that was asked for.",
			"Start again and choose one of those that are offered."}
	case "step_up_required":
		s = story{"Please sign in once more",
			"This application asks for a stronger or more recent sign-in.",
			"You stay signed in to everything else."}
	case "step_up_not_satisfied":
		s = story{"A stronger sign-in is needed",
			"This application asks for a stronger or more recent sign-in, and the sign-in service did not deliver it.",
			"Try again and take every step that the sign-in service offers. If it offers none, ask the operator and pass on the request id below."}
	case "email_not_verified":
		s = story{"Verify your e-mail address",
			"The sign-in service has not verified your e-mail address. Verify it there, then sign in again.",
			"The message with the link may be among your unwanted mail."}
	case "machine_token_needed":
		s = story{"For programs with a token",
			"This address takes requests of programs, each with a token of its own.",
			"A program sends its token in the header X-Gatehouse-Token, or as a Bearer token in Authorization. Signing in does not open it."}
	case "session_too_large":
		s = story{"Your account does not fit",
			"Your account carries more groups or claims than a browser's cookies can hold.",
			"Trying again will not help. Please pass on the request id below to the operator."}
	case "session_ended":
		s = story{"Please sign in again",
			"Your sign-in has ended at the sign-in service. Please sign in again.",
			"Afterwards you come back to where you wanted to go."}
	case "session_store_unavailable":
		s = story{"Your session cannot be looked up",
			"The place where sessions are kept does not answer. You are still signed in; please try again shortly.",
			"There is no need to sign in again."}
	case "confirmation_invalid", "form_malformed":
		s = story{"You are still signed in",
			"This confirmation is too old or was made elsewhere.",
			"To sign out, try again and confirm it there."}
	default:
		return story{}, false
	}
	return s, true
}

// signInDown is told for every reason why a provider could not be used.
func signInDown() story {
	return story{"Sign-in is down at the moment",
		"The sign-in service does not answer. Nothing is wrong with your account; please try again shortly.",
		"Whoever is signed in already can go on working."}
}

// statusStory holds the refusals that their status explains well enough.
func statusStory(status int) story {
	switch status {
	case http.StatusBadRequest:
		return story{"That could not be understood",
			"Something in the address, or in what your browser sent with it, is not in order. It was not passed on.",
			"Check the address for stray characters, or start again from your apps."}
	case http.StatusUnauthorized:
		return story{"Please sign in",
			"You need to be signed in to open this address.",
			"Afterwards you come back to where you wanted to go."}
	case http.StatusForbidden:
		return story{"You do not have access",
			"This address is not open to your account.",
			"If you have another account, switch to it. If this one should have access, ask whoever looks after the application and pass on the request id below."}
	case http.StatusNotFound:
		return story{"There is nothing here",
			"This host has nothing at that address.",
			"Check the address for a slip, or look among your apps."}
	case http.StatusMethodNotAllowed:
		return story{"That is not possible here",
			"This address does not take what your browser tried to do.",
			"Go back and try another way."}
	case http.StatusRequestEntityTooLarge:
		return story{"That was too large",
			"What you sent is larger than this application takes.",
			"Send something smaller, or in several parts."}
	case http.StatusMisdirectedRequest:
		return story{"This name is not served here",
			"Your request arrived, but nothing is set up for the host name or port that it asked for.",
			"Check the address. If you run this site, a route with exactly this host and port is missing."}
	case http.StatusTooManyRequests:
		return story{"That was too fast",
			"More requests came from you than are taken at a time.",
			"Wait a moment, then try again."}
	case http.StatusRequestHeaderFieldsTooLarge:
		return story{"Your browser sent too much",
			"The cookies and headers that came with your request are larger than this site takes.",
			"Delete this site's cookies in your browser, then open the address again."}
	case http.StatusBadGateway:
		return story{"The application does not answer",
			"The gate is open to you, but the application behind it cannot be reached.",
			"Wait a moment, then try again. What you sent last may not have arrived."}
	case http.StatusServiceUnavailable:
		return story{"Not available at the moment",
			"A part that is needed here is busy or down.",
			"Wait a moment, then try again."}
	case http.StatusGatewayTimeout:
		return story{"The application takes too long",
			"The gate is open to you, but the application behind it did not answer in time.",
			"Try again. What you sent last may have arrived all the same."}
	}
	if status < 500 {
		return story{"That did not work",
			"The request was refused.",
			"Go back and try another way, or start again from your apps."}
	}
	return story{"Something went wrong here",
		"The request could not be completed. The fault is ours, not yours.",
		"Try again later. If it stays, ask for support and pass on the request id below."}
}
