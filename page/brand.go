package page

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

// maxLogo bounds the picture that every page carries along.
const maxLogo = 64 << 10

// brand is whose house it is.
type brand struct {
	Title   string
	Logo    template.URL // a data: URL, or "" for our own mark
	Support support
}

// support is whom to ask: a text, and where it leads, if anywhere.
type support struct{ Text, URL string }

func newBrand(o Options) (brand, error) {
	logo, err := embedded(o.Logo, maxLogo)
	return brand{
		Title:   cmp.Or(strings.TrimSpace(o.Title), "Gatehouse"),
		Logo:    logo,
		Support: newSupport(strings.TrimSpace(o.Support)),
	}, err
}

func newSupport(s string) support {
	switch {
	case address(s) != "":
		return support{Text: s, URL: s}
	case strings.Count(s, "@") == 1 && !strings.ContainsAny(s, " \t\r\n<>,;:?&#%/\\\""):
		return support{Text: s, URL: "mailto:" + s}
	}
	return support{Text: s}
}

// MaxIcon bounds an app's picture: a page may carry many.
const MaxIcon = 32 << 10

// Icon embeds a file, or a data: URL, as an app's picture.
func Icon(s string) (template.URL, error) { return embedded(s, MaxIcon) }

// embedded puts the picture into a data: URL. A picture on another host is
// refused: that host would learn of everybody who is asked to sign in.
func embedded(s string, limit int64) (template.URL, error) {
	switch {
	case s == "":
		return "", nil
	case strings.HasPrefix(s, "data:image/"):
		if int64(len(s)) > limit*4/3+100 {
			return "", fmt.Errorf("is larger than %d KiB", limit>>10)
		}
		if strings.ContainsAny(s, " \t\r\n\"'<>") {
			return "", errors.New("is not a data: URL: blanks, quotes and angle brackets in it must be percent-encoded")
		}
		return template.URL(s), nil // the operator's own, and an img runs no scripts
	case strings.Contains(s, "://"):
		return "", errors.New("is fetched from elsewhere; save the picture and name the file")
	}
	picture, err := readBounded(s, limit)
	if err != nil {
		return "", err
	}
	kind := pictureType(picture)
	if kind == "" {
		return "", errors.New("is not an SVG, PNG, JPEG, GIF or WebP picture")
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(picture)), nil
}

// pictureType is the media type of a picture that browsers show, or "".
func pictureType(data []byte) string {
	switch kind := http.DetectContentType(data); {
	case strings.HasPrefix(kind, "image/"):
		return kind
	case strings.HasPrefix(kind, "text/") && strings.Contains(string(data), "<svg"):
		return "image/svg+xml"
	}
	return ""
}
