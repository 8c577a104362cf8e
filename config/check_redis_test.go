package config

import "testing"

func TestRedisServersAreCheckedWithoutShowingThem(t *testing.T) {
	const session = `session: {keys: "${GATEHOUSE_KEY}", store: redis, redis: `
	refuses(t, aroundSession, []promise{
		{session + `{urls: "localhost:6379"}}`, `5:65: session.redis.urls: is not a Redis address; write redis://user:password@host:6379/0, or rediss:// for TLS, with @ : / and % of the password as %40 %3A %2F and %25`},
		{session + `{urls: "http://localhost:6379"}}`, `5:65: session.redis.urls: begins with an unknown scheme; it can be redis:// or rediss://`},
		{session + `{urls: "redis://u:p@a/x"}}`, `5:65: session.redis.urls: must end with the number of a database, like /0`},
		{session + `{urls: ["redis://a", "redis://b"]}}`, `5:65: session.redis.urls: holds several servers; say whether they are a cluster (cluster: true) or sentinels (sentinel_master: NAME)`},
		{session + `{urls: ["redis://a", "rediss://b"], cluster: true}}`, `5:79: session.redis.urls[1]: differs from the first in more than host and port`},
		{session + `{urls: ["redis://a/1"], cluster: true}}`, `5:65: session.redis.urls: names database 1, but a cluster has only database 0`},
		{session + `{cluster: true, sentinel_master: m}}`, `5:68: session.redis.cluster: and sentinel_master exclude each other: a cluster fails over by itself`},
		{session + `{sentinel_password: x}}`, `5:58: session.redis: has credentials for sentinels, but no sentinel_master`},
		{session + `{tls: {server_name: x}}}`, `5:64: session.redis.tls: is for TLS alone; write rediss:// in urls, or remove it`},
		{session + `{client_cache: on}}`, `5:73: session.redis.client_cache: unknown client_cache "on"; it can be auto, off`},
		{session + `{url: "redis://a"}}`, `5:59: session.redis.url: unknown key "url"; did you mean "urls"?`},
	})
	accepts(t, aroundSession,
		session+`{}}`,
		session+`{urls: "rediss://u:p%40ss@redis.internal/3", key_prefix: "x:", client_cache: off, tls: {server_name: r.internal}}}`,
		session+`{urls: ["redis://a:26379", "redis://b:26379"], sentinel_master: main, sentinel_password: x}}`,
		session+`{urls: ["redis://:p@a", "redis://:p@b"], cluster: true}}`,
	)
}

func TestRedisServersReadTheirURLs(t *testing.T) {
	for text, want := range map[string]RedisServers{
		"redis://a":                          {Addresses: []string{"a:6379"}},
		"rediss://ana:p%40s%3As@b:6380/12":   {Addresses: []string{"b:6380"}, Secure: true, Username: "ana", Password: "p@s:s", Database: 12},
		"redis://:secret@[::1]:7000":         {Addresses: []string{"[::1]:7000"}, Password: "secret"},
		"redis://user@host.example.com:1/00": {Addresses: []string{"host.example.com:1"}, Username: "user"},
	} {
		got := (&Redis{URLs: []Secret{NewSecret(text)}}).Servers()
		if len(got.Addresses) != 1 || got.Addresses[0] != want.Addresses[0] || got.Secure != want.Secure ||
			got.Username != want.Username || got.Password != want.Password || got.Database != want.Database {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	if got := new(Redis).Servers().Addresses[0]; got != "127.0.0.1:6379" {
		t.Errorf("without urls: %s", got)
	}
}
