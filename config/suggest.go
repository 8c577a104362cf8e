package config

import (
	"slices"
	"strings"
)

// alias is what people write for one of the file's words that no spelling leads
// to: PingOne's regions by country, continent or the end of their host.
func alias(word string) string {
	switch foldASCII(word) {
	case "us", "usa", "com", "north america", "north_america", "northamerica":
		return "na"
	case "canada":
		return "ca"
	case "europe", "uk":
		return "eu"
	case "australia", "com.au":
		return "au"
	case "singapore":
		return "sg"
	case "ap", "apac":
		return "asia"
	}
	return ""
}

// didYouMean is "; did you mean …?" with the candidate nearest to word, or,
// where none is near and they are few, the list of them all.
func didYouMean(word string, candidates []string) string {
	candidates = once(candidates)
	if meant := alias(word); slices.Contains(candidates, meant) {
		return "; did you mean " + quote(meant) + "?"
	}
	if near := nearest(word, candidates); near != "" {
		return "; did you mean " + quote(near) + "?"
	}
	if len(candidates) == 0 || len(candidates) > 10 {
		return ""
	}
	return "; it can be " + strings.Join(candidates, ", ")
}

// once is list without repetitions, in its order.
func once(list []string) []string {
	var out []string
	for _, word := range list {
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// nearest returns the candidate with the smallest edit distance to word, if it
// is small enough for a slip of the fingers: a third of the word. The first of
// equals wins.
func nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, limit := "", max(1, len(word)/3)+1
	for _, candidate := range candidates {
		if d := editDistance(foldKey(word), foldKey(candidate)); d < limit {
			best, limit = candidate, d
		}
	}
	return best
}

// foldKey makes maxBody, max-body and max_body equal.
func foldKey(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == ' ':
			return -1
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours (optimal string alignment) over bytes.
func editDistance(a, b string) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
