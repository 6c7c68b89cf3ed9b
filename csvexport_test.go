package groups_test

import (
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law/fault"
)

func TestMembersCSV(t *testing.T) {
	people := groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{
		fieldOf("level", groups.TypeNumber), fieldOf("hired", groups.TypeDate), separated(fieldOf("skills", groups.TypeMultiChoice), "|"),
	}}
	const file = "key,name,level,hired,skills\nu1,\"=HYPERLINK(\"\"x\"\")\",-5,2026-01-31,b|a\nu2,\"O'Neil, Ann\",1.50,,\n-u3,Åsa,\xff,,c\nu4,not in,,,\n"
	w := newTenant(t)
	w.load(t, file, people)
	w.automatic(t, "g", groups.AnySets(groups.All(groups.UserIs("u1", "-u3"))), groups.Keep)
	if _, err := w.ev.Assign(t.Context(), "g", groups.Decision{By: "ann"}, "u2"); err != nil {
		t.Fatal(err)
	}
	idle := groups.Group{ID: "idle", Name: "idle", Kind: groups.AutomaticGroup, Criteria: groups.AnySets(groups.All(groups.UserIs("u2")))}
	if _, err := w.ev.Save(t.Context(), idle, "ann"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := []string{"name", "level", "hired", "skills"}
	for _, c := range []struct {
		name  string
		group groups.GroupID
		o     *groups.MembersCSV
		want  string
		why   string
	}{
		{"plain", "g", nil, "user,method,list\n'-u3,automatic,membership\nu1,automatic,membership\nu2,manual,membership\n", "by user; an ID that a spreadsheet would run is made safe"},
		{"fields", "g", &groups.MembersCSV{Fields: all}, "user,method,list,name,level,hired,skills\n" +
			"'-u3,automatic,membership,Åsa,,,c\n" +
			"u1,automatic,membership,\"'=HYPERLINK(\"\"x\"\")\",-5,2026-01-31,a;b\n" +
			"u2,manual,membership,\"O'Neil, Ann\",1.5,,\n", "formulas get an apostrophe, numbers stay numbers, unknown and empty are blank"},
		{"raw", "g", &groups.MembersCSV{Fields: []string{"id", "name"}, Raw: true, Separator: "+", Delimiter: ';', CRLF: true, BOM: true}, "\ufeffuser;method;list;id;name\r\n" +
			"-u3;automatic;membership;-u3;Åsa\r\n" +
			"u1;automatic;membership;u1;\"=HYPERLINK(\"\"x\"\")\"\r\n" +
			"u2;manual;membership;u2;O'Neil, Ann\r\n", "for programs"},
		{"separator", "g", &groups.MembersCSV{Fields: []string{"skills"}, Separator: " / "}, "user,method,list,skills\n'-u3,automatic,membership,c\nu1,automatic,membership,a / b\nu2,manual,membership,\n", "several values in one cell"},
		{"inactive", "idle", nil, "user,method,list\n", "an inactive group has no members"},
		{"population", "idle", &groups.MembersCSV{Population: true}, "user,method,list\nu2,automatic,population\n", "and a population, which says that it is one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := w.ev.WriteMembersCSV(t.Context(), &b, c.group, c.o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, b.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		for _, c := range []struct {
			group groups.GroupID
			o     *groups.MembersCSV
			want  error
		}{
			{"nobody", nil, groups.ErrNotFound},
			{"g", &groups.MembersCSV{Fields: []string{"salary"}}, groups.ErrCSVOptions},
			{"g", &groups.MembersCSV{Delimiter: '"'}, groups.ErrCSVOptions},
		} {
			var b strings.Builder
			if err := w.ev.WriteMembersCSV(t.Context(), &b, c.group, c.o); !errors.Is(err, c.want) || b.Len() > 0 {
				t.Errorf("%s, %+v: %v after %q, want %v before anything", c.group, c.o, err, b.String(), c.want)
			}
		}
	})
	t.Run("errors on the way", func(t *testing.T) {
		if err := w.ev.WriteMembersCSV(t.Context(), brokenWriter{}, "g", nil); !errors.Is(err, errBroken) {
			t.Errorf("a write: %v", err)
		}
		ev := groups.NewEvaluator(fault.Failing(w, fault.Before, 2), w, nil)
		if err := ev.WriteMembersCSV(t.Context(), &strings.Builder{}, "g", &groups.MembersCSV{Fields: all}); !errors.Is(err, fault.ErrSource) {
			t.Errorf("a read: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.ev.WriteMembersCSV(ctx, &strings.Builder{}, "g", nil); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
	t.Run("a member who is gone", func(t *testing.T) {
		if err := w.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{"u2"}}); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := w.ev.WriteMembersCSV(t.Context(), &b, "g", &groups.MembersCSV{Fields: []string{"name"}}); err != nil || !strings.HasSuffix(b.String(), "u2,manual,membership,\n") {
			t.Errorf("%q, %v: the membership is as written, the fields are gone", b.String(), err)
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestErrorCSV(t *testing.T) {
	const file = "key;dept;level\nu1;a;1\nu2;b\n;=cmd;\xff\nu1;c;2\nu3;x\x00y;high\nu4;d;4;5\n"
	f, err := groups.ReadPeopleCSV(strings.NewReader(file), &groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{fieldOf("level", groups.TypeNumber)}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := f.WriteErrors(&b); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(b.String()))
	r.Comma, r.FieldsPerRecord = ';', -1
	got, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range got[1:] {
		if row[3] == "" {
			t.Errorf("no text: %q", row)
		}
		row[3] = "…"
	}
	want := [][]string{
		{"line", "column", "code", "text", "key", "dept", "level"},
		{"3", "", "ragged", "…", "u2", "b"},
		{"4", "key", "blankKey", "…", "", "'=cmd", "\ufffd"},
		{"5", "key", "repeatedKey", "…", "u1", "c", "2"},
		{"6", "dept; level", "unreadable; badValue", "…", "u3", "x\ufffdy", "high"},
		{"7", "", "ragged", "…", "u4", "d", "4", "5"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bad rows as they were, a line each (-want +got):\n%s", diff)
	}
	if err := f.WriteErrors(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func TestGuardedFilesReadBack(t *testing.T) {
	for _, guarded := range []bool{true, false} {
		o := groups.PeopleCSV{Key: "key", Format: groups.CSVFormat{Guarded: guarded}}
		f, err := groups.ReadPeopleCSV(strings.NewReader("key,'=dept\n'-u1,'=1+1\n'u2,'quoted'\n"), &o)
		if err != nil {
			t.Fatal(err)
		}
		w := newTenant(t)
		p, err := w.ev.PlanImport(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		want := []groups.UserID{"'u2", "-u1"}
		if !guarded {
			want = []groups.UserID{"'-u1", "'u2"}
		}
		if diff := cmp.Diff(want, p.New); diff != "" {
			t.Errorf("guarded %v (-want +got):\n%s", guarded, diff)
		}
		if _, ok := p.People.Schema.Field("=dept"); ok != guarded {
			t.Errorf("guarded %v: fields %v", guarded, p.People.Schema.Fields)
		}
	}
}
