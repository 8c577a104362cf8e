package devidp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// maxRequestBody bounds what is read of a request; the longest real one is a
// sign-off with an ID token.
const maxRequestBody = 64 << 10

// Server is a provider. It is an http.Handler that answers below the path of
// its issuer.
type Server struct {
	issuer   string
	path     string // of the issuer
	now      func() time.Time
	lifetime time.Duration // of tokens
	sso      bool
	hints    bool
	// requirePAR has the metadata say that requests have to be pushed.
	requirePAR bool
	keys       *keyRing
	store      *store
	op         *op.Provider
	faults     faults

	mu        sync.Mutex // guards autoLogin
	autoLogin string
}

// New makes a provider that knows the clients and users of o. It answers at
// once; the key, unless o brings one, is generated meanwhile.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("development provider: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLifetime <= 0 {
		o.TokenLifetime = time.Hour
	}
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("development provider: issuer: %w", err)
	}
	s := &Server{
		issuer:     o.Issuer,
		path:       u.Path,
		now:        o.Now,
		lifetime:   o.TokenLifetime,
		sso:        o.SingleSignOn,
		hints:      o.HintSignsIn,
		requirePAR: o.RequirePAR,
		faults:     faults{orders: map[Endpoint]Fault{}, counts: map[Endpoint]int{}},
	}
	if o.Key != nil {
		s.keys = keyRingOf(o.Key)
	} else {
		s.keys = newKeyRing()
	}
	s.store = newStore(o, s.keys)
	if s.op, err = newProvider(o, s.store); err != nil {
		return nil, fmt.Errorf("development provider: %w", err)
	}
	return s, nil
}

// Issuer is the issuer as tokens name it.
func (s *Server) Issuer() string { return s.issuer }

func newProvider(o Options, storage *store) (*op.Provider, error) {
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true, GrantTypeRefreshToken: true}
	// pkg/op judges expiry by the real clock; this shifts it to ours.
	shift := func() time.Duration { return o.Now().Sub(time.Now()) }
	return op.NewProvider(config, storage, op.StaticIssuer(o.Issuer),
		op.WithAllowInsecure(), // plaintext: loopback is the caller's matter
		op.WithCORSOptions(nil),
		op.WithCustomEndpoints(endpoint(Authorize), endpoint(Token), endpoint(Userinfo), endpoint(Revoke), endpoint(SignOff), endpoint(JWKS)),
		op.WithCustomIntrospectionEndpoint(endpoint(Introspect)),
		op.WithAccessTokenVerifierOpts(func(v *op.AccessTokenVerifier) { v.Offset = shift() }),
		op.WithIDTokenHintVerifierOpts(func(v *op.IDTokenHintVerifier) { v.Offset = shift() }),
	)
}

func endpoint(e Endpoint) *op.Endpoint { return op.NewEndpoint(string(e)) }

// ServeHTTP counts the request, applies the faults ordered for its endpoint,
// and answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, below := strings.CutPrefix(r.URL.Path, s.path)
	e := endpointOf(rest)
	if !below || e == "" {
		writeNotice(w, http.StatusNotFound, "Nothing here", "This is a development provider. Its addresses begin with "+s.issuer+".")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBody)
	ctx := op.ContextWithIssuer(r.Context(), s.issuer)
	proper := http.StripPrefix(s.path, s.handler(e))
	if order, faulty := s.faults.arrive(e); faulty {
		order.serve(w, r.WithContext(ctx), proper)
		return
	}
	proper.ServeHTTP(w, r.WithContext(ctx))
}

// handler is what answers at an endpoint when nothing is wrong.
func (s *Server) handler(e Endpoint) http.Handler {
	switch e {
	case Discovery:
		return http.HandlerFunc(s.discovery)
	case Authorize, callback:
		return http.HandlerFunc(s.authorize)
	case Login:
		return http.HandlerFunc(s.login)
	case Token:
		return http.HandlerFunc(s.token)
	case SignOff:
		return http.HandlerFunc(s.signOff)
	case PAR:
		return http.HandlerFunc(s.par)
	case Introspect, Revoke:
		return http.HandlerFunc(s.asClient)
	}
	return s.op
}

// asClient leaves a request to pkg/op once a client assertion in it is checked.
func (s *Server) asClient(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("client_assertion") != "" {
		if _, err := s.asserted(r); err != nil {
			op.RequestError(w, r, err, nil)
			return
		}
	}
	s.op.ServeHTTP(w, r)
}

// callbackURL is where the browser goes when its sign-in is answered.
func (s *Server) callbackURL(ctx context.Context, id string) string {
	return op.AuthCallbackURL(s.op)(ctx, id)
}
