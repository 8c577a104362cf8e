package config

import (
	"net"
	"net/url"
	"strings"
)

// Redis is the `session.redis` block.
type Redis struct {
	URLs             []Secret `yaml:"urls" placeholder:"redis://127.0.0.1:6379/0" doc:"redis:// or rediss:// (TLS), user name and password, host, port and database: of one server, of several nodes of a cluster, or of the sentinels. All alike but for host and port. Default redis://127.0.0.1:6379/0."`
	SentinelMaster   string   `yaml:"sentinel_master" doc:"Name of the master that the sentinels in urls watch. User name and password in urls are then the servers', not the sentinels'."`
	SentinelUsername string   `yaml:"sentinel_username" doc:"User name at the sentinels."`
	SentinelPassword Secret   `yaml:"sentinel_password" doc:"Password at the sentinels."`
	Cluster          bool     `yaml:"cluster" doc:"The servers in urls are nodes of a Redis Cluster."`
	TLS              RedisTLS `yaml:"tls" doc:"TLS towards rediss:// servers."`
	KeyPrefix        string   `yaml:"key_prefix" default:"gatehouse:" doc:"Begins every key, so that several gateways can share a server."`
	ClientCache      string   `yaml:"client_cache" default:"auto" enum:"auto,off" doc:"auto has the server tell of changes, so that a session in use costs no round trip; off asks it for every request."`
}

// RedisTLS is the `session.redis.tls` block.
type RedisTLS struct {
	CA                 string `yaml:"ca" doc:"PEM file with the roots that the server's certificate must chain to, instead of the system's."`
	Cert               string `yaml:"cert" doc:"PEM file with our client certificate."`
	Key                string `yaml:"key" doc:"PEM file with its private key."`
	ServerName         string `yaml:"server_name" placeholder:"placeholder.invalid" doc:"Name to verify and to send as SNI. Default each server's host."`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify" doc:"Accepts any certificate. Whoever is between can read the password and end sessions."`
}

// RedisServers is what the urls say together.
type RedisServers struct {
	Addresses          []string // host:port
	Secure             bool
	Username, Password string
	Database           int
}

// defaultRedis is the server of an empty urls.
const defaultRedis = "redis://127.0.0.1:6379/0"

// Servers reads the urls, which were checked.
func (r *Redis) Servers() RedisServers {
	urls := r.URLs
	if len(urls) == 0 {
		urls = []Secret{NewSecret(defaultRedis)}
	}
	var all RedisServers
	for i, secret := range urls {
		one, _ := redisURL(secret.Reveal())
		if i == 0 {
			all = one
		} else {
			all.Addresses = append(all.Addresses, one.Addresses...)
		}
	}
	return all
}

// redisURL reads one of the urls, or says what is wrong with it without
// repeating it: there is a password inside.
func redisURL(text string) (RedisServers, string) {
	const shape = "is not a Redis address; write redis://user:password@host:6379/0, or rediss:// for TLS, with @ : / and % of the password as %40 %3A %2F and %25"
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || u.Fragment != "" {
		return RedisServers{}, shape
	}
	if u.Scheme != "redis" && u.Scheme != "rediss" {
		return RedisServers{}, "begins with an unknown scheme; it can be redis:// or rediss://"
	}
	if u.RawQuery != "" || u.ForceQuery {
		return RedisServers{}, "must be without a query; what else there is to say has keys of its own under session.redis"
	}
	s := RedisServers{Secure: u.Scheme == "rediss"}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	s.Addresses = []string{net.JoinHostPort(u.Hostname(), port)}
	if u.User != nil {
		s.Username = u.User.Username()
		s.Password, _ = u.User.Password()
	}
	for _, digit := range strings.Trim(u.Path, "/") {
		if digit < '0' || digit > '9' || s.Database > 1<<20 {
			return s, "must end with the number of a database, like /0"
		}
		s.Database = s.Database*10 + int(digit-'0')
	}
	return s, ""
}
