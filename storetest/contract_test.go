package storetest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/grouprules/groups/storetest"
)

// clauses reads the numbered clauses out of the documentation of the interfaces in store.go and
// scope.go.
func clauses(t *testing.T) map[string][]int {
	t.Helper()
	number := regexp.MustCompile(`(?m)^ +(\d+)\. `)
	found := make(map[string][]int)
	var decls []ast.Decl
	for _, name := range []string{"../store.go", "../scope.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		decls = append(decls, file.Decls...)
	}
	for _, decl := range decls {
		of, ok := decl.(*ast.GenDecl)
		if !ok || of.Tok != token.TYPE {
			continue
		}
		for _, spec := range of.Specs {
			spec := spec.(*ast.TypeSpec)
			if _, ok := spec.Type.(*ast.InterfaceType); !ok {
				continue
			}
			for _, match := range number.FindAllStringSubmatch(of.Doc.Text(), -1) {
				n, err := strconv.Atoi(match[1])
				if err != nil {
					t.Fatal(err)
				}
				found[spec.Name.Name] = append(found[spec.Name.Name], n)
			}
		}
	}
	return found
}

func TestEveryClauseHasACase(t *testing.T) {
	all := clauses(t)
	for _, name := range []string{"Directory", "People", "Store", "Versioned", "Journaled", "Reporting", "Scoping"} {
		if len(all[name]) == 0 {
			t.Errorf("%s has no numbered clauses: the documentation, or this test, is not as it was", name)
		}
	}
	for name, numbers := range all {
		for i, n := range numbers {
			if n != i+1 {
				t.Errorf("%s: clause %d stands at place %d", name, n, i+1)
			}
			if !slices.ContainsFunc(storetest.Cases(), func(c storetest.Case) bool { return c.Interface == name && c.Clause == n }) {
				t.Errorf("%s: clause %d has no case", name, n)
			}
		}
	}
}

func TestEveryCaseHasAClause(t *testing.T) {
	all := clauses(t)
	seen := make(map[string]bool)
	for _, c := range storetest.Cases() {
		if !slices.Contains(all[c.Interface], c.Clause) {
			t.Errorf("%q: %s has no clause %d", c.Name, c.Interface, c.Clause)
		}
		if c.Name == "" || c.Why == "" || seen[c.Interface+c.Name] {
			t.Errorf("%q (%s, clause %d): a case has a name of its own, and says why", c.Name, c.Interface, c.Clause)
		}
		seen[c.Interface+c.Name] = true
	}
	if n := len(storetest.Cases()); n < 185 {
		t.Errorf("%d cases: some have been lost on the way", n)
	}
}
