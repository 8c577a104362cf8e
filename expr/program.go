package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
)

const (
	// maxSize bounds an expression, in characters.
	maxSize = 8192
	// maxCost bounds one evaluation, in CEL's units: a look at a variable or
	// a comparison is about one, and each member of a list that exists or all
	// goes through a handful. A thousand groups fit easily; a product of two
	// such lists does not.
	maxCost = 100_000
)

// Program is a checked expression, ready to be evaluated by any number of
// requests at once.
type Program struct {
	program cel.Program
	reads   Reads
}

// Issue is a mistake in an expression.
type Issue struct {
	// Line and Col are where, both from 1, Col in characters; zero if the
	// whole is meant.
	Line, Col int
	Message   string
}

// Issues are all mistakes of an expression.
type Issues []Issue

func (is Issues) Error() string {
	lines := make([]string, len(is))
	for i, issue := range is {
		lines[i] = fmt.Sprintf("%d:%d: %s", issue.Line, issue.Col, issue.Message)
	}
	return strings.Join(lines, "; ")
}

// Compile parses and type-checks an expression. The error is Issues.
func Compile(text string) (*Program, error) {
	env, err := language()
	if err != nil {
		return nil, err
	}
	ast, found := env.Compile(text)
	if found.Err() != nil {
		var issues Issues
		for _, e := range found.Errors() {
			issues = append(issues, Issue{Line: e.Location.Line(), Col: e.Location.Column() + 1, Message: plain(e.Message)})
		}
		return nil, issues
	}
	if kind := ast.OutputType(); kind != cel.BoolType && kind != cel.DynType {
		return nil, Issues{{Message: fmt.Sprintf("has the type %s; it must be true or false", cel.FormatCELType(kind))}}
	}
	reads, issues := readsOf(ast)
	if len(issues) > 0 {
		return nil, issues
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		return nil, Issues{{Message: plain(err.Error())}}
	}
	return &Program{program: program, reads: reads}, nil
}

// plain is one of CEL's messages on one line.
func plain(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if before, _, found := strings.Cut(message, " expecting {"); found { // all that CEL knows
		message = before
	}
	message = strings.ReplaceAll(message, "mismatched input '<EOF>'", "the expression ends too early")
	return strings.TrimSuffix(strings.ReplaceAll(message, " (in container '')", ""), ".")
}

// Eval evaluates the expression. An error is a claim that is not there, values
// of kinds that cannot be compared, a result that is neither true nor false,
// or an evaluation that costs too much.
func (p *Program) Eval(v *Vars) (bool, error) {
	result, _, err := p.program.Eval(v)
	if err != nil {
		return false, err
	}
	value, ok := result.Value().(bool)
	if !ok {
		return false, errors.New("the result is neither true nor false")
	}
	return value, nil
}

// Reads says what the expression looks at.
func (p *Program) Reads() Reads { return p.reads }
