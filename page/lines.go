package page

import (
	"html/template"
	"strings"
)

// breakable lets a long address go on in the next line before "@" and ".",
// which otherwise happens in the middle of a word.
func breakable(address string) template.HTML {
	return template.HTML(strings.NewReplacer("@", "<wbr>@", ".", "<wbr>.").Replace(template.HTMLEscapeString(address)))
}

// unbroken keeps words with a hyphen on one line: a heading must not end in
// "e-" and go on with "mail".
func unbroken(heading string) template.HTML {
	words := strings.Split(template.HTMLEscapeString(heading), " ")
	for i, word := range words {
		if strings.Contains(word, "-") {
			words[i] = `<span class="whole">` + word + `</span>`
		}
	}
	return template.HTML(strings.Join(words, " "))
}
