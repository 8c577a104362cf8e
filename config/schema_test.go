package config

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSchemaAcceptsWhatLoads(t *testing.T) {
	for name, text := range goodFiles(t) {
		mustParse(t, text)
		if problem := validate(t, text); problem != "" {
			t.Errorf("%s: the schema refuses a file that loads: %s\n%s", name, problem, text)
		}
	}
}

func TestSchemaRefusesMistakes(t *testing.T) {
	for name, text := range map[string]string{
		"unknown key":        head + app + "servr: {}\n",
		"unknown nested key": head + app + "server: {lisen: \":1\"}\n",
		"unknown enum":       head + app + "log: {level: loud}\n",
		"no duration":        head + "routes: [{from: https://a.example.com, to: http://a, policy: public, step_up: {max_age: soon}}]\n",
		"wrong type":         head + app + "log: {access: perhaps}\n",
		"two selectors":      head + app + "policies: {a: {allow: {group: x, email: y@example.com}}}\n",
		"both notations":     head + app + "policies: {a: {allow: everyone, action: deny, include: everyone}}\n",
		"neither notation":   head + app + "policies: {a: {name: x}}\n",
		"claim and value":    head + app + "headers: {X-A: {claim: a, value: b}}\n",
		"no routes":          head,
	} {
		if validate(t, text) == "" {
			t.Errorf("%s: the schema accepts\n%s", name, text)
		}
	}
}

// goodFiles are files that load: the smallest, and one with every key.
func goodFiles(t *testing.T) map[string]string {
	t.Helper()
	whole, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"smallest": smallest, "head": head + app, "whole": string(whole)}
}

// validate holds a YAML text to the schema and returns the first problem.
func validate(t *testing.T, text string) string {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var rules map[string]any
	if err := json.Unmarshal(data, &rules); err != nil {
		t.Fatal(err)
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(written, &plain); err != nil {
		t.Fatal(err)
	}
	return validator{rules["$defs"].(map[string]any)}.problem(rules, plain, "$")
}

// validator evaluates the keywords of JSON Schema that Schema uses, and
// answers with a problem for any other, so that none goes unread.
type validator struct{ defs map[string]any }

func (v validator) problem(rules map[string]any, value any, at string) string {
	for keyword, rule := range rules {
		if problem := v.keyword(keyword, rule, rules, value, at); problem != "" {
			return problem
		}
	}
	return ""
}

func (v validator) keyword(keyword string, rule any, rules map[string]any, value any, at string) string {
	object, isObject := value.(map[string]any)
	text, isText := value.(string)
	ok := true
	switch keyword {
	case "$schema", "$defs", "title", "description", "default", "properties":
	case "$ref":
		name := strings.TrimPrefix(rule.(string), "#/$defs/")
		return v.problem(v.defs[name].(map[string]any), value, at)
	case "type":
		ok = slices.ContainsFunc(list(rule), func(t any) bool { return isType(value, t.(string)) })
	case "enum":
		ok = slices.Contains(rule.([]any), value)
	case "const":
		ok = value == rule
	case "pattern":
		ok = !isText || regexp.MustCompile(rule.(string)).MatchString(text)
	case "minimum":
		n, isNumber := value.(float64)
		ok = !isNumber || n >= rule.(float64)
	case "maximum":
		n, isNumber := value.(float64)
		ok = !isNumber || n <= rule.(float64)
	case "minProperties":
		ok = !isObject || len(object) >= int(rule.(float64))
	case "maxProperties":
		ok = !isObject || len(object) <= int(rule.(float64))
	case "required":
		for _, key := range rule.([]any) {
			_, has := object[key.(string)]
			ok = ok && (!isObject || has)
		}
	case "not":
		ok = v.problem(rule.(map[string]any), value, at) != ""
	case "anyOf", "oneOf", "allOf":
		matched := 0
		for _, option := range rule.([]any) {
			if v.problem(option.(map[string]any), value, at) == "" {
				matched++
			}
		}
		ok = keyword == "anyOf" && matched > 0 || keyword == "oneOf" && matched == 1 || keyword == "allOf" && matched == len(rule.([]any))
	case "items":
		members, _ := value.([]any)
		for _, member := range members {
			if problem := v.problem(rule.(map[string]any), member, at+"[]"); problem != "" {
				return problem
			}
		}
	case "additionalProperties":
		properties, _ := rules["properties"].(map[string]any)
		for key, member := range object {
			inner, known := properties[key]
			if !known {
				inner = rule
			}
			if inner == false {
				return at + "." + key + ": unknown"
			}
			if problem := v.problem(inner.(map[string]any), member, at+"."+key); problem != "" {
				return problem
			}
		}
	default:
		return "the validator does not know " + keyword
	}
	if !ok {
		return at + ": " + keyword
	}
	return ""
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func isType(value any, name string) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	case []any:
		return name == "array"
	}
	return name == "object"
}
