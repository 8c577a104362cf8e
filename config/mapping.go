package config

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// pair is one entry of a mapping.
type pair struct{ key, value *yaml.Node }

// line and column are where the value stands; a value that is left out
// ("key:" and nothing behind it) stands at its key.
func (p pair) line() int {
	if isNull(p.value) && p.value.Value == "" {
		return p.key.Line
	}
	return p.value.Line
}

func (p pair) column() int {
	if isNull(p.value) && p.value.Value == "" {
		return p.key.Column
	}
	return p.value.Column
}

// shapeOf is what n is, where a mapping is wanted.
func shapeOf(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return "a list"
	}
	return "one value"
}

// maxMerges bounds mappings that merge mappings that merge mappings.
const maxMerges = 8

// pairs lists a mapping's entries in the file's order, then those that merge
// keys (<<) bring and that it does not have itself. A key that appears twice
// is a problem: readers disagree about which one counts.
func (d *decoder) pairs(n *yaml.Node, p path) ([]pair, bool) {
	if n.Kind != yaml.MappingNode {
		d.reject(p, "must be a mapping, not %s", shapeOf(n))
		return nil, false
	}
	return d.merged(n, p, 0), true
}

func (d *decoder) merged(n *yaml.Node, p path, depth int) []pair {
	var own []pair
	var sources []*yaml.Node
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = &yaml.Node{Kind: key.Alias.Kind, Value: key.Alias.Value, Tag: key.Alias.Tag, Line: key.Line, Column: key.Column}
		}
		switch line, twice := first[key.Value]; {
		case key.Kind != yaml.ScalarNode || isNull(key):
			d.addAt(key.Line, key.Column, d.display(p), "a key must be a plain word")
		case key.ShortTag() == "!!merge":
			sources = append(sources, value)
		case twice:
			d.addAt(key.Line, key.Column, d.display(p.key(key.Value)), "the key appears twice, first on line %d", line)
		default:
			first[key.Value] = key.Line
			own = append(own, pair{key, value})
		}
	}
	for _, source := range sources {
		for _, brought := range d.sourcePairs(source, p, depth) {
			if _, have := first[brought.key.Value]; !have {
				first[brought.key.Value] = brought.key.Line
				own = append(own, brought)
			}
		}
	}
	return own
}

// sourcePairs lists what the value of a merge key brings: one mapping, or a
// list of them in which the earlier wins.
func (d *decoder) sourcePairs(n *yaml.Node, p path, depth int) []pair {
	at := n
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.visits++
	switch {
	case depth >= maxMerges || d.visits > maxVisits:
		d.addAt(at.Line, at.Column, d.display(p), "<< leads through too many mappings")
		return nil
	case n.Kind == yaml.MappingNode:
		return d.merged(n, p, depth+1)
	case n.Kind == yaml.SequenceNode:
		var all []pair
		for _, item := range n.Content {
			all = append(all, d.sourcePairs(item, p, depth+1)...)
		}
		return all
	}
	d.addAt(at.Line, at.Column, d.display(p), "<< needs a mapping, usually an alias of one")
	return nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
