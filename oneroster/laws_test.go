package oneroster_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

// A roll is the state of a school: rows of each file by sourcedId, without status.
type roll map[string]map[string][]string

var rollColumns = map[string]string{
	"orgs":        "sourcedId,status,name,type,parentSourcedId",
	"users":       "sourcedId,status,enabledUser,orgSourcedIds,role,username,agentSourcedIds,grades",
	"enrollments": "sourcedId,status,classSourcedId,userSourcedId,role",
}

// rolls draws states in which the first two users are always there, are teachers, and are the only agents: a delta
// cannot say that the manager of somebody who is not in it is another.
func rolls(t *rapid.T) roll {
	r := roll{"orgs": {}, "users": {}, "enrollments": {}}
	draw := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "cell") }
	orgs := []string{"o0", "o1", "o2", "o3"}
	for i, id := range orgs {
		if i == 0 || rapid.Bool().Draw(t, "there") {
			r["orgs"][id] = []string{draw("A", "B"), "school", draw("", "o0", "o1", "o3", "gone")}
		}
	}
	for i := range 7 {
		id, role := fmt.Sprint("u", i), "teacher"
		if i > 1 {
			if !rapid.Bool().Draw(t, "there") {
				continue
			}
			role = draw("student", "STUDENT", "aide", "")
		}
		r["users"][id] = []string{draw("true", "FALSE", ""), draw("", "o1", `"o1,o2"`, "o3"), role, draw("", "ann", "bob"), draw("", "u0", "u1", `"u0,u1"`), draw("", "09", `"10,09"`)}
		for _, class := range []string{"c1", "c2"} {
			if rapid.Bool().Draw(t, "enrolled") {
				r["enrollments"][class+id] = []string{class, id, draw("student", "teacher")}
			}
		}
	}
	// The core takes a file that takes everybody out of every course for a mistake.
	r["enrollments"]["c1u0"] = []string{"c1", "u0", "teacher"}
	return r
}

// bulk is the state as a bundle.
func (r roll) bulk() bundle {
	b := bundle{"manifest": "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\nfile.enrollments,bulk\n"}
	for file, rows := range r {
		b[file] = rollColumns[file] + "\n"
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			b[file] += line(id, "", rows[id])
		}
	}
	return b
}

func line(id, status string, cells []string) string {
	return id + "," + status + "," + strings.Join(cells, ",") + "\n"
}

// delta is what makes another state of this one.
func (r roll) delta(next roll) bundle {
	b := bundle{"manifest": deltaOf("orgs", "users", "enrollments")}
	for file, rows := range next {
		b[file] = rollColumns[file] + "\n"
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			if was, there := r[file][id]; !there || !slices.Equal(was, rows[id]) {
				b[file] += line(id, "active", rows[id])
			}
		}
		for _, id := range slices.Sorted(maps.Keys(r[file])) {
			if _, there := rows[id]; !there {
				b[file] += line(id, "tobedeleted", r[file][id])
			}
		}
	}
	return b
}

type twoRolls struct{ was, is roll }

var twoOfThem = rapid.Custom(func(t *rapid.T) twoRolls { return twoRolls{rolls(t), rolls(t)} })

func lawOptions() *oneroster.Options {
	return &oneroster.Options{
		Missing: groups.RemoveMissing, Agents: []string{"teacher"},
		Fields: map[string]groups.Field{"users.grades": {Name: "grade", Type: groups.TypeMultiChoice}},
	}
}

// deltaOrBulk compares what a delta after a bulk comes to, once something was done to it, with the bulk of the
// state afterwards.
func deltaOrBulk(t testing.TB, w twoRolls, damage func(bundle) bundle) string {
	byDelta, byBulk := newSchool(t), newSchool(t)
	for _, s := range []school{byDelta, byBulk} {
		s.take(t, w.was.bulk(), lawOptions())
	}
	byDelta.take(t, damage(w.was.delta(w.is)), lawOptions())
	byBulk.take(t, w.is.bulk(), lawOptions())
	return cmp.Diff(byBulk.people(t), byDelta.people(t))
}

func TestADeltaAfterABulkIsTheBulkOfTheMergedState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := twoOfThem.Draw(rt, "states")
		if diff := deltaOrBulk(t, w, func(b bundle) bundle { return b }); diff != "" {
			rt.Fatalf("(-bulk +delta)\n%s", diff)
		}
	})
	for name, damage := range map[string]func(bundle) bundle{
		"nothing is taken away": func(b bundle) bundle {
			b = maps.Clone(b)
			for file, text := range b {
				var kept []string
				for _, line := range strings.SplitAfter(text, "\n") {
					if !strings.Contains(line, "tobedeleted") {
						kept = append(kept, line)
					}
				}
				b[file] = strings.Join(kept, "")
			}
			return b
		},
		"without users": func(b bundle) bundle { return b.with("users", rollColumns["users"]+"\n") },
		"without orgs":  func(b bundle) bundle { return b.with("orgs", rollColumns["orgs"]+"\n") },
		"without enrollments": func(b bundle) bundle {
			return b.with("enrollments", rollColumns["enrollments"]+"\n")
		},
	} {
		caught := false
		for seed := 0; seed < 50 && !caught; seed++ {
			caught = deltaOrBulk(t, twoOfThem.Example(seed), damage) != ""
		}
		if !caught {
			t.Errorf("%s, and nobody noticed", name)
		}
	}
}

// Another way for the rows to be ordered, and for the files to be packed, makes the same plan.
func TestTheOrderOfRowsAndThePackingDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := twoOfThem.Draw(rt, "states")
		for _, next := range []bundle{w.is.bulk(), w.was.delta(w.is)} {
			s := newSchool(t)
			s.take(t, w.was.bulk(), lawOptions())
			plan := func(b *oneroster.Bundle, err error) string {
				if err != nil {
					rt.Fatal(err)
				}
				p := s.plan(t, b)
				for i := range p.Issues {
					p.Issues[i].Line = 0
				}
				slices.SortFunc(p.Issues, func(a, b groups.Issue) int { return strings.Compare(a.String(), b.String()) })
				schema := p.People.Schema
				p.People.Schema = nil
				return fmt.Sprintf("%+v %+v %v %v %v %v %+v", schema, p.People, p.New, p.Changed, p.Missing, p.Issues, p.Feed)
			}
			other := maps.Clone(next)
			for file, text := range other {
				if file == "manifest" {
					continue
				}
				lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
				lines[len(lines)-1] += "\n"
				other[file] = lines[0] + strings.Join(rapid.Permutation(lines[1:]).Draw(rt, file), "")
			}
			data := other.zip(t)
			one := plan(oneroster.Read(next.folder(), lawOptions()))
			two := plan(oneroster.ReadZip(bytes.NewReader(data), int64(len(data)), lawOptions()))
			if one != two {
				rt.Fatalf("another order plans otherwise:\n%s\n%s", one, two)
			}
		}
	})
}
