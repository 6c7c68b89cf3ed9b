package groups_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
)

func TestEightEditorsOverwriteNothingAndEveryLoserIsToldWhoAndWhen(t *testing.T) {
	m := groups.NewMemory()
	at := func() (law.People, groups.Store) { return m, m }
	refused, err := law.Editing(slices.Repeat([]func() (law.People, groups.Store){at}, 8), 1000)
	if err != nil {
		t.Error(err)
	}
	if refused == 0 {
		t.Error("nobody ever lost")
	}
	t.Logf("8,000 saves, %d refused", refused)
}

func TestTheLawOfEditorsNoticesALostUpdate(t *testing.T) {
	m := groups.NewMemory()
	at := func() (law.People, groups.Store) { return m, losing{m} }
	if _, err := law.Editing(slices.Repeat([]func() (law.People, groups.Store){at}, 8), 100); err == nil {
		t.Error("it does not")
	}
}

// losing is a Store that says it has written what it has refused.
type losing struct{ groups.Store }

func (s losing) Apply(ctx context.Context, c groups.Commit) error {
	if err := s.Store.Apply(ctx, c); !errors.Is(err, groups.ErrConflict) {
		return err
	}
	return nil
}

// busy is a Store in which others save between the reading of a group and that of its versions.
type busy struct {
	groups.Store
	meanwhile func()
}

func (s busy) Notes(ctx context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	s.meanwhile()
	return s.Store.Notes(ctx, kind, id)
}

func TestWhoLosesAgainstManyEditsIsToldOfTheLast(t *testing.T) {
	w := newEvalWorld(t, nil)
	g, err := w.Group(t.Context(), "romans")
	w.must(err)
	for _, edits := range []int{1, 9, 10, 11, 25} {
		store := busy{w.Memory, func() {
			for n := range edits {
				w.edit("romans", func(g *groups.Group) { g.Criteria = groups.AllSets(groups.All(evalCity.Is(fmt.Sprint(edits, n)))) })
			}
		}}
		g.Criteria = groups.AllSets(groups.All(evalCity.Is("Oslo", fmt.Sprint(edits))))
		_, err = groups.NewEvaluator(w.Memory, store, nil).Save(t.Context(), g, "late")
		g.Revision += uint64(edits)
		if lost, is := errors.AsType[*groups.ConflictError](err); !is || lost.Revision != g.Revision || lost.By != "admin" {
			t.Errorf("after %d edits: %v", edits, err)
		}
	}
}
