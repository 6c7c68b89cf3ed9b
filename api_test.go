package groups_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/api.txt anew")

// exported collects what a package shows to the world.
type exported struct {
	fset  *token.FileSet
	lines []string
	bare  []string // names whose comment does not begin with them
}

func (x *exported) add(node any, name string, doc ...*ast.CommentGroup) {
	var b bytes.Buffer
	if err := printer.Fprint(&b, x.fset, node); err != nil {
		panic(err)
	}
	x.lines = append(x.lines, strings.Join(strings.Fields(b.String()), " "))
	for _, d := range doc {
		if d != nil && d.Text() != "" {
			return
		}
	}
	x.bare = append(x.bare, name)
}

func (x *exported) function(d *ast.FuncDecl) {
	if d.Recv != nil {
		receiver := d.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if name, ok := receiver.(*ast.Ident); ok && !name.IsExported() {
			return
		}
	}
	if !d.Name.IsExported() {
		return
	}
	doc := d.Doc
	if doc != nil && !strings.HasPrefix(doc.Text(), d.Name.Name+" ") {
		doc = nil
	}
	x.add(&ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type}, d.Name.Name, doc)
}

func (x *exported) declaration(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if !s.Name.IsExported() {
				continue
			}
			doc := d.Doc
			if s.Doc != nil {
				doc = s.Doc
			}
			if doc != nil && !slices.Contains(strings.Fields(doc.Text())[:2], s.Name.Name) {
				doc = nil
			}
			x.add(&ast.TypeSpec{Name: s.Name, Type: onlyExported(s.Type)}, s.Name.Name, doc)
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() {
					x.lines = append(x.lines, d.Tok.String()+" "+n.Name)
					if s.Doc.Text()+s.Comment.Text()+d.Doc.Text() == "" {
						x.bare = append(x.bare, n.Name)
					}
				}
			}
		}
	}
}

// onlyExported drops what only the package sees, comments included.
func onlyExported(e ast.Expr) ast.Expr {
	var fields *ast.FieldList
	switch e := e.(type) {
	case *ast.StructType:
		fields = e.Fields
	case *ast.InterfaceType:
		fields = e.Methods
	default:
		return e
	}
	kept := &ast.FieldList{Opening: fields.Opening, Closing: fields.Closing}
	for _, f := range fields.List {
		f := &ast.Field{Names: slices.DeleteFunc(slices.Clone(f.Names), func(n *ast.Ident) bool { return !n.IsExported() }), Type: f.Type, Tag: f.Tag}
		if len(f.Names) > 0 || isExportedType(f.Type) {
			kept.List = append(kept.List, f)
		}
	}
	if _, ok := e.(*ast.StructType); ok {
		return &ast.StructType{Fields: kept}
	}
	return &ast.InterfaceType{Methods: kept}
}

func isExportedType(e ast.Expr) bool {
	n, ok := e.(*ast.Ident)
	return ok && n.IsExported()
}

func api(t *testing.T, dir string) *exported {
	t.Helper()
	x := &exported{fset: token.NewFileSet()}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(x.fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				x.function(d)
			case *ast.GenDecl:
				x.declaration(d)
			}
		}
	}
	slices.Sort(x.lines)
	return x
}

func TestTheExportedAPIIsTheOneWrittenDown(t *testing.T) {
	for dir, record := range map[string]string{".": "testdata/api.txt", "admin": "testdata/api-admin.txt", "insight": "testdata/api-insight.txt", "httpapi": "testdata/api-httpapi.txt", "runlog": "testdata/api-runlog.txt"} {
		got := strings.Join(api(t, dir).lines, "\n") + "\n"
		if *update {
			if err := os.WriteFile(record, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the API differs from %s; if that is meant, run go test -run ExportedAPI -update . and say so in CHANGELOG.md", record)
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	for _, dir := range []string{".", "admin", "insight", "httpapi", "runlog", "storetest"} {
		for _, name := range api(t, dir).bare {
			t.Errorf("%s: %s has no comment that begins with it", dir, name)
		}
	}
}
