// Package sampleapp is the application behind the gateway in the demonstration.
// It has no sign-in of its own: it shows what reached it, and says what each
// part means to an application.
//
//	any path   what was received, as a page, or as JSON for Accept: application/json
//	/events    a minute of server-sent events, to see that streams pass
package sampleapp
