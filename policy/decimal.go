package policy

import (
	"encoding/json"
	"strconv"
	"strings"
)

// decimal is a number by value: ±0.digits × 10^exponent, exact at any length.
// Floats would make neighbours of large ids equal, and math/big would spend
// memory on an exponent of a stranger's choice.
type decimal struct {
	negative bool
	// digits runs from the first digit that is not 0 to the last; a point
	// within does not count. Empty is zero.
	digits   string
	exponent int
}

// maxExponent bounds what counts as a number.
const maxExponent = 1_000_000

func parseDecimal(n json.Number) (decimal, bool) {
	s, negative := strings.CutPrefix(string(n), "-")
	exponent := 0
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		var err error
		exponent, err = strconv.Atoi(s[e+1:])
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return decimal{}, false
		}
		s = s[:e]
	}
	point, first, last, seen := -1, -1, -1, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && point < 0:
			point = i
		case '0' <= c && c <= '9':
			seen = true
			if c == '0' {
				continue
			}
			if first < 0 {
				first = i
			}
			last = i
		default:
			return decimal{}, false
		}
	}
	if !seen {
		return decimal{}, false
	}
	if first < 0 {
		return decimal{}, true // -0 is 0
	}
	if point < 0 {
		point = len(s)
	}
	if first < point {
		exponent += point - first
	} else {
		exponent -= first - point - 1
	}
	return decimal{negative, s[first : last+1], exponent}, true
}

func (d decimal) equal(o decimal) bool {
	if d.negative != o.negative || d.exponent != o.exponent {
		return false
	}
	i, j := 0, 0
	for {
		if i < len(d.digits) && d.digits[i] == '.' {
			i++
		}
		if j < len(o.digits) && o.digits[j] == '.' {
			j++
		}
		if i == len(d.digits) || j == len(o.digits) {
			return i == len(d.digits) && j == len(o.digits)
		}
		if d.digits[i] != o.digits[j] {
			return false
		}
		i, j = i+1, j+1
	}
}
