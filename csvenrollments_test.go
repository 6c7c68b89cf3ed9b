package groups_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

var records = groups.EnrollmentsCSV{User: "user", Course: "course", Status: "status", Completed: "completed"}

// enrolled attaches a file of enrollments.
func enrolled(t testing.TB, file string, o groups.EnrollmentsCSV) func(*groups.PeopleFile) {
	t.Helper()
	e, err := groups.ReadEnrollmentsCSV(strings.NewReader(file), &o)
	if err != nil {
		t.Fatal(err)
	}
	return func(f *groups.PeopleFile) { f.Enrollments = e }
}

func TestEnrollments(t *testing.T) {
	// u1 and u2 are in the people file, u3 is stored and not in it.
	const head = "user,course,status,completed\n"
	const u3 = "u3 c/done/2020-01-01"
	for _, c := range []struct {
		name, rows string
		want       []string // as show, without what is the same in all cases
		issues     []string
		findings   []string
		why        string
	}{
		{"another's", "u1,a,done,\n", []string{"u1 a/done/empty", "u2 nothing", u3}, nil, nil, "who is in the people file and not in this one is enrolled in nothing"},
		{"some", "u1,b,open,\nu1, a ,done,2026-01-31\n", []string{"u1 a/done/2026-01-31 b/open/empty", "u2 nothing", u3}, nil, nil, "blank is not completed"},
		{"an instant", "u1,a,done,2026-01-31T10:00:00+01:00\n", []string{"u1 a/done/2026-01-31T09:00:00Z", "u2 nothing", u3}, nil, nil, "days and instants both"},
		{"twice", "u1,a,done,2026-01-31\nu2,a,open,\nu1,a,failed,\n", []string{"u1 a/failed/empty", "u2 a/open/empty", u3}, nil, nil, "the later row is the latest record"},
		{"blank status", "u1,a,,\n", []string{"u1 a//empty", "u2 nothing", u3}, nil, nil, "a record whose status nobody knows"},
		{"unreadable status", "u1,a,\xff,\n", []string{"u1 a//empty", "u2 nothing", u3}, []string{"2 unreadable status"}, nil, "unknown, and reported"},
		{"unreadable completion", "u1,a,done,\xff\n", []string{"u1 a/done/unknown", "u2 nothing", u3}, []string{"2 unreadable completed"}, nil, "unknown, and reported"},
		{"no date", "u1,a,done,soon\n", []string{"u1 a/done/unknown", "u2 nothing", u3}, []string{"2 badValue completed"}, nil, "unknown, and reported"},
		{"unreadable course", "u1,\xff,done,\nu1,b,open,\n", []string{"u1 partly b/open/empty", "u2 nothing", u3}, []string{"2 badKey course"}, nil, "one of u1's courses is missing from the list"},
		{"blank course", "u1, ,done,\n", []string{"u1", "u2 nothing", u3}, []string{"2 blankKey course"}, nil, "likewise"},
		{"unusable course", "u1,a\u200b,done,\n", []string{"u1", "u2 nothing", u3}, []string{"2 badKey course"}, nil, "likewise"},
		{"ragged", "u1,a,done\nu2,a,open,\n", []string{"u1", "u2 a/open/empty", u3}, []string{"2 ragged"}, nil, "nobody knows which course"},
		{"ragged and shifted", "x,u1,a,done,\nu2,a,open,\n", []string{"u1", "u2 a/open/empty", u3}, []string{"2 ragged"}, nil, "whoever a cell names may be the one"},
		{"blank user", "u1,a,done,\n,b,done,\n", []string{"u1 partly a/done/empty", "u2", u3}, []string{"3 blankKey user"}, nil, "it may be anybody's course"},
		{"unreadable user", "u1,a,done,\n\xff,b,done,\n", []string{"u1 partly a/done/empty", "u2", u3}, []string{"3 badKey user"}, nil, "likewise"},
		{"ragged without a user", "u1,a,done,\n\xff\n", []string{"u1 partly a/done/empty", "u2", u3}, []string{"3 ragged"}, nil, "likewise"},
		{"stored and not in the people file", "u3,d,open,\n", []string{"u1 nothing", "u2 nothing", "u3 d/open/empty"}, nil, nil, "kept for stored users of that ID"},
		{"a stranger", "u9,d,open,\nu8,d,open,\nu9,e,open,\n", []string{"u1 nothing", "u2 nothing", u3}, nil, []string{"strayEnrollment enrollments"}, "ignored, with one finding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t, groups.User{
				ID: "u3", Activation: groups.Activated, Expiry: groups.Current,
				Enrollments: groups.Enrolled(groups.Enrollment{Course: "c", Status: "done", Completed: groups.Day(groups.NewDate(2020, 1, 1))}),
			})
			e, err := groups.ReadEnrollmentsCSV(strings.NewReader(head+c.rows), &records)
			if err != nil {
				t.Fatal(err)
			}
			people := groups.PeopleCSV{Key: "id"}
			p := w.load(t, "id\nu1\nu2\n", people, func(f *groups.PeopleFile) { f.Enrollments = e })
			var got []string
			for _, s := range w.users(t) {
				s = strings.Replace(s, " active", "", 1)
				got = append(got, strings.Replace(s, " enrolled", "", 1))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.issues, brief(e.Issues)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if diff := cmp.Diff(c.findings, codes(p.Findings)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
			if p := w.plan(t, "id\nu1\nu2\n", people, func(f *groups.PeopleFile) { f.Enrollments = e }); p.Unchanged != 2 || len(p.Changed) > 0 {
				t.Errorf("the same files again must find nothing to do: %+v", p)
			}
		})
	}
	t.Run("the finding names everybody", func(t *testing.T) {
		p := newTenant(t).plan(t, "id\nu1\n", groups.PeopleCSV{Key: "id"}, enrolled(t, head+"u9,d,open,\nu8,d,open,\n", records))
		if len(p.Findings) != 1 || !strings.HasSuffix(p.Findings[0].Text, `: "u8", "u9"`) {
			t.Errorf("%v", p.Findings)
		}
	})
}

