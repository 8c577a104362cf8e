package gateway

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// examineRedis tries the session store, if it is Redis.
func examineRedis(ctx context.Context, c *config.Config, process Process) []Diagnosis {
	const subject = "session store"
	o, err := redisOptions(c, process)
	var servers *session.Redis
	if err == nil {
		servers, err = session.NewRedis(o)
	}
	if err != nil {
		return []Diagnosis{{Subject: subject, Check: "configuration", Detail: err.Error(), Fix: "Correct the file; gatehouse check says where."}}
	}
	defer servers.Close()
	var list []Diagnosis
	for _, f := range servers.Examine(ctx) {
		fix := f.Fix
		if f.Err != nil {
			fix = cmp.Or(fix, redisRemedy(f.Err))
		}
		about := subject
		if f.About != "" {
			about = "redis " + f.About
		}
		list = append(list, Diagnosis{Subject: about, Check: f.Check, OK: fix == "", Detail: f.Said, Fix: fix})
	}
	return list
}

// redisRemedy is what mends a way to Redis that failed.
func redisRemedy(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "Nobody this machine trusts issued the certificate: name its issuer's root in session.redis.tls.ca."
	}
	return provider.Remedy(err)
}
