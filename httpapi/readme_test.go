package httpapi_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups/httpapi"
)

func TestTheReadmeHasEveryRouteAndEveryProblem(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	var routes, told []string
	for _, r := range httpapi.Routes() {
		action := fmt.Sprintf("`%s`", r.Action)
		if r.Action == httpapi.EditGroup {
			action += ", `createGroup`"
		}
		routes = append(routes, fmt.Sprintf("| `%s %s` | %s |", r.Method, r.Path, action))
	}
	for _, line := range regexp.MustCompile("(?m)^\\| `[A-Z]+ /.* \\| .*? \\|").FindAllString(readme, -1) {
		told = append(told, regexp.MustCompile("^\\| `[^`]*` \\| [^|]* \\|").FindString(line))
	}
	slices.Sort(routes)
	slices.Sort(told)
	if diff := cmp.Diff(routes, told); diff != "" {
		t.Errorf("the table of requests (-routes +README):\n%s", diff)
	}
	_, errors, _ := strings.Cut(readme, "## Errors")
	types := readDocument(t).resolve(map[string]any{"$ref": "#/components/schemas/Problem/properties/type"}).(map[string]any)["enum"].([]any)
	for _, code := range types {
		_, name, _ := strings.Cut(code.(string), "#")
		if !strings.Contains(errors, "`"+name+"`") {
			t.Errorf("the table of errors has no %s", name)
		}
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(readme)[1]
	if !strings.Contains(unindented(string(source)), unindented(code)) {
		t.Error("the code is not that of the example")
	}
}

// unindented is text without what its lines begin with.
func unindented(s string) string { return regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(s, "") }
