package page

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// outline writes the elements, attributes and words of a document, one a line,
// without what only looks matter to: the style sheet and drawings.
func outline(root *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		indent := strings.Repeat("  ", depth)
		switch n.Type {
		case html.TextNode:
			if words := strings.Join(strings.Fields(n.Data), " "); words != "" {
				fmt.Fprintf(&b, "%s%q\n", indent, words)
			}
			return
		case html.ElementNode:
			b.WriteString(indent + n.Data)
			for _, a := range n.Attr {
				value := a.Val
				if strings.HasPrefix(value, "data:") {
					value, _, _ = strings.Cut(value, ",")
				}
				fmt.Fprintf(&b, " %s=%q", a.Key, value)
			}
			b.WriteByte('\n')
			if n.Data == "style" || n.Data == "svg" {
				return
			}
			depth++
		}
		for c := range n.ChildNodes() {
			walk(c, depth)
		}
	}
	walk(root, 0)
	return b.String()
}

func everyElement(root *html.Node, visit func(*html.Node)) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func find(root *html.Node, tag string) (out []*html.Node) {
	everyElement(root, func(n *html.Node) {
		if n.Data == tag {
			out = append(out, n)
		}
	})
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
