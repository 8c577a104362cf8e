package config

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/gatehouse-proxy/gatehouse/expr"
)

// Expr is a CEL expression that compiles.
type Expr struct {
	Text    string
	Program *expr.Program
}

// decode reads an expression, which may run over several lines, and reports
// its mistakes where they stand.
func (e *Expr) decode(d *decoder, n *yaml.Node, p path) {
	text, ok := d.text(n, "true", p)
	if !ok {
		return
	}
	e.Text = strings.TrimSpace(text)
	if e.Text == "" {
		d.reject(p, "is empty")
		return
	}
	program, err := expr.Compile(text)
	if err == nil {
		e.Program = program
		return
	}
	issues, ok := err.(expr.Issues)
	if src := d.source(p); !ok || !src.literal() {
		// The messages quote parts, which may have come from a secret.
		d.reject(p, "%s makes no expression that compiles", src.quote("the text"))
		return
	}
	for _, issue := range issues {
		line, col := d.within(n, text, issue.Line, issue.Col)
		d.addAt(line, col, d.display(p), "%s%s", issue.Message, meantExpression(issue.Message, text))
	}
	d.broken[p] = true
}

// comparedList is a list of user held against one text.
var comparedList = regexp.MustCompile(`\buser\.(groups|amr)\s*==\s*("[^"]*"|'[^']*')`)

// meantExpression is a hint for a message of CEL: about a name that it does not
// know, an operator of other languages, and a list that is compared as if it
// were one of its members.
func meantExpression(message, text string) string {
	if strings.HasPrefix(message, "found no matching overload") && strings.Contains(message, "list(string)") {
		if found := comparedList.FindStringSubmatch(text); found != nil {
			return "; did you mean " + found[2] + " in user." + found[1] + "?"
		}
		return `; a list is searched like this: "staff" in user.groups`
	}
	for slip, operator := range map[string]string{"mismatched input 'and'": "&&", "mismatched input 'or'": "||", "error at: '= '": "=="} {
		if strings.Contains(message, slip) {
			return "; did you mean " + operator + "?"
		}
	}
	for start, known := range map[string][]string{"undefined field '": expr.Fields(), "undeclared reference to '": expr.Names()} {
		if rest, found := strings.CutPrefix(message, start); found {
			word, _, _ := strings.Cut(rest, "'")
			if variable := expr.Variable(word); variable != "" && start != "undefined field '" {
				return "; did you mean " + quote(variable+"."+word) + "?"
			}
			return didYouMean(word, known)
		}
	}
	return ""
}

// within is where a line and column of a scalar's text stand in the file, or
// where the scalar begins if YAML's folding leaves no telling.
func (d *decoder) within(n *yaml.Node, text string, line, col int) (int, int) {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) || col < 1 {
		return n.Line, n.Column
	}
	want := []rune(lines[line-1])
	at, indent := n.Line, 0
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		at += line
		indent = len(d.line(at)) - len(strings.TrimLeft(d.line(at), " "))
		indent -= len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " "))
	case n.Style&yaml.FoldedStyle != 0 || line > 1:
		return n.Line, n.Column
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		indent = n.Column
	default:
		indent = n.Column - 1
	}
	written := []rune(d.line(at))
	before := min(col-1, len(want))
	if indent < 0 || len(written) < indent+before || string(written[indent:indent+before]) != string(want[:before]) {
		return n.Line, n.Column
	}
	return at, indent + col
}

// line is a line of the file, from 1.
func (r *report) line(n int) string {
	if n < 1 || n > len(r.lines) {
		return ""
	}
	return strings.TrimSuffix(r.lines[n-1], "\r")
}
