// Package acme obtains and renews the certificates of the public listener by
// itself (RFC 8555), at a certificate authority such as Let's Encrypt.
//
// The authority asks for proof at the addresses that Gatehouse serves anyway:
// in a TLS handshake (tls-alpn-01, RFC 8737) on the public listener, which the
// world has to reach at port 443, or over HTTP (http-01) on the redirect
// listener, at port 80. Nothing here touches disk or network before Run.
package acme
