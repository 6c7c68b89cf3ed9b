package law

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grouprules/groups"
)

// Editing has editors save one group at once, each so many times: each at a store of their own, or at one. Who loses
// against another reads again and repeats. It returns how many saves were refused.
//
// Saves, revisions and acts are as many: each act begins from what the one before it has left, so that nobody has
// overwritten an edit unseen, and the last ten are the versions. Each refusal names the revision that was stored, who
// saved it and when.
func Editing(editors []func() (People, groups.Store), saves int) (refused int, err error) {
	var ticks atomic.Int64
	clock := func() time.Time { return time.Unix(0, ticks.Add(1)).UTC() } // no two saves are at one time
	people, store := editors[0]()
	if _, err := groups.NewEvaluator(people, store, &groups.Options{Now: clock}).Save(background, edition(0, 0), "nobody"); err != nil {
		return 0, err
	}
	var wait sync.WaitGroup
	lost, errs := make([][]*groups.ConflictError, len(editors)), make([]error, len(editors))
	for i, open := range editors {
		wait.Go(func() {
			people, store := open()
			lost[i], errs[i] = edit(groups.NewEvaluator(people, store, &groups.Options{Now: clock}), store, i, saves)
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	history, err := edits(store, uint64(1+len(editors)*saves))
	if err != nil {
		return 0, err
	}
	for _, list := range lost {
		for _, e := range list {
			refused++
			if e.Revision == 0 || e.Revision > uint64(len(history)) {
				return refused, fmt.Errorf("a loser is told of revision %d of %d", e.Revision, len(history))
			}
			if a := history[e.Revision-1]; e.By != a.By || !e.At.Equal(a.At) {
				return refused, fmt.Errorf("a loser is told of %q at %s, and revision %d is by %q at %s", e.By, e.At, e.Revision, a.By, a.At)
			}
		}
	}
	return refused, nil
}

// edition is the group as an editor leaves it, other criteria each time.
func edition(editor, n int) groups.Group {
	return groups.Group{
		ID: "g", Name: "g", Kind: groups.AutomaticGroup,
		Criteria: groups.AllSets(groups.All(groups.Name.Is(fmt.Sprintf("%d of %d", n, editor)))),
	}
}

// edit saves so many times, and returns what was said of those that were refused.
func edit(ev *groups.Evaluator, store groups.Store, editor, saves int) (lost []*groups.ConflictError, err error) {
	for n := 0; n < saves; {
		stored, err := store.Group(background, "g")
		if err != nil {
			return nil, err
		}
		g := edition(editor, n+1)
		g.Revision = stored.Revision
		runtime.Gosched() // while they think, others save
		_, err = ev.Save(background, g, fmt.Sprintf("editor %d", editor))
		conflict, is := errors.AsType[*groups.ConflictError](err)
		switch {
		case err == nil:
			n++
		case !is:
			return nil, fmt.Errorf("editor %d: %w", editor, err)
		default:
			if lost = append(lost, conflict); len(lost) > 100*(saves+10) {
				return nil, fmt.Errorf("editor %d always loses: %w", editor, err)
			}
		}
	}
	return lost, nil
}

// edits are the acts on the group by revision, of which there are so many, and each begins where another ended.
func edits(store groups.Store, want uint64) (history []groups.Act, err error) {
	g, err := store.Group(background, "g")
	if err != nil || g.Revision != want {
		return nil, fmt.Errorf("revision %d after %d saves: %w", g.Revision, want, err)
	}
	if history, err = collect(store.Acts(background, "g", "")); err != nil || uint64(len(history)) != want {
		return nil, fmt.Errorf("%d acts after %d saves: %w", len(history), want, err)
	}
	for i := 1; i < len(history); i++ {
		if !bytes.Equal(history[i].Before, history[i-1].After) {
			return nil, fmt.Errorf("what %q saved at %s is not what was saved before it, by %q", history[i].By, history[i].At, history[i-1].By)
		}
	}
	versions, err := collect(store.Notes(background, groups.NoteVersion, "g"))
	if err != nil || len(versions) != min(10, len(history)) {
		return nil, fmt.Errorf("%d versions after %d saves: %w", len(versions), want, err)
	}
	for i, n := range versions {
		var version groups.Group
		a := history[len(history)-len(versions)+i]
		if err := json.Unmarshal(n.Data, &version); err != nil || !bytes.Equal(n.Data, a.After) {
			return nil, fmt.Errorf("version %q is of revision %d, not what %q saved: %w", n.Key, version.Revision, a.By, err)
		}
	}
	return history, nil
}
