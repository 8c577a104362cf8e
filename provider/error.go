package provider

import (
	"fmt"
	"time"
)

// Error is why a provider could not be used or a sign-in was refused. Reason
// is for pages, metrics and documentation; the text of Error is for the log:
// it may quote the provider (bounded and escaped), never a token, a code or a
// secret.
type Error struct {
	// Reason is one of the Reason constants.
	Reason string
	// Unavailable says that the provider is to blame and that trying again
	// later may help: 503 rather than 400.
	Unavailable bool
	// RetryAfter is when to try again. It is positive when Unavailable: what
	// the provider asked for, at most 10 minutes, or 5 seconds.
	RetryAfter time.Duration
	// Err is the cause.
	Err error
}

// Error is the reason and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// The reason codes, in the order in which a sign-in meets them.
const (
	// ReasonUnreachable: no connection to the provider, or it broke: DNS, TCP, TLS or a proxy in between.
	ReasonUnreachable = "provider_unreachable"
	// ReasonSlow: the provider did not answer completely within 10 seconds.
	ReasonSlow = "provider_slow"
	// ReasonAbandoned: the browser hung up before the provider answered.
	ReasonAbandoned = "sign_in_abandoned"
	// ReasonFailing: the provider answered with a 5xx status.
	ReasonFailing = "provider_failing"
	// ReasonThrottling: the provider answered 429, too many requests.
	ReasonThrottling = "provider_throttling"
	// ReasonRedirects: the provider redirected a fetch to another origin, too often, or where a redirect is not allowed.
	ReasonRedirects = "provider_redirects"
	// ReasonAnswerStatus: the provider answered with a status that makes no sense there, such as 404 for its discovery document.
	ReasonAnswerStatus = "provider_answer_status"
	// ReasonAnswerTooLarge: the provider's answer is larger than 1 MiB.
	ReasonAnswerTooLarge = "provider_answer_too_large"
	// ReasonAnswerNotJSON: the answer's content type is not JSON; often a login or error page of something in between.
	ReasonAnswerNotJSON = "provider_answer_not_json"
	// ReasonAnswerMalformed: the answer is broken JSON, has a name twice, or lacks a member that it must have.
	ReasonAnswerMalformed = "provider_answer_malformed"
	// ReasonDiscoveryIssuer: the discovery document names another issuer than the configuration, be it by a slash.
	ReasonDiscoveryIssuer = "discovery_issuer_mismatch"
	// ReasonDiscoveryEndpoint: the discovery document lacks an endpoint, or names one that is no https address.
	ReasonDiscoveryEndpoint = "discovery_endpoint_invalid"

	// ReasonResponseAmbiguous: the provider's answer in the browser has a parameter twice, or both a code and an error.
	ReasonResponseAmbiguous = "response_ambiguous"
	// ReasonResponseIssuer: the answer in the browser names another issuer, or none although the provider announces one (RFC 9207).
	ReasonResponseIssuer = "response_issuer_mismatch"

	// ReasonPARMissing: requests have to be pushed (par), and the provider has no endpoint for it.
	ReasonPARMissing = "par_endpoint_missing"
	// ReasonPARRefused: the provider refused a pushed authorization request, such as for a redirect URI that is not registered.
	ReasonPARRefused = "pushed_request_refused"

	// ReasonCodeRejected: the token endpoint says invalid_grant: the code is spent, too old, or was issued for another redirect URI.
	ReasonCodeRejected = "code_rejected"
	// ReasonClientRejected: the token endpoint says invalid_client: client_id, client_secret or client_auth is wrong.
	ReasonClientRejected = "client_rejected"
	// ReasonTokenRefused: the token endpoint refused with another error, such as unauthorized_client or invalid_scope.
	ReasonTokenRefused = "token_request_refused"
	// ReasonTokenType: the token endpoint issued a token that is not of type Bearer.
	ReasonTokenType = "token_type_unsupported"
	// ReasonGrantRejected: the token endpoint says invalid_grant to a refresh: the person was signed off at the provider, or the refresh token has ended, was revoked or was used twice.
	ReasonGrantRejected = "grant_rejected"
	// ReasonRefreshSubject: a refresh brought an ID token of another subject, issuer or client than the session's.
	ReasonRefreshSubject = "refresh_subject_mismatch"

	// ReasonIDTokenMissing: the token endpoint sent no ID token; often the scope openid is not granted.
	ReasonIDTokenMissing = "id_token_missing"
	// ReasonIDTokenMalformed: the ID token is no compact JWS with strict JSON inside, has a claim of the wrong type, or is larger than 512 KiB.
	ReasonIDTokenMalformed = "id_token_malformed"
	// ReasonIDTokenAlgorithm: the ID token is signed with an algorithm outside signing_algs.
	ReasonIDTokenAlgorithm = "id_token_algorithm"
	// ReasonIDTokenType: the token's typ says that it is something else, such as an access token or a logout token.
	ReasonIDTokenType = "id_token_type"
	// ReasonIDTokenCritical: the ID token demands a header extension (crit, b64) that we do not understand.
	ReasonIDTokenCritical = "id_token_critical"
	// ReasonIDTokenKey: the provider's key set has no suitable key of that id.
	ReasonIDTokenKey = "id_token_key_unknown"
	// ReasonIDTokenSignature: no suitable key verifies the ID token's signature.
	ReasonIDTokenSignature = "id_token_signature"
	// ReasonIDTokenIssuer: iss is not exactly the configured issuer.
	ReasonIDTokenIssuer = "id_token_issuer"
	// ReasonIDTokenAudience: aud does not hold our client_id, or azp names another client.
	ReasonIDTokenAudience = "id_token_audience"
	// ReasonIDTokenTimes: exp or iat is missing, or one of exp, iat, nbf and auth_time is no sensible number of seconds.
	ReasonIDTokenTimes = "id_token_times"
	// ReasonIDTokenExpired: exp has passed; look at both clocks.
	ReasonIDTokenExpired = "id_token_expired"
	// ReasonIDTokenEarly: iat, nbf or auth_time is in the future; look at both clocks.
	ReasonIDTokenEarly = "id_token_not_yet_valid"
	// ReasonIDTokenSubject: sub is missing, no string, empty, longer than 255 bytes, or has blanks around it or control characters in it.
	ReasonIDTokenSubject = "id_token_subject"
	// ReasonIDTokenNonce: the ID token was not issued for this sign-in.
	ReasonIDTokenNonce = "id_token_nonce"
	// ReasonIDTokenAtHash: at_hash does not belong to the access token.
	ReasonIDTokenAtHash = "id_token_at_hash"
	// ReasonIDTokenAuthTime: max_age was asked for, and the person authenticated too long ago or at an unknown time.
	ReasonIDTokenAuthTime = "id_token_auth_time"

	// ReasonLogoutToken: a back-channel logout token breaks a rule of OpenID Connect Back-Channel Logout 1.0 section 2.6.
	ReasonLogoutToken = "logout_token_invalid"

	// ReasonUserinfoMissing: userinfo is "always", and the provider has no userinfo endpoint.
	ReasonUserinfoMissing = "userinfo_endpoint_missing"
	// ReasonUserinfoRefused: the userinfo endpoint did not accept the access token it goes with.
	ReasonUserinfoRefused = "userinfo_refused"
	// ReasonUserinfoJWT: userinfo comes as a JWT that is encrypted, or that the issuer has not signed for us with one of signing_algs.
	ReasonUserinfoJWT = "userinfo_jwt_invalid"
	// ReasonUserinfoSubject: userinfo is about another subject than the ID token (OpenID Connect Core 5.3.2).
	ReasonUserinfoSubject = "userinfo_subject"
	// ReasonEmailNotVerified: require_email_verified is "always", and the provider did not say that the address is verified.
	ReasonEmailNotVerified = "email_not_verified"
)

