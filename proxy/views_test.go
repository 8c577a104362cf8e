package proxy

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// TestViewsAreBoundedAndKeepMostOfACrowd: when one too many comes, one goes,
// and not all of them, who would each cost a signature.
func TestViewsAreBoundedAndKeepMostOfACrowd(t *testing.T) {
	plan, err := CompileHeaders(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	forwarder, err := NewForwarder(ForwarderOptions{
		Upstream: &upstream.Pool{}, Headers: plan, StripCookies: kept, StripSetCookie: func(http.Header) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	route := &Route{forwarder: forwarder}
	vs := &views{remember: true}
	var crowd []caller
	for n := range maxViews + 10 {
		crowd = append(crowd, caller{session: &session.Session{ID: fmt.Sprintf("%d-x", n), Identity: identity.Identity{Subject: "s"}}})
	}
	for _, c := range crowd {
		vs.of(c, route, "", time.Now)
	}
	shard := &vs.shards[shardOf("x")]
	if n := len(shard.of); n != maxViews {
		t.Errorf("%d views are kept, want %d", n, maxViews)
	}
	fresh := 0
	for _, c := range crowd {
		if _, made := vs.of(c, route, "", time.Now); made {
			fresh++
		}
	}
	if fresh > maxViews/4 {
		t.Errorf("%d of %d had to be made again", fresh, len(crowd))
	}
}
