package oneroster_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

var update = flag.Bool("update", false, "write the outcomes that are compared with")

// A bundle has files by name, without ".csv".
type bundle map[string]string

func (b bundle) folder() fs.FS {
	folder := fstest.MapFS{}
	for name, text := range b {
		folder[name+".csv"] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func (b bundle) zip(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(b)) {
		f, err := w.Create("school/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(b[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// with returns the bundle with other files; a blank one is none.
func (b bundle) with(files ...string) bundle {
	b = maps.Clone(b)
	for i := 0; i < len(files); i += 2 {
		if b[files[i]] = files[i+1]; files[i+1] == "" {
			delete(b, files[i])
		}
	}
	return b
}

// A school is a Memory with an Evaluator.
type school struct {
	*groups.Memory
	ev *groups.Evaluator
}

func newSchool(t testing.TB) school {
	t.Helper()
	m := groups.NewMemory()
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	s := school{m, groups.NewEvaluator(m, m, &groups.Options{Now: func() time.Time { return now }})}
	pupils := groups.Group{ID: "pupils", Name: "Pupils", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AllSets(groups.All(oneroster.Role.IncludesAny("student")))}
	if err := m.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{{Name: "role", Type: groups.TypeMultiChoice}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ev.Save(t.Context(), pupils, "ann"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s school) plan(t testing.TB, b *oneroster.Bundle) *groups.ImportPlan {
	t.Helper()
	f, err := b.People(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.ev.PlanImport(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// take reads a bundle, plans and applies it, and finds that another time nothing would change.
func (s school) take(t testing.TB, in bundle, o *oneroster.Options) *groups.ImportPlan {
	t.Helper()
	b, err := oneroster.Read(in.folder(), o)
	if err != nil {
		t.Fatal(err)
	}
	p := s.plan(t, b)
	if _, err := s.ev.Import(t.Context(), p, "ann"); err != nil {
		t.Fatal(err)
	}
	if again := s.plan(t, b); !settled(again) {
		t.Errorf("applied once more it would change %+v", again.People)
	}
	return p
}

// settled reports whether a plan changes nothing.
func settled(p *groups.ImportPlan) bool {
	c := p.People
	return c.Schema == nil && len(c.Upsert)+len(c.Deactivate)+len(c.Remove)+len(c.Trees) == 0
}

// people is everybody and every unit, a line each.
func (s school) people(t testing.TB) []string {
	t.Helper()
	var out []string
	for u, err := range s.Units(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %s in %q %q", u.Tree, u.ID, u.Parent, u.Name))
	}
	for u, err := range s.Users(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %v", u.ID, u.Activation)
		for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
			if texts := u.Fields[name].Texts(); len(texts) > 0 && name != "enabledUser" && name != "manager" && u.Units[groups.Tree(name)] == nil {
				line += fmt.Sprintf(" %s=%s", name, strings.Join(texts, "|"))
			}
		}
		for _, tree := range slices.Sorted(maps.Keys(u.Units)) {
			line += fmt.Sprintf(" %s:%s", tree, strings.Join(u.Units[tree], "|"))
		}
		if m, known := u.Manager.ID(); known {
			line += fmt.Sprintf(" under %q", m)
		}
		list, whole := u.Enrollments.List()
		for _, e := range list {
			line += fmt.Sprintf(" %s/%s", e.Course, e.Status)
			if !e.Completed.IsUnknown() {
				line += "/" + e.Completed.String()
			}
		}
		if !whole {
			line += " ..."
		}
		out = append(out, line)
	}
	return out
}

// outcome is what a bundle comes to, without anything that it says of people.
func outcome(t testing.TB, folder fs.FS, o *oneroster.Options) string {
	t.Helper()
	var out strings.Builder
	list := func(problems []oneroster.Problem) {
		for i, p := range problems {
			if i == 12 {
				fmt.Fprintf(&out, "  and %d more\n", len(problems)-i)
				break
			}
			fmt.Fprintf(&out, "  %s %d %s %s\n", p.File, p.Line, p.Column, p.Code)
		}
	}
	b, err := oneroster.Read(folder, o)
	if refused, is := errors.AsType[*oneroster.Error](err); is {
		out.WriteString("  refused\n")
		list(refused.Problems)
		return out.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := newSchool(t)
	p := s.plan(t, b)
	fmt.Fprintf(&out, "  read: %v\n", b)
	list(b.Issues)
	fmt.Fprintf(&out, "  plan: %d new, %d issues, %d findings, %d units, %d courses, %d in group pupils\n", len(p.New), len(p.Issues), len(p.Findings), units(p), coursesOf(p), len(p.Run.Changes()))
	if _, err := s.ev.Import(t.Context(), p, "ann"); err != nil {
		t.Error(err)
	}
	if again := s.plan(t, b); !settled(again) {
		t.Errorf("applied once more it would change %+v", again.People)
	}
	return out.String()
}

func units(p *groups.ImportPlan) (n int) {
	for _, list := range p.People.Trees {
		n += len(list)
	}
	return n
}

func coursesOf(p *groups.ImportPlan) (n int) {
	for _, u := range p.People.Upsert {
		list, _ := u.Enrollments.List()
		n += len(list)
	}
	return n
}

// foldersOf are the folders below one that have files of a bundle.
func foldersOf(t testing.TB, root string) (list []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if folder := path.Dir(name); err == nil && strings.EqualFold(path.Ext(name), ".csv") && !slices.Contains(list, folder) {
			list = append(list, folder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The outcomes are checked by hand against the files. Those of bundles that may not be copied are compared where
// ONEROSTER_BUNDLES names the folder that has them; they say nothing of what is in the files.
func TestEveryBundleIsReadOrRefusedAsWrittenDown(t *testing.T) {
	const record = "testdata/bundles.txt"
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	missing := foldersOf(t, "testdata")
	if shared := os.Getenv("ONEROSTER_BUNDLES"); shared != "" {
		missing = append(missing, foldersOf(t, shared)...)
	}
	var got strings.Builder
	for _, block := range strings.SplitAfter(string(text), "\n\n") {
		head, want, _ := strings.Cut(strings.TrimSuffix(block, "\n\n"), "\n")
		if head == "" || strings.HasPrefix(head, "#") {
			got.WriteString(block)
			continue
		}
		name, mode, _ := strings.Cut(head, " as ")
		missing = slices.DeleteFunc(missing, func(folder string) bool { return folder == name })
		folder := filepath.Join("testdata", name)
		if !strings.HasPrefix(name, "own/") {
			shared := os.Getenv("ONEROSTER_BUNDLES")
			if folder = filepath.Join(shared, filepath.FromSlash(name)); shared == "" {
				got.WriteString(block)
				continue
			}
		}
		is := outcome(t, os.DirFS(folder), &oneroster.Options{Mode: oneroster.Mode(mode)})
		if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(is)); diff != "" && !*update {
			t.Errorf("%s (-want +got)\n%s", head, diff)
		}
		got.WriteString(head + "\n" + is + "\n")
	}
	if len(missing) > 0 {
		t.Errorf("of %q it is not written down what they come to", missing)
	}
	if *update {
		if err := os.WriteFile(record, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// zipped are the arguments of ReadZip.
func zipped(t testing.TB, b bundle) (*bytes.Reader, int64, *oneroster.Options) {
	data := b.zip(t)
	return bytes.NewReader(data), int64(len(data)), nil
}
