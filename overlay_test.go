// In package groups, because an overlay is only seen by the evaluation of a plan, which reads it by
// some of its methods; the law is about all of them.
package groups

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAnOverlayIsTheDirectoryAfterTheWrite compares it with a Memory to which the same change was
// written.
func TestAnOverlayIsTheDirectoryAfterTheWrite(tt *testing.T) {
	ids := []UserID{"a", "b", "c", "d", "e", "f"}
	rapid.Check(tt, func(t *rapid.T) {
		ctx := t.Context()
		flag := rapid.Bool()
		base, after := NewMemory(), NewMemory()
		stored := PeopleChange{Schema: &Schema{Trees: []Tree{"old"}}, Trees: map[Tree][]Unit{}}
		change := PeopleChange{Trees: map[Tree][]Unit{}}
		for _, id := range ids {
			if flag.Draw(t, "stored") {
				stored.Upsert = append(stored.Upsert, User{ID: id, Activation: Activated})
			}
			switch rapid.IntRange(0, 3).Draw(t, "change") {
			case 1:
				change.Upsert = append(change.Upsert, User{ID: id, Activation: Activated, Manager: ReportsTo("x")})
			case 2:
				change.Deactivate = append(change.Deactivate, id)
			case 3:
				change.Remove = append(change.Remove, id)
			}
		}
		for _, tree := range []Tree{"k", "l", "m", "n"} {
			if flag.Draw(t, "stored") {
				stored.Trees[tree] = []Unit{{Tree: tree, ID: "1"}, {Tree: tree, ID: "2"}}
			}
			if flag.Draw(t, "replaced") {
				change.Trees[tree] = []Unit{{Tree: tree, ID: "2"}, {Tree: tree, ID: "3"}}[rapid.IntRange(0, 2).Draw(t, "units"):]
			}
		}
		if flag.Draw(t, "schema") {
			change.Schema = &Schema{Trees: []Tree{"new"}}
		}
		for _, m := range []*Memory{base, after} {
			if err := m.Write(ctx, stored); err != nil {
				t.Fatal(err)
			}
		}
		if err := after.Write(ctx, change); err != nil {
			t.Fatal(err)
		}
		over := newOverlay(base, change)
		if _, shows := As[Versioned](over); shows {
			t.Fatal("its version would be that of the people before the change")
		}
		if _, shows := As[Reporting](over); shows {
			t.Fatal("its reports would be those of the people before the change")
		}
		schemaAfter, _ := after.Schema(ctx)
		schemaOver, err := over.Schema(ctx)
		if diff := cmp.Diff(schemaAfter, schemaOver); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
		if diff := cmp.Diff(rows(t, after.Users(ctx)), rows(t, over.Users(ctx))); diff != "" {
			t.Fatalf("users (-written +overlay):\n%s", diff)
		}
		if diff := cmp.Diff(rows(t, after.Units(ctx)), rows(t, over.Units(ctx))); diff != "" {
			t.Fatalf("units (-written +overlay):\n%s", diff)
		}
		for _, id := range ids {
			u, err := after.User(ctx, id)
			v, err2 := over.User(ctx, id)
			if !u.Equal(v) || errors.Is(err, ErrNotFound) != errors.Is(err2, ErrNotFound) || (err == nil) != (err2 == nil) {
				t.Fatalf("%v, %v and %v, %v", u, err, v, err2)
			}
		}
		// A stream may be left at any row, and read again.
		for n := range len(ids) {
			left(over.Users(ctx), n)
			left(over.Units(ctx), n)
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := over.User(cancelled, "a"); err == nil {
			t.Fatal("a cancelled context ends a call with its error")
		}
		for _, err := range over.Users(cancelled) {
			if err == nil {
				t.Fatal("a cancelled context ends a stream with its error")
			}
		}
	})
}

func rows[T any](t *rapid.T, seq iter.Seq2[T, error]) []T {
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func left[T any](seq iter.Seq2[T, error], n int) {
	for range seq {
		if n--; n < 0 {
			return
		}
	}
}
