// Package starter writes somebody's first configuration file: from a few
// answers, or from what Cloudflare Access calls its login methods and policies.
//
// What comes from outside is a stranger's text: each value is written as a
// quoted YAML scalar in which nothing is expanded, and secrets are written as
// names of variables.
package starter
