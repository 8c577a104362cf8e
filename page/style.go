package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"
)

// styleFile is added to our style sheet rather than put in its place: what it
// does not mention keeps its looks in every release.
const styleFile = "style.css"

//go:embed style.css
var ourStyle string

// style is the one sheet of every page.
type style struct {
	text template.CSS
	// source names the sheet in the content security policy (CSP Level 3
	// section 2.3.1): the hash of the text between the style tags, byte for byte.
	source string
}

// newStyle is ours followed by theirs.
func newStyle(theirs string) (style, error) {
	// The hash is over the text as an HTML parser reads it, which knows one
	// kind of line end, and one character for what is none.
	theirs = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(theirs, "\uFEFF"))
	switch at := strings.Index(theirs, "</"); {
	case at >= 0:
		return style{}, fmt.Errorf("%s:%d: holds </, which could end the style sheet before its end", styleFile, 1+strings.Count(theirs[:at], "\n"))
	case !utf8.ValidString(theirs) || strings.Contains(theirs, "\x00"):
		return style{}, fmt.Errorf("%s: is not UTF-8 text", styleFile)
	}
	text := ourStyle
	if theirs != "" {
		text += "\n" + theirs
	}
	sum := sha256.Sum256([]byte(text))
	return style{template.CSS(text), "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"}, nil
}
