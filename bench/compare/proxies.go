package main

import (
	"fmt"
	"net"
)

// Names of those that authenticate nobody, as tables show them.
const (
	nginx = "nginx proxy_pass"
	bare  = "bare ReverseProxy"
)

// proxy returns the subject at a place, started by argv.
func (b *bed) proxy(place, name, url string, argv ...string) (*subject, error) {
	if s := b.subjects[place]; s != nil {
		return s, nil
	}
	p, err := b.run(place, b.proxyCPU, argv...)
	if err != nil {
		return nil, err
	}
	s := &subject{name: name, url: url, works: []*process{p}}
	b.subjects[place] = s
	return s, nil
}

// bare is httputil.ReverseProxy as tuned as its options allow.
func (b *bed) bare() (*subject, error) { return b.bareAt("bare") }

func (b *bed) bareAt(place string, flags ...string) (*subject, error) {
	upstream, err := b.upstream()
	if err != nil {
		return nil, err
	}
	address := b.address(place)
	return b.proxy(place, bare, "http://"+address, append([]string{b.program("bare"), "-listen", address, "-to", "http://" + upstream}, flags...)...)
}

func (b *bed) haproxy() (*subject, error) {
	upstream, err := b.upstream()
	if err != nil {
		return nil, err
	}
	address := b.address("haproxy")
	file, err := b.file("haproxy.cfg", fmt.Sprintf(`global
	nbthread 1
	maxconn 8192
defaults
	mode http
	timeout connect 5s
	timeout client 60s
	timeout server 60s
frontend door
	bind %s
	option forwardfor
	default_backend app
backend app
	http-reuse always
	server app %s
`, address, upstream))
	if err != nil {
		return nil, err
	}
	return b.proxy("haproxy", "HAProxy", "http://"+address, "haproxy", "-db", "-f", file)
}

func (b *bed) nginx() (*subject, error) {
	file, err := b.nginxFile()
	if err != nil {
		return nil, err
	}
	return b.proxy("nginx", nginx, "http://"+b.address("nginx"), "nginx", "-p", b.dir, "-e", "stderr", "-c", file)
}

// nginxFile has a server that asks nobody, and one for each gateway that nginx
// asks by auth_request.
func (b *bed) nginxFile() (string, error) {
	upstream, err := b.upstream()
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(b.address("nginx-gatehouse"))
	return b.file("nginx.conf", fmt.Sprintf(`daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
	access_log off;
	client_body_temp_path %[1]s/nginx-body;
	proxy_temp_path %[1]s/nginx-proxy;
	fastcgi_temp_path %[1]s/nginx-fastcgi;
	uwsgi_temp_path %[1]s/nginx-uwsgi;
	scgi_temp_path %[1]s/nginx-scgi;
	client_max_body_size 0;
	keepalive_requests 1000000000;
	proxy_http_version 1.1;
	proxy_request_buffering off;
	proxy_max_temp_file_size 0;
	proxy_set_header Connection "";
	proxy_set_header Host $http_host;
	proxy_set_header X-Forwarded-For $remote_addr;
	proxy_set_header X-Forwarded-Proto $scheme;
	proxy_set_header X-Forwarded-Host $http_host;
	upstream app { server %[2]s; keepalive 1024; keepalive_requests 1000000000; }
	upstream gatehouse { server %[3]s; keepalive 1024; keepalive_requests 1000000000; }
	upstream vouch { server %[4]s; keepalive 1024; keepalive_requests 1000000000; }
	server {
		listen %[5]s;
		location / { proxy_pass http://app; }
	}
	server {
		listen %[6]s;
		location / {
			auth_request /asks;
			auth_request_set $location $upstream_http_location;
			auth_request_set $user $upstream_http_x_forwarded_user;
			auth_request_set $email $upstream_http_x_forwarded_email;
			proxy_set_header X-Forwarded-User $user;
			proxy_set_header X-Forwarded-Email $email;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			error_page 401 = @sign-in;
			proxy_pass http://app;
		}
		location = /asks {
			internal;
			proxy_pass http://gatehouse/.auth/verify/nginx;
			proxy_pass_request_body off;
			proxy_set_header Content-Length "";
			proxy_set_header Connection "";
			proxy_set_header Host $host:%[7]s;
			proxy_set_header X-Original-Method $request_method;
			proxy_set_header X-Original-URL $scheme://$host:%[7]s$request_uri;
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_set_header X-Forwarded-Proto $scheme;
		}
		location @sign-in { return 302 $location; }
		location /.auth/ { proxy_pass http://gatehouse; }
	}
	server {
		listen %[8]s;
		location / {
			auth_request /validate;
			auth_request_set $user $upstream_http_x_vouch_user;
			proxy_set_header X-Vouch-User $user;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			error_page 401 = @sign-in;
			proxy_pass http://app;
		}
		location = /validate {
			internal;
			proxy_pass http://vouch/validate;
			proxy_pass_request_body off;
			proxy_set_header Content-Length "";
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
		}
		location @sign-in { return 302 http://%[4]s/login?url=$scheme://$http_host$request_uri; }
	}
}
`, b.dir, upstream, b.address("verify"), b.address("vouch"), b.address("nginx"), b.address("nginx-gatehouse"), port, b.address("nginx-vouch")))
}
