package groups

import (
	"context"
	"fmt"
	"testing"
)

// inCity is a group of those who live there.
func inCity(city string) Group {
	return Group{ID: GroupID(city), Name: city, Kind: AutomaticGroup, Status: Active, Criteria: AnySets(All(TextField("city").Is(city)))}
}

// asked is a context that counts how often it is asked whether it has ended.
type asked struct {
	context.Context
	times int
}

func (c *asked) Err() error {
	c.times++
	return nil
}

func TestAGroupThatWasSettledLooksOnlyAtThoseWhoChangedSince(t *testing.T) {
	ctx := t.Context()
	m := NewMemory()
	person := func(i int, city string) User {
		return User{ID: UserID(fmt.Sprintf("p%04d", i)), Fields: map[string]Value{"city": Text(city)}}
	}
	people := PeopleChange{Schema: &Schema{Fields: []Field{{Name: "city", Type: TypeText}}}}
	for i := range 1000 {
		people.Upsert = append(people.Upsert, person(i, []string{"Graz", "Linz", "Wien"}[i%3]))
	}
	if err := m.Write(ctx, people); err != nil {
		t.Fatal(err)
	}
	e := NewEvaluator(m, m, nil)
	for _, city := range []string{"Graz", "Linz"} {
		if _, err := e.Save(ctx, inCity(city), "registrar"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Process(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(ctx, PeopleChange{Upsert: []User{person(3, "Linz"), person(4, "Linz"), person(8, "Salzburg")}}); err != nil {
		t.Fatal(err)
	}
	run, err := e.Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(run.Changes()); n != 2 {
		t.Errorf("%d move, want 2", n)
	}
	// What the run has put back is what it looked at: of those three who were written one lived in a city that is asked for, and
	// lives in another.
	// Whoever waits for it may give up before each group.
	counted := &asked{Context: ctx}
	if _, err := e.Evaluate(counted); err != nil || counted.times < 2 {
		t.Errorf("asked %d times whether the call is to end, %v", counted.times, err)
	}
	g := e.index.idle.take()
	if g == nil || g.users.Len() != 1 || g.users.User(0) != 3 {
		t.Fatalf("gathered is %+v, want p0003", g)
	}
	e.index.idle.put(g)
	// The next run looks at whom it has to, in the same memory.
	if err := m.Write(ctx, PeopleChange{Upsert: []User{person(6, "Linz")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Process(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(ctx, PeopleChange{Upsert: []User{person(9, "Linz"), person(10, "Graz")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Process(ctx); err != nil {
		t.Fatal(err)
	}
	if g = e.index.idle.take(); g == nil || g.users.Len() != 2 || g.users.User(0) != 9 || g.users.User(1) != 10 {
		t.Fatalf("gathered is %+v, want p0009 and p0010", g)
	}
	for range mostIdle + 1 {
		e.index.idle.put(g)
	}
	if n := len(e.index.idle.list); n != mostIdle {
		t.Errorf("%d are kept, want %d", n, mostIdle)
	}
	if e.index.clear(); e.index.idle.take() != nil {
		t.Error("an index of nothing keeps what it has gathered")
	}
}

// Somebody is assigned before the first import.
func TestWhereNobodyIsYetWhoIsAssignedIsLookedAt(t *testing.T) {
	ctx := t.Context()
	m := NewMemory()
	if err := m.Write(ctx, PeopleChange{Schema: &Schema{Fields: []Field{{Name: "city", Type: TypeText}}}}); err != nil {
		t.Fatal(err)
	}
	e := NewEvaluator(m, m, nil)
	if _, err := e.Save(ctx, inCity("Graz"), "registrar"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Process(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Assign(ctx, "Graz", Decision{By: "registrar"}, "p1"); err != nil {
		t.Fatal(err)
	}
	run, err := e.Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := NewEvaluator(m, m, &Options{Now: e.opts.Now, IndexBytes: -1}).Evaluate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(run.Diffs), fmt.Sprint(plain.Diffs); got != want {
		t.Errorf("the index finds\n%s\nand a look at everybody\n%s", got, want)
	}
}
