// Package docs_test holds the documents to the code: no reason code without an
// entry, no entry without a code, no promise without a test, no dead link.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryReasonCodeIsExplained: troubleshooting.md has one entry for each
// code that an answer, a log line or a metric may carry, and no others.
func TestEveryReasonCodeIsExplained(t *testing.T) {
	codes := map[string]string{}
	for name, file := range sources(t) {
		if strings.HasPrefix(name, "page/") {
			continue // shows codes and makes none
		}
		for _, code := range reasons(file) {
			codes[code] = name
		}
	}
	if len(codes) < 50 {
		t.Fatalf("found only %d reason codes in the source", len(codes))
	}
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^#### `([^`]+)`$").FindAllStringSubmatch(read(t, "troubleshooting.md"), -1) {
		if explained[m[1]] {
			t.Errorf("troubleshooting.md explains %s twice", m[1])
		}
		explained[m[1]] = true
		if codes[m[1]] == "" {
			t.Errorf("troubleshooting.md explains %s, which is no reason code any more", m[1])
		}
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if !explained[code] {
			t.Errorf("%s can give reason %s, which troubleshooting.md does not explain", codes[code], code)
		}
	}
}

// TestTroubleshootingQuotesThePages: a heading in quotes is one that people see.
func TestTroubleshootingQuotesThePages(t *testing.T) {
	said := map[string]bool{}
	for _, s := range literals(source(t, "../page/story.go")) {
		said[s] = true
	}
	quoted := regexp.MustCompile(`“([^”]+)”`).FindAllStringSubmatch(read(t, "troubleshooting.md"), -1)
	for _, m := range quoted {
		if !said[m[1]] {
			t.Errorf("troubleshooting.md quotes “%s”, which no page says", m[1])
		}
	}
	if len(quoted) == 0 {
		t.Error("troubleshooting.md quotes no page")
	}
}

// TestReferenceNamesWhatIsBuilt holds the tables of reference.md to the code
// that they describe, both ways.
func TestReferenceNamesWhatIsBuilt(t *testing.T) {
	document := read(t, "reference.md")
	first, any := regexp.MustCompile("(?m)^\\| `([^`{]+)"), regexp.MustCompile("`(X-[^`]+|[A-Z][^`]+|Proxy)`[,.]")
	for _, c := range []struct {
		section string
		names   *regexp.Regexp
		built   []string
	}{
		{"Addresses", first, addresses(t)},
		{"Set on the request", first, headersSet(t)},
		{"Removed from the request", any, slices.Concat(listed(t, "../proxy/scrub.go", "families"), listed(t, "../proxy/scrub.go", "singles"))},
		{"Access log", first, fields(t, "../telemetry/access_log.go")},
		{"Audit trail", first, fields(t, "../telemetry/audit.go")},
		{"Metrics", first, metrics(t)},
	} {
		named := map[string]bool{}
		for _, m := range c.names.FindAllStringSubmatch(section(t, document, c.section), -1) {
			named[strings.ToLower(m[1])] = true
		}
		if len(c.built) == 0 {
			t.Errorf("%s: found nothing in the source", c.section)
		}
		for _, name := range c.built {
			name = strings.ToLower(name)
			if !named[name] {
				t.Errorf("reference.md, %s: %q is missing", c.section, name)
			}
			delete(named, name)
		}
		for _, name := range slices.Sorted(maps.Keys(named)) {
			t.Errorf("reference.md, %s: %q is not built", c.section, name)
		}
	}
}

// TestEveryPromiseHasCodeAndProof: a promise is a paragraph of security.md that
// begins in bold. It links to the code that keeps it and to a test.
func TestEveryPromiseHasCodeAndProof(t *testing.T) {
	promises := 0
	for paragraph := range strings.SplitSeq(section(t, read(t, "security.md"), "Promises"), "\n\n") {
		if !strings.HasPrefix(paragraph, "**") {
			continue
		}
		promises++
		code, proof := false, false
		for _, l := range links(paragraph) {
			isTest := strings.HasSuffix(l.file, "_test.go") || strings.Contains(l.file, "/storetest/")
			proof = proof || isTest
			code = code || strings.HasSuffix(l.file, ".go") && !isTest
		}
		if !code || !proof {
			t.Errorf("a promise without code or proof: %.70s…", paragraph)
		}
	}
	if promises < 20 {
		t.Errorf("security.md has only %d promises", promises)
	}
}