func TestEnrollmentsWithoutAFile(t *testing.T) {
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "id"}
	w.load(t, "id\nu1\n", o, enrolled(t, "user,course,status,completed\nu1,a,done,\n", records))
	w.load(t, "id\nu1\nu2\n", o)
	want := []string{"u1 active enrolled a/done/empty", "u2 active"}
	if diff := cmp.Diff(want, w.users(t)); diff != "" {
		t.Errorf("users keep their enrollments, and those of new users are unknown (-want +got):\n%s", diff)
	}
}

func TestEnrollmentColumnsThatAreNotThere(t *testing.T) {
	w := newTenant(t)
	o := groups.PeopleCSV{Key: "id"}
	w.load(t, "id\nu1\n", o, enrolled(t, "user,course,status,completed\nu1,a,done,2026-01-31\nu1,b,open,\n", records))
	w.automatic(t, "done", groups.AnySets(groups.All(groups.Courses("a").Are("done"))), groups.Keep)
	p := w.load(t, "id\nu1\n", o, enrolled(t, "user,course\nu1,a\nu1,c\n", records))
	if diff := cmp.Diff([]string{"u1 active enrolled a/done/2026-01-31 c//unknown"}, w.users(t)); diff != "" {
		t.Errorf("what is not in the file stays as stored (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"missingColumn enrollment column completed", "missingColumn enrollment column status"}, codes(p.Findings)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasSuffix(p.Findings[0].Text, `groups that read it: "done"`) {
		t.Errorf("%v", p.Findings)
	}
	if !p.Run.Empty() {
		t.Errorf("a column that is not there moved somebody: %v", p.Run.Changes())
	}
	// A column that was never asked for is Unknown without a finding.
	p = w.plan(t, "id\nu1\n", o, enrolled(t, "user,course\nu1,a\n", groups.EnrollmentsCSV{User: "user", Course: "course"}))
	if u := p.People.Upsert[0]; show(u) != "u1 active enrolled a//unknown" || len(p.Findings) != 0 {
		t.Errorf("%s, %v", show(u), p.Findings)
	}
}

func TestEnrollmentStatusesComeIntoTheSchema(t *testing.T) {
	w := newTenant(t)
	if err := w.Write(t.Context(), groups.PeopleChange{Schema: &groups.Schema{EnrollmentStatuses: []string{"open"}}}); err != nil {
		t.Fatal(err)
	}
	p := w.load(t, "id\nu1\n", groups.PeopleCSV{Key: "id"}, enrolled(t, "user,course,status,completed\nu1,a, done ,\nu1,b,,\nu9,c,failed,\n", records))
	if diff := cmp.Diff([]string{"done", "failed", "open"}, p.People.Schema.EnrollmentStatuses); diff != "" {
		t.Errorf("stored and seen, sorted (-want +got):\n%s", diff)
	}
}

func TestEnrollmentRefusals(t *testing.T) {
	for _, c := range []struct {
		file string
		o    *groups.EnrollmentsCSV
		want error
	}{
		{"user,course\n", nil, groups.ErrCSVOptions},
		{"user,course\n", &groups.EnrollmentsCSV{User: "user"}, groups.ErrCSVOptions},
		{"user,course\n", &groups.EnrollmentsCSV{User: "user", Course: "class"}, groups.ErrHeader},
		{"user,course\n", &groups.EnrollmentsCSV{User: "user", Course: "course", Format: groups.CSVFormat{Delimiter: '\n'}}, groups.ErrCSVOptions},
		{"user,User\n", &records, groups.ErrHeader},
		{"", &records, groups.ErrNoRows},
		{"user,course\n\"u1,a\n", &records, groups.ErrQuoting},
	} {
		if f, err := groups.ReadEnrollmentsCSV(strings.NewReader(c.file), c.o); !errors.Is(err, c.want) || f != nil {
			t.Errorf("%q with %+v: %v, want %v", c.file, c.o, err, c.want)
		}
	}
}

func TestAnEnrollmentFileWithoutRowsTakesNobodyOutOfACourse(t *testing.T) {
	none, err := groups.ReadEnrollmentsCSV(strings.NewReader("user,course\n"), &groups.EnrollmentsCSV{User: "user", Course: "course"})
	if err != nil {
		t.Fatal(err)
	}
	people, err := groups.ReadPeopleCSV(strings.NewReader("id\nu1\n"), &groups.PeopleCSV{Key: "id"})
	if err != nil {
		t.Fatal(err)
	}
	people.Enrollments = none
	fresh, busy := groups.NewMemory(), groups.NewMemory()
	enrolled := groups.User{ID: "u3", Enrollments: groups.Enrolled(groups.Enrollment{Course: "c", Status: "done"})}
	for _, m := range []*groups.Memory{fresh, busy} {
		change := groups.PeopleChange{Schema: new(groups.Schema)}
		if m == busy {
			change.Upsert = []groups.User{enrolled}
		}
		if err := m.Write(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := groups.NewEvaluator(fresh, fresh, nil).PlanImport(t.Context(), people); err != nil {
		t.Errorf("before the term there are no courses yet: %v", err)
	}
	if _, err := groups.NewEvaluator(busy, busy, nil).PlanImport(t.Context(), people); !errors.Is(err, groups.ErrNoRows) {
		t.Errorf("got %v: a feed that failed would take everybody out", err)
	}
}
