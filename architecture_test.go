package groups_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law/fault"
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
	out, err := exec.Command("go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}}{{end}}`, ".", "./admin", "./insight", "./httpapi", "./runlog", "./storetest").Output()
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
	for _, p := range list(t, ".", "./admin", "./insight", "./internal/...") {
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

// beside names the public rooms that stand beside the core, with those of them that each may know.
var beside = map[string][]string{module + "/admin": nil, module + "/insight": nil, module + "/runlog": nil, module + "/httpapi": {module + "/admin"}}

func TestArrowsPointInward(t *testing.T) {
	// The rooms that a room may know, besides the standard library and x/text.
	below := map[string][]string{"column": {"userset"}, "pairs": {"naming"}, "posting": {"userset"}, "program": {"userset"}}
	for _, p := range list(t, "./...") {
		others, stands := beside[p.ImportPath]
		room, inside := strings.CutPrefix(p.ImportPath, module+"/internal/")
		for _, path := range p.Imports {
			switch {
			case testOnly(path) && !testOnly(p.ImportPath):
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, path)
			case inside && !testOnly(p.ImportPath) && (path == module || path == module+"/storetest"):
				t.Errorf("room %s knows package %s", room, path)
			case inside && !testOnly(p.ImportPath) && strings.HasPrefix(path, module+"/internal/") && !slices.Contains(below[room], path[len(module+"/internal/"):]):
				t.Errorf("room %s knows room %s", room, path)
			case strings.Contains(p.ImportPath, "/examples/") && strings.HasPrefix(path, module+"/internal/"):
				t.Errorf("%s imports %s: examples use what a stranger can use", p.ImportPath, path)
			case stands && strings.HasPrefix(path, module+"/") && !slices.Contains(others, path):
				t.Errorf("%s imports %s: it stands beside the core and uses what a stranger can use", p.ImportPath, path)
			case p.ImportPath == module && (slices.Contains(slices.Collect(maps.Keys(beside)), path) || path == module+"/storetest"):
				t.Errorf("the core imports %s", path)
			case p.ImportPath == module+"/storetest" && path != module && path != module+"/admin" && strings.Contains(strings.Split(path, "/")[0], "."):
				t.Errorf("storetest imports %s, which every store author would inherit", path)
			}
		}
	}
}

func TestTheCoreStartsGoroutinesInOnePlaceAndReadsOneClock(t *testing.T) {
	dirs, err := filepath.Glob("internal/*")
	if err != nil {
		t.Fatal(err)
	}
	clocks, goroutines := map[string]int{}, map[string]int{}
	for _, dir := range append(dirs, ".", "admin", "insight", "httpapi", "runlog") {
		if testOnly(module + "/" + filepath.ToSlash(dir)) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					goroutines[name]++
				case *ast.SelectorExpr:
					if n.Sel.Name == "Go" {
						goroutines[name]++
					}
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, n.Sel.Name) {
						clocks[name+" time."+n.Sel.Name]++
					}
				}
				return true
			})
		}
	}
	// The one place is where workers are waited for.
	if len(goroutines) != 1 || goroutines["parallel.go"] != 1 {
		t.Errorf("goroutines are started in %v", goroutines)
	}
	// The one place is the default of Options.Now.
	if len(clocks) != 1 || clocks["evaluator.go time.Now"] != 1 {
		t.Errorf("the wall clock is read at %v", clocks)
	}
}

func TestARunLeavesNoGoroutineBehind(t *testing.T) {
	m, ev, _ := benchWorld(t, 50, 10)
	before := runtime.NumGoroutine()
	for range 3 {
		if _, err := ev.Process(t.Context()); err != nil {
			t.Fatal(err)
		}
		failing := groups.NewEvaluator(fault.Failing(m, fault.Short, 75), m, &groups.Options{Now: newYear})
		if _, err := failing.Process(t.Context()); err == nil {
			t.Fatal("half the people passed for all")
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}
