package groups_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/grouprules/groups"

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports,Standard"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestTheCoreLinksOnlyTheStandardLibraryAndXText(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}}{{end}}`, ".", "./storetest").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if !strings.HasPrefix(path, module) && !strings.HasPrefix(path, "golang.org/x/text/") {
			t.Errorf("the core reaches %s", path)
		}
	}
}

func TestTheCoreTouchesNoNetworkFilesOrLogs(t *testing.T) {
	for _, p := range list(t, ".", "./internal/...") {
		if testOnly(p.ImportPath) {
			continue
		}
		for _, path := range p.Imports {
			if slices.Contains([]string{"os", "net", "net/http", "log", "log/slog", "database/sql", "unsafe", "math/rand", "math/rand/v2"}, path) {
				t.Errorf("%s imports %s", p.ImportPath, path)
			}
		}
	}
}

// testOnly names the rooms that only tests may import.
func testOnly(path string) bool {
	return path == module+"/internal/oracle" || strings.HasPrefix(path+"/", module+"/internal/law/")
}

func TestArrowsPointInward(t *testing.T) {
	for _, p := range list(t, "./...") {
		room, inside := strings.CutPrefix(p.ImportPath, module+"/internal/")
		for _, path := range p.Imports {
			switch {
			case testOnly(path) && !testOnly(p.ImportPath):
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, path)
			case inside && !testOnly(p.ImportPath) && (path == module || path == module+"/storetest"):
				t.Errorf("room %s knows package %s", room, path)
			case strings.Contains(p.ImportPath, "/examples/") && strings.HasPrefix(path, module+"/internal/"):
				t.Errorf("%s imports %s: examples use what a stranger can use", p.ImportPath, path)
			case p.ImportPath == module+"/storetest" && path != module && strings.Contains(strings.Split(path, "/")[0], "."):
				t.Errorf("storetest imports %s, which every store author would inherit", path)
			}
		}
	}
}
