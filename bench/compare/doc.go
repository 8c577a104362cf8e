// Command compare measures what Gatehouse costs, row by row of a table, beside
// proxies that check nothing and gateways that do the same work. run.sh builds
// what it needs and starts it; ../README.md says how to read what it prints.
//
//	row        something measured: its turns and its bounds      rows.go, row_*.go
//	turn       one who takes part in a row                       rows.go
//	subject    somebody who answers requests, and at whose cost  subject.go
//	bed        where the subjects run, and what they share       bed.go
//	process    a program under way                               process.go
//
// In each round every row is measured, and in each row every turn is taken, one
// after another: what the machine does meanwhile then falls on all of them.
package main
