package httpapi_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// This file reads as much of OpenAPI and JSON Schema as the document uses, and fails on what it does not know.

type document struct {
	all map[string]any
	ops []*operation
}

type operation struct {
	doc           *document
	id            string
	method, path  string
	params, query []string
	body          any // the schema of the request
	answers       map[string]any
}

func readDocument(t testing.TB) *document {
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{}
	if err := json.Unmarshal(data, &d.all); err != nil {
		t.Fatal(err)
	}
	for path, methods := range d.all["paths"].(map[string]any) {
		for method, of := range methods.(map[string]any) {
			of := of.(map[string]any)
			op := &operation{doc: d, id: of["operationId"].(string), method: strings.ToUpper(method), path: path, answers: of["responses"].(map[string]any)}
			params, _ := of["parameters"].([]any)
			for _, p := range params {
				p := d.resolve(p).(map[string]any)
				switch p["in"] {
				case "query":
					op.query = append(op.query, p["name"].(string))
				case "path":
					op.params = append(op.params, p["name"].(string))
				}
			}
			if body, has := of["requestBody"].(map[string]any); has {
				op.body = body["content"].(map[string]any)["application/json"].(map[string]any)["schema"]
			}
			d.ops = append(d.ops, op)
		}
	}
	slices.SortFunc(d.ops, func(a, b *operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return d
}

// resolve follows a reference.
func (d *document) resolve(v any) any {
	m, _ := v.(map[string]any)
	ref, is := m["$ref"].(string)
	if !is {
		return v
	}
	at := any(d.all)
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[step]
	}
	if at == nil {
		panic("nothing at " + ref)
	}
	return at
}

// operation is that of a request, or nil.
func (d *document) operation(method, path string) *operation {
	path, _, _ = strings.Cut(path, "?")
	steps := strings.Split(path, "/")
	for _, op := range d.ops {
		want := strings.Split(op.path, "/")
		fits := op.method == method && len(want) == len(steps)
		for i := 0; fits && i < len(want); i++ {
			fits = strings.HasPrefix(want[i], "{") || want[i] == steps[i]
		}
		if fits {
			return op
		}
	}
	return nil
}

// check reports where an answer is not as documented.
func (o *operation) check(status int, media string, body any) []string {
	a, documented := o.answers[fmt.Sprint(status)]
	if !documented {
		return []string{"no such status"}
	}
	of, documented := o.doc.resolve(a).(map[string]any)["content"].(map[string]any)[media].(map[string]any)
	if !documented {
		return []string{"no such media type: " + media}
	}
	return o.doc.validate("", of["schema"], body)
}

// validate reports where a value is not of a schema.
func (d *document) validate(at string, schema, v any) (bad []string) {
	s := d.resolve(schema).(map[string]any)
	for key := range s {
		if !slices.Contains([]string{"type", "properties", "required", "additionalProperties", "items", "enum", "description", "format", "minimum", "maximum", "default"}, key) {
			panic("the schema keyword " + key)
		}
	}
	refuse := func(format string, a ...any) { bad = append(bad, at+" "+fmt.Sprintf(format, a...)) }
	if list, has := s["enum"].([]any); has && !slices.Contains(list, v) {
		refuse("%v is none of %v", v, list)
	}
	switch s["type"] {
	case nil:
	case "string":
		if _, is := v.(string); !is {
			refuse("is no string: %v", v)
		}
	case "boolean":
		if _, is := v.(bool); !is {
			refuse("is no boolean: %v", v)
		}
	case "integer":
		if n, is := v.(float64); !is || n != float64(int64(n)) {
			refuse("is no integer: %v", v)
		}
	case "array":
		list, is := v.([]any)
		if !is {
			refuse("is no array: %v", v)
		}
		for i, item := range list {
			bad = append(bad, d.validate(fmt.Sprintf("%s/%d", at, i), s["items"], item)...)
		}
	case "object":
		m, is := v.(map[string]any)
		if !is {
			refuse("is no object: %v", v)
			return bad
		}
		props, _ := s["properties"].(map[string]any)
		for _, name := range required(s) {
			if _, has := m[name]; !has {
				refuse("has no %s", name)
			}
		}
		for name, value := range m {
			if of, known := props[name]; known {
				bad = append(bad, d.validate(at+"/"+name, of, value)...)
			} else if s["additionalProperties"] == false {
				refuse("has %s, which is not documented", name)
			}
		}
	default:
		panic(fmt.Sprint("the type ", s["type"]))
	}
	return bad
}

func required(s map[string]any) (names []string) {
	list, _ := s["required"].([]any)
	for _, n := range list {
		names = append(names, n.(string))
	}
	return names
}