// TestLinksLeadSomewhere: to a file that exists, a heading that is there, and
// a test that is named as the link says. `TestSuite/Name` is a case of a suite,
// whose file has Name in quotes.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, document := range []string{"troubleshooting.md", "security.md", "reference.md"} {
		for _, l := range links(read(t, document)) {
			if strings.Contains(l.file, "://") {
				continue
			}
			file := l.file
			if file == "" {
				file = document
			}
			if filename.MatchString(l.text) && filepath.Base(l.text) != filepath.Base(file) {
				t.Errorf("%s: [%s] leads to %s", document, l.text, file)
			}
			data, err := os.ReadFile(file)
			switch {
			case os.IsNotExist(err), err != nil && !isDirectory(file):
				t.Errorf("%s links to %s: %v", document, l.file, err)
			case l.anchor != "" && !slices.Contains(anchors(string(data)), l.anchor):
				t.Errorf("%s links to %s#%s, a heading that is not there", document, l.file, l.anchor)
			case strings.HasPrefix(l.text, "Test"), strings.HasPrefix(l.text, "Fuzz"):
				suite, name, isCase := strings.Cut(l.text, "/")
				if isCase && !slices.Contains(literals(source(t, file)), name) || !isCase && !declares(source(t, file), suite) {
					t.Errorf("%s: %s has no %s", document, file, l.text)
				}
			}
		}
	}
}

// filename is what the name of a file looks like.
var filename = regexp.MustCompile(`^[\w./-]+\.(go|md|ya?ml|conf|json|sh)$`)

// code is what a reason code looks like; other rooms refuse in whole sentences.
var code = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// reasons are the codes in a file: what a Reason field or a variable of that
// name is given, constants whose name begins so, and the first argument of
// refuse. Where the code is the very word that a switch looked at, it is the
// words of that case.
func reasons(file *ast.File) []string {
	var codes []string
	add := func(e ast.Expr) {
		if s, ok := text(e); ok && code.MatchString(s) {
			codes = append(codes, s)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if named(n.Key) == "Reason" {
				add(n.Value)
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if strings.HasPrefix(name.Name, "Reason") && i < len(n.Values) {
					add(n.Values[i])
				}
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if folded := named(to); (folded == "Reason" || folded == "reason") && i < len(n.Rhs) {
					add(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if named(n.Fun) == "refuse" && len(n.Args) > 0 {
				add(n.Args[0])
			}
		case *ast.SwitchStmt:
			for _, clause := range n.Body.List {
				if clause := clause.(*ast.CaseClause); n.Tag != nil && passesOn(clause, named(n.Tag)) {
					for _, word := range clause.List {
						add(word)
					}
				}
			}
		}
		return true
	})
	return codes
}

// passesOn reports whether a case makes the variable it is about the reason.
func passesOn(clause *ast.CaseClause, variable string) bool {
	for _, statement := range clause.Body {
		assign, ok := statement.(*ast.AssignStmt)
		for i := 0; ok && variable != "" && i < len(assign.Lhs) && i < len(assign.Rhs); i++ {
			if named(assign.Lhs[i]) == "reason" && named(assign.Rhs[i]) == variable {
				return true
			}
		}
	}
	return false
}

// addresses are Gatehouse's own, as reference.md writes them.
func addresses(t *testing.T) []string {
	var found []string
	ast.Inspect(source(t, "../proxy/endpoint.go"), func(n ast.Node) bool {
		// A row of the table of those that end in a provider's name.
		if row, ok := n.(*ast.CompositeLit); ok && len(row.Elts) == 3 {
			if prefix, isText := text(row.Elts[0]); isText {
				methods := map[string]string{"get": "GET", "post": "POST", "both": "GET, POST"}[named(row.Elts[1])]
				found = append(found, methods+" "+prefix+"<provider>")
			}
		}
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		address, isText := text(pair.Key)
		value, isEndpoint := pair.Value.(*ast.CompositeLit)
		if !isText || !isEndpoint || address == "" {
			return true
		}
		methods := "ANY"
		for _, e := range value.Elts {
			if field := e.(*ast.KeyValueExpr); named(field.Key) == "methods" {
				methods = map[string]string{"read": "GET", "form": "GET, POST", "post": "POST"}[named(field.Value)]
			}
		}
		found = append(found, methods+" "+address)
		return true
	})
	var dialects []string
	ast.Inspect(source(t, "../proxy/forward_auth.go"), func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok && named(pair.Key) == "name" {
			if name, isText := text(pair.Value); isText {
				dialects = append(dialects, name)
			}
		}
		return true
	})
	return append(found, "ANY /verify/<"+strings.Join(dialects, ", ")+">")
}

// listed are the words of a package variable that is a list.
func listed(t *testing.T, name, variable string) (words []string) {
	ast.Inspect(source(t, name), func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == variable {
			words = literals(spec)
		}
		return true
	})
	return words
}