// The reason codes of access tokens that somebody brings.
const (
	// ReasonBearerMalformed: the token is no compact JWS with strict JSON inside, demands an extension (crit), or is larger than 32 KiB.
	ReasonBearerMalformed = "bearer_malformed"
	// ReasonBearerAlgorithm: the token is signed with an algorithm outside algs.
	ReasonBearerAlgorithm = "bearer_algorithm"
	// ReasonBearerType: the token is an ID, refresh or logout token, or bound to a key.
	ReasonBearerType = "bearer_type"
	// ReasonBearerSignature: no key of its issuer verifies the token.
	ReasonBearerSignature = "bearer_signature"
	// ReasonBearerIssuer: nobody whose tokens count here issued it.
	ReasonBearerIssuer = "bearer_issuer"
	// ReasonBearerAudience: the token is meant for others.
	ReasonBearerAudience = "bearer_audience"
	// ReasonBearerTimes: exp is missing, or a time is no sensible number of seconds.
	ReasonBearerTimes = "bearer_times"
	// ReasonBearerExpired: exp has passed.
	ReasonBearerExpired = "bearer_expired"
	// ReasonBearerEarly: nbf or iat is in the future.
	ReasonBearerEarly = "bearer_not_yet_valid"
	// ReasonBearerSubject: the token names nobody.
	ReasonBearerSubject = "bearer_subject"
	// ReasonBearerInactive: the provider says that the token does not count.
	ReasonBearerInactive = "bearer_inactive"
)

const (
	defaultRetryAfter = 5 * time.Second
	maxRetryAfter     = 10 * time.Minute
)

// refuse is a sign-in that trying again does not mend.
func refuse(reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// unavailable makes an Error one of the provider's own making.
func unavailable(e *Error) *Error {
	if e.RetryAfter <= 0 {
		e.RetryAfter = defaultRetryAfter
	}
	e.Unavailable = true
	return e
}

// about puts what was being done before the cause.
func (e *Error) about(act string) *Error {
	e.Err = fmt.Errorf("%s: %w", act, e.Err)
	return e
}

// brief bounds a text that may quote a stranger's bytes.
func brief(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
