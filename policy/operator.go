package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// ClaimTest is what Claim asks of a claim's value. The zero ClaimTest asks
// nothing and is refused by Compile.
//
// Values compare by kind: the string "1", the number 1 and true are three
// different values. Numbers compare by what they are worth, 1 equals 1.0 and
// 1e0. Strings compare byte for byte.
type ClaimTest struct {
	op      claimOp
	scalars scalarSet
	pattern *regexp.Regexp
	want    bool
	err     error
}

type claimOp uint8

const (
	claimNone claimOp = iota
	claimIs
	claimHas
	claimIn
	claimMatches
	claimExists
)

// ClaimIs passes a claim that is the scalar v: a string, bool or json.Number.
// A list never is a scalar, not even a list of one.
func ClaimIs(v any) ClaimTest { return scalarTest(claimIs, []any{v}) }

// ClaimHas passes a claim that is the scalar v or a list with it.
func ClaimHas(v any) ClaimTest { return scalarTest(claimHas, []any{v}) }

// ClaimIn passes a claim that is one of the scalars or a list with one of
// them.
func ClaimIn(scalars []any) ClaimTest { return scalarTest(claimIn, scalars) }

// ClaimMatches passes a string that re matches from its first to its last
// byte, or a list with such a string. Numbers and booleans never match.
func ClaimMatches(re *regexp.Regexp) ClaimTest {
	if re == nil {
		return ClaimTest{err: errors.New("matches: no expression")}
	}
	// Found somewhere is not enough: "corp" must not admit "not-corp-at-all".
	whole, err := regexp.Compile(`\A(?:` + re.String() + `)\z`)
	if err != nil {
		return ClaimTest{err: fmt.Errorf("matches: %w", err)}
	}
	return ClaimTest{op: claimMatches, pattern: whole}
}

// ClaimExists passes a claim that is there, or one that is not. Null, and an
// empty field of the Identity, is not there.
func ClaimExists(want bool) ClaimTest { return ClaimTest{op: claimExists, want: want} }

func scalarTest(op claimOp, list []any) ClaimTest {
	set, err := newScalarSet(list)
	return ClaimTest{op: op, scalars: set, err: err}
}

// absent tests a claim that is not there.
func (t *ClaimTest) absent() bool { return t.op == claimExists && !t.want }

// claim tests a claim as the token has it.
func (t *ClaimTest) claim(v any) bool {
	if t.op == claimExists {
		return t.want
	}
	members, isList := v.([]any)
	if !isList {
		return t.scalar(v)
	}
	if t.op == claimIs {
		return false
	}
	for _, member := range members {
		if t.scalar(member) {
			return true
		}
	}
	return false
}

// text tests a claim that is a string.
func (t *ClaimTest) text(s string) bool {
	switch t.op {
	case claimExists:
		return t.want
	case claimMatches:
		return t.pattern.MatchString(s)
	}
	return holds(t.scalars.texts, s)
}

// texts tests a claim that is a list of strings.
func (t *ClaimTest) texts(list []string) bool {
	switch t.op {
	case claimExists:
		return t.want
	case claimIs:
		return false
	}
	for _, s := range list {
		if t.text(s) {
			return true
		}
	}
	return false
}

func (t *ClaimTest) scalar(v any) bool {
	switch v := v.(type) {
	case string:
		return t.text(v)
	case bool:
		return t.op != claimMatches && t.scalars.flags[index(v)]
	case json.Number:
		return t.op != claimMatches && t.scalars.hasNumber(v)
	}
	return false
}

// scalarSet holds scalars of the three kinds.
type scalarSet struct {
	texts   map[string]struct{}
	numbers []decimal
	flags   [2]bool // false, true
}

func newScalarSet(list []any) (scalarSet, error) {
	if len(list) == 0 {
		return scalarSet{}, errEmptyList
	}
	set := scalarSet{texts: map[string]struct{}{}}
	for _, v := range list {
		switch v := v.(type) {
		case string:
			set.texts[v] = struct{}{}
		case bool:
			set.flags[index(v)] = true
		case json.Number:
			d, ok := parseDecimal(v)
			if !ok {
				return scalarSet{}, fmt.Errorf("%q is no number", v)
			}
			set.numbers = append(set.numbers, d)
		default:
			return scalarSet{}, fmt.Errorf("%v is no string, number or boolean", v)
		}
	}
	return set, nil
}

func (s *scalarSet) hasNumber(n json.Number) bool {
	d, ok := parseDecimal(n)
	if !ok {
		return false
	}
	for _, number := range s.numbers {
		if number.equal(d) {
			return true
		}
	}
	return false
}

func index(flag bool) int {
	if flag {
		return 1
	}
	return 0
}
