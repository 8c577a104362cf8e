package sampleapp

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Options says where the application stands.
type Options struct {
	// Areas are the routes that pages link to; nil is DemoAreas.
	Areas []Area
	// AuthPath is where the gateway answers for itself; "" is /.auth.
	AuthPath string
	// Tick is the pause between two events of /events; 0 is a second.
	Tick time.Duration
}

// Area is a route of the demonstration.
type Area struct {
	// Path is a prefix that ends in a slash.
	Path string
	// Title names it, and Who says in a few words whom its policy admits.
	Title, Who string
}

// DemoAreas are a public, a staff and an administrators' route.
func DemoAreas() []Area {
	return []Area{
		{Path: "/", Title: "Public", Who: "everybody, signed in or not"},
		{Path: "/staff/", Title: "Staff", Who: "the group staff"},
		{Path: "/admin/", Title: "Administration", Who: "the group administrators"},
	}
}

type app struct {
	areas    []Area
	authPath string
	tick     time.Duration
}

// New makes the application.
func New(o Options) http.Handler {
	a := &app{areas: o.Areas, authPath: o.AuthPath, tick: o.Tick}
	if a.areas == nil {
		a.areas = DemoAreas()
	}
	if a.authPath == "" {
		a.authPath = "/.auth"
	}
	if a.tick <= 0 {
		a.tick = time.Second
	}
	return a
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store") // it differs from person to person
	h.Set("Vary", "Accept")
	h.Set("X-Content-Type-Options", "nosniff")
	if strings.HasSuffix(r.URL.Path, "/events") {
		a.events(w, r)
		return
	}
	got := receive(r)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		h.Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.Encode(got)
		return
	}
	a.page(w, got)
}

// area is the longest that the path lies in.
func (a *app) area(path string) Area {
	var best Area
	for _, area := range a.areas {
		if len(area.Path) > len(best.Path) && strings.HasPrefix(path+"/", area.Path) {
			best = area
		}
	}
	return best
}
