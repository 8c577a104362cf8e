package expr

import (
	"errors"
	"maps"
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
)

// Vars is what an expression may look at: the whole world of one evaluation.
type Vars struct {
	User    User
	Claims  map[string]any // as identity.Claims has them
	Machine Machine
	Request Request
}

// User is the person, empty for a machine and for nobody.
type User struct {
	Sub, Email     string
	EmailVerified  bool
	Username, Name string
	Groups         []string
	Provider, ACR  string
	AMR            []string
}

// Machine is the machine, empty for people and for nobody.
type Machine struct{ Name string }

// Request is what is asked. IP is empty if the address is unknown.
type Request struct{ Method, Host, Path, IP string }

// ResolveName gives the interpreter the variables.
func (v *Vars) ResolveName(name string) (any, bool) {
	switch name {
	case "user":
		return &v.User, true
	case "claims":
		return v.Claims, true
	case "machine":
		return &v.Machine, true
	case "request":
		return &v.Request, true
	}
	return nil, false
}

// Parent is nil: there is nothing around the four.
func (v *Vars) Parent() interpreter.Activation { return nil }

// structs are the types of user, machine and request, by the names that type
// errors show.
var structs = map[string]map[string]*types.FieldType{
	"user": {
		"sub":            text(func(u *User) string { return u.Sub }),
		"email":          text(func(u *User) string { return u.Email }),
		"email_verified": flag(func(u *User) bool { return u.EmailVerified }),
		"username":       text(func(u *User) string { return u.Username }),
		"name":           text(func(u *User) string { return u.Name }),
		"groups":         list(func(u *User) []string { return u.Groups }),
		"provider":       text(func(u *User) string { return u.Provider }),
		"acr":            text(func(u *User) string { return u.ACR }),
		"amr":            list(func(u *User) []string { return u.AMR }),
	},
	"machine": {"name": text(func(m *Machine) string { return m.Name })},
	"request": {
		"method": text(func(r *Request) string { return r.Method }),
		"host":   text(func(r *Request) string { return r.Host }),
		"path":   text(func(r *Request) string { return r.Path }),
		"ip":     text(func(r *Request) string { return r.IP }),
	},
}

// Names are the variables, sorted.
func Names() []string { return []string{"claims", "machine", "request", "user"} }

// Variable is the one that has a field of that name; of several, user.
func Variable(field string) string {
	for _, name := range []string{"user", "request", "machine"} {
		if _, has := structs[name][field]; has {
			return name
		}
	}
	return ""
}

// Fields are the names of all fields of user, machine and request, sorted.
func Fields() []string {
	var all []string
	for _, fields := range structs {
		all = slices.AppendSeq(all, maps.Keys(fields))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func text[T any](get func(*T) string) *types.FieldType {
	return field(types.StringType, func(of *T) (any, bool) { s := get(of); return s, s != "" })
}

func flag[T any](get func(*T) bool) *types.FieldType {
	return field(types.BoolType, func(of *T) (any, bool) { b := get(of); return b, b })
}

func list[T any](get func(*T) []string) *types.FieldType {
	return field(types.NewListType(types.StringType), func(of *T) (any, bool) { l := get(of); return l, len(l) > 0 })
}

// field reads from a *T; has() is whether there is something in it.
func field[T any](kind *types.Type, get func(*T) (value any, set bool)) *types.FieldType {
	return &types.FieldType{
		Type: kind,
		IsSet: func(target any) bool {
			of, ok := target.(*T)
			if !ok {
				return false
			}
			_, set := get(of)
			return set
		},
		GetFrom: func(target any) (any, error) {
			of, ok := target.(*T)
			if !ok {
				return nil, errors.New("not one of our variables")
			}
			value, _ := get(of)
			return value, nil
		},
	}
}
