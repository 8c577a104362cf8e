package expr

import (
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// Reads is what an expression looks at, by its text alone: also what && and ||
// leave out at times.
type Reads struct {
	User, Machine bool
	// Claims are the names of the claims read, sorted. For
	// claims.address.country that is address.
	Claims []string
	// Email to Groups, and IP, are those fields of user and request.
	Email, EmailVerified, Username, Name, Groups, IP bool
}

// Caller reports whether the expression is about who is calling.
func (r Reads) Caller() bool { return r.User || r.Machine || len(r.Claims) > 0 }

// readsOf walks the checked expression. claims may only be read by names that
// stand in it, because a session keeps no others.
func readsOf(checked *cel.Ast) (Reads, Issues) {
	var reads Reads
	var issues Issues
	tree := checked.NativeRep()
	for _, at := range ast.MatchDescendants(ast.NavigateAST(tree), ast.KindMatcher(ast.IdentKind)) {
		parent, _ := at.Parent()
		field := ""
		if parent != nil && parent.Kind() == ast.SelectKind {
			field = parent.AsSelect().FieldName()
		}
		switch at.AsIdent() {
		case "user":
			reads.User = true
			reads.Email = reads.Email || field == "email"
			reads.EmailVerified = reads.EmailVerified || field == "email_verified"
			reads.Username = reads.Username || field == "username"
			reads.Name = reads.Name || field == "name"
			reads.Groups = reads.Groups || field == "groups"
		case "machine":
			reads.Machine = true
		case "request":
			reads.IP = reads.IP || field == "ip"
		case "claims":
			name, ok := field, field != ""
			if !ok && parent != nil {
				name, ok = keyOf(parent)
			}
			if !ok {
				where := tree.SourceInfo().GetStartLocation(at.ID())
				issues = append(issues, Issue{
					Line: where.Line(), Col: where.Column() + 1,
					Message: `claims can only be read by names that stand in the expression, like claims.department or claims["p1.region"]`,
				})
				continue
			}
			reads.Claims = append(reads.Claims, name)
		}
	}
	slices.Sort(reads.Claims)
	reads.Claims = slices.Compact(reads.Claims)
	return reads, issues
}

// keyOf is the name in claims["name"] and "name" in claims.
func keyOf(call ast.NavigableExpr) (string, bool) {
	if call.Kind() != ast.CallKind {
		return "", false
	}
	args := call.AsCall().Args()
	var key ast.Expr
	switch call.AsCall().FunctionName() {
	case operators.Index:
		key = args[1]
	case operators.In:
		key = args[0]
	default:
		return "", false
	}
	if key.Kind() != ast.LiteralKind {
		return "", false
	}
	name, ok := key.AsLiteral().(types.String)
	return string(name), ok
}
