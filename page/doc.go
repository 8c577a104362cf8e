// Package page is what people see: the pages and the plain answers that
// Gatehouse gives in its own name, and the Error that every refusal travels in.
//
// Pages are HTML and CSS without scripts. Nothing on them is fetched from
// anywhere: the one style sheet is inlined and named in the content security
// policy by its hash, pictures are drawn in the page or embedded. A page is
// rendered whole before its first byte is sent, so nobody sees half of one.
//
// Every answer, page or not, carries the headers of SetHeaders; redirects and
// what only proxies read do without those that are about showing something.
package page
