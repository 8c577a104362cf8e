package page

import "html/template"

// Sheet is a style sheet and the content security policy under which a page
// may have it and one form to its own origin.
type Sheet struct {
	Text            template.CSS
	ContentSecurity string
}

// NewSheet is our style sheet followed by more, for pages that other rooms
// make and that shall look like ours.
func NewSheet(more string) (Sheet, error) {
	s, err := newStyle(more)
	if err != nil {
		return Sheet{}, err
	}
	return Sheet{s.text, contentSecurity(s.source, " form-action 'self';")}, nil
}