// headersSet are the headers that every upstream gets unless told otherwise.
func headersSet(t *testing.T) []string {
	names := slices.DeleteFunc(listed(t, "../proxy/headers.go", "defaultHeaders"), func(s string) bool { return !strings.HasPrefix(s, "X-") })
	ast.Inspect(source(t, "../proxy/outgoing.go"), func(n ast.Node) bool {
		if fact, ok := n.(*ast.CompositeLit); ok && len(fact.Elts) == 2 {
			if name, ok := text(fact.Elts[0]); ok {
				names = append(names, name)
			}
		}
		return true
	})
	assertion, err := os.ReadFile("../config/assertion.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`yaml:"header" default:"([^"]+)"`).FindAllSubmatch(assertion, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

// fields are the keys of a log line, besides those of every line.
func fields(t *testing.T, name string) []string {
	keys := []string{"time", "level", "msg"}
	ast.Inspect(source(t, name), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		function := named(call.Fun)
		if slices.Contains([]string{"String", "Int", "Int64", "Float64", "text"}, function) && len(call.Args) == 2 {
			if key, ok := text(call.Args[0]); ok {
				keys = append(keys, key)
			}
		}
		if function == "cause" {
			keys = append(keys, "error")
		}
		return true
	})
	slices.Sort(keys)
	return slices.Compact(keys)
}

// metrics are the names that begin with gatehouse_.
func metrics(t *testing.T) []string {
	var names []string
	for name, file := range sources(t) {
		if !strings.HasPrefix(name, "telemetry/") {
			continue
		}
		for _, s := range literals(file) {
			if strings.HasPrefix(s, "gatehouse_") {
				names = append(names, s)
			}
		}
	}
	return names
}

// sources are the module's Go files that are part of the gateway, parsed.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	found := map[string]*ast.File{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"attack", "bench", "devidp", "docs", "e2e", "examples"}, name) || path != ".." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			found[name] = source(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func source(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func declares(file *ast.File, function string) bool {
	return slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && f.Name.Name == function
	})
}

// literals are the strings in a piece of source.
func literals(in ast.Node) []string {
	var found []string
	ast.Inspect(in, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if s, ok := text(e); ok {
				found = append(found, s)
			}
		}
		return true
	})
	return found
}

// text is the value of a string literal.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(literal.Value)
	return s, err == nil
}

// named is the last word of a name such as x, x.Reason or f.text.
func named(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func read(t *testing.T, document string) string {
	t.Helper()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// section is what stands under a heading, up to the next of its rank or above.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	at := regexp.MustCompile(`(?m)^(#+) ` + regexp.QuoteMeta(heading) + `$`).FindStringSubmatchIndex(document)
	if at == nil {
		t.Fatalf("there is no section %q", heading)
	}
	rest := document[at[1]:]
	if end := regexp.MustCompile(`(?m)^#{1,` + strconv.Itoa(at[3]-at[2]) + `} `).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

type link struct{ text, file, anchor string }

func links(document string) []link {
	var found []link
	for _, m := range regexp.MustCompile("\\[`?([^\\]`]+)`?\\]\\(([^)#\\s]*)(?:#([^)\\s]*))?\\)").FindAllStringSubmatch(document, -1) {
		found = append(found, link{m[1], m[2], m[3]})
	}
	return found
}

// anchors are the headings of a document as links name them.
func anchors(document string) []string {
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(document, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found = append(found, strings.ReplaceAll(slug, " ", "-"))
	}
	return found
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
