package gateway

import (
	"errors"
	"html/template"
	"os"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/page"
)

// newPages translates whose pages these are.
func newPages(c *config.Config, process Process) (*page.Pages, error) {
	o := page.Options{
		AuthPath:  c.Server.AuthPath,
		Title:     c.Pages.Title,
		Support:   c.Pages.Support,
		Logo:      c.Pages.Logo,
		Templates: c.Pages.Templates,
		Now:       process.Now,
	}
	if c.Placeholders() { // a file that is not at hand counts as good
		o.Templates = ifThere(o.Templates)
		if !strings.HasPrefix(o.Logo, "data:") {
			o.Logo = ifThere(o.Logo)
		}
	}
	pages, err := page.New(o)
	if err != nil {
		return nil, pageProblems(c, err)
	}
	return pages, nil
}

// appIcon is the picture of the i-th route on the home page.
func appIcon(c *config.Config, i int) (template.URL, error) {
	icon := c.Routes[i].Portal.Icon
	if c.Placeholders() && !strings.HasPrefix(icon, "data:") {
		icon = ifThere(icon)
	}
	picture, err := page.Icon(icon)
	if err != nil {
		return "", config.Problems{c.RouteProblem(err, i, "portal", "icon")}
	}
	return picture, nil
}

func ifThere(name string) string {
	if _, err := os.Stat(name); err != nil {
		return ""
	}
	return name
}

// pageProblems puts what is wrong with an option to the key that it came from.
func pageProblems(c *config.Config, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var problems config.Problems
	for _, each := range joined.Unwrap() {
		var option *page.OptionError
		if !errors.As(each, &option) {
			return err
		}
		key := "templates"
		if option.Option == "Logo" {
			key = "logo"
		}
		problems = append(problems, c.Problem(option.Err, "pages", key))
	}
	return problems
}
