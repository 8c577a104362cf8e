package expr

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// language is CEL with our variables. It is made when the first expression is
// compiled: files without one do not pay for it.
var language = sync.OnceValues(func() (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	return cel.NewEnv(
		cel.CustomTypeAdapter(adapter{registry}),
		cel.CustomTypeProvider(provider{registry}),
		cel.Variable("user", types.NewObjectType("user")),
		cel.Variable("claims", types.NewMapType(types.StringType, types.DynType)),
		cel.Variable("machine", types.NewObjectType("machine")),
		cel.Variable("request", types.NewObjectType("request")),
		cel.ASTValidators(cel.ValidateRegexLiterals()),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxSize),
	)
})

// provider adds our types to CEL's own.
type provider struct{ *types.Registry }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	if _, ours := structs[name]; ours {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	if fields, ours := structs[name]; ours {
		return slices.Sorted(maps.Keys(fields)), true
	}
	return p.Registry.FindStructFieldNames(name)
}

func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if fields, ours := structs[name]; ours {
		found, ok := fields[field]
		return found, ok
	}
	return p.Registry.FindStructFieldType(name, field)
}

// NewValue makes none of ours: an expression cannot make up a user.
func (p provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ours := structs[name]; ours {
		return types.NewErr("%s cannot be made", name)
	}
	return p.Registry.NewValue(name, fields)
}

// adapter reads claims, whose numbers are json.Number. CEL's own would take
// them for strings.
type adapter struct{ types.Adapter }

func (a adapter) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case json.Number:
		return number(v)
	case map[string]any:
		return types.NewStringInterfaceMap(a, v)
	case []any:
		return types.NewDynamicList(a, v)
	case []string:
		return types.NewStringList(a, v)
	case *User, *Machine, *Request:
		return types.NewErr("can only be read field by field")
	}
	return a.Adapter.NativeToValue(v)
}

// number keeps whole numbers whole, so that large ids are not rounded.
func number(n json.Number) ref.Val {
	if i, err := n.Int64(); err == nil {
		return types.Int(i)
	}
	f, err := n.Float64()
	if err != nil {
		return types.NewErr("a number is too large")
	}
	return types.Double(f)
}
