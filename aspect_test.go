package groups

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups/internal/userset"
)

// TestManyAtOnceFlipAsOneByOne: of three people one has another value, one an unknown one, and one what they had.
func TestManyAtOnceFlipAsOneByOne(t *testing.T) {
	rule, err := (&Schema{Fields: []Field{{Name: "f", Type: TypeText}}}).Compile(AnySets(All(TextField("f").Is("x")), All(TextField("f").Is("y"))))
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	was := []User{{Fields: map[string]Value{"f": Text("x")}}, {Fields: map[string]Value{"f": Text("x")}}, {Fields: map[string]Value{"f": Text("x")}}}
	now := []User{{Fields: map[string]Value{"f": Text("y")}}, {}, {Fields: map[string]Value{"f": Text("x")}}}
	of := func(users []User) (people []person) {
		for i := range users {
			people = append(people, one(uint32(i), &users[i])...)
		}
		return people
	}
	// told is what was noted when people are put so many at a time, by the places of the predicates.
	told := func(together int) (list []string, unsure userset.Set) {
		f := flips{on: true}
		a := fieldAspect("f")
		a.put(of(was))
		for _, set := range rule.sets {
			a.predicates = append(a.predicates, &predicate{leaf: set.leaves[0], aspect: a, agenda: agendaOf(noon, time.UTC), flips: &f, filled: true})
		}
		a.fill(a.predicates, new(scratch))
		for people := range slices.Chunk(of(now), together) {
			a.put(people)
		}
		if n := len(a.flipped.list) + len(a.flipped.of); n > 0 {
			t.Fatalf("%d are told again with the next", n)
		}
		for n := range uint32(len(now)) {
			for _, flip := range f.of[n] {
				list = append(list, fmt.Sprint(n, slices.Index(a.predicates, flip.predicate), flip.more, flip.now))
			}
		}
		return append(list, fmt.Sprint(f.count, f.told, f.flipped.length())), f.unsure
	}
	want, doubted := told(1)
	got, unsure := told(len(now))
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 5 {
		t.Errorf("-one by one +at once, of whom the first flips twice, and the second twice:\n%s%v", diff, got)
	}
	if n := unsure.Count(); n != 1 || !unsure.Has(1) || doubted.Count() != n {
		t.Errorf("%d are unsure, and one by one %d", n, doubted.Count())
	}
}

// TestUsersAreInTheOrderOfTheirValuesOnceSomebodyLooksForThese goes by what the order weighs.
func TestUsersAreInTheOrderOfTheirValuesOnceSomebodyLooksForThese(t *testing.T) {
	m := NewMemory()
	var people []User
	for i := range 500 {
		people = append(people, User{ID: UserID(fmt.Sprint("u", i)), Activation: Activated, Fields: map[string]Value{"pay": Number(float64(i))}})
	}
	if err := m.Write(t.Context(), PeopleChange{Schema: &Schema{Fields: []Field{{Name: "pay", Type: TypeNumber}}}, Upsert: people}); err != nil {
		t.Fatal(err)
	}
	ev := NewEvaluator(m, m, nil)
	g := Group{ID: "draft", Name: "draft", Kind: AutomaticGroup, Criteria: AnySets(All(NumberField("pay").AtLeast(7)))}
	if _, err := ev.Count(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	grows := func(a *valued) int {
		before := a.codes.Bytes()
		a.codes.Tidy()
		return a.codes.Bytes() - before
	}
	if n := grows(ev.index.aspects["field pay"].(*valued)); n != 0 {
		t.Errorf("a field that was asked for takes %d bytes to be put in order", n)
	}
	if n := grows(ev.index.status); n == 0 {
		t.Error("the status is in order though nobody asked for it")
	}
}
