package groups_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
)

// A life is a small tenant through a history: people come, go and become unknown, people decide about them,
// groups are edited, time passes, and some runs are written and others are not.
type life struct {
	*groups.Memory
	ev     *groups.Evaluator
	now    time.Time
	groups []groups.GroupID
}

func newLife(t *rapid.T, guard *groups.Guard) *life {
	l := &life{Memory: groups.NewMemory(), now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	l.ev = groups.NewEvaluator(l.Memory, l.Memory, l.options(guard, 0))
	l.must(t, l.Write(t.Context(), groups.PeopleChange{Schema: evalSchema()}))
	for _, g := range []groups.Group{
		evalGroup("romans", evalCity.Is("Rome")),
		evalGroup("late", evalHired.InLast(3, groups.Days)),
		evalManual("hands"),
		evalGroup("readers", groups.MemberOfAny("romans", "hands"), evalCity.IsNot("Oslo")),
	} {
		g.Deactivated = rapid.SampledFrom([]groups.Policy{groups.Keep, groups.DropAutomatic, groups.DropAll}).Draw(t, "policy")
		_, err := l.ev.Save(t.Context(), g, "ann")
		l.must(t, err)
		l.groups = append(l.groups, g.ID)
	}
	return l
}

func (l *life) options(guard *groups.Guard, bytes int64) *groups.Options {
	return &groups.Options{Now: func() time.Time { return l.now }, Guard: guard, Exclusions: true, IndexBytes: bytes}
}

func (l *life) must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *life) group(t *rapid.T) groups.Group {
	g, err := l.Group(t.Context(), rapid.SampledFrom(l.groups).Draw(t, "group"))
	l.must(t, err)
	return g
}

func lifeUser(t *rapid.T) groups.UserID {
	return groups.UserID(fmt.Sprint("u", rapid.IntRange(0, 12).Draw(t, "user")))
}

// edited is the group as somebody is about to save it.
func (l *life) edited(t *rapid.T) groups.Group {
	g := l.group(t)
	switch rapid.IntRange(0, 4).Draw(t, "edit") {
	case 0:
		g.Frozen = !g.Frozen
	case 1:
		g.Status = rapid.SampledFrom([]groups.Status{groups.Active, groups.Inactive}).Draw(t, "status")
	case 2:
		g.Deactivated = rapid.SampledFrom([]groups.Policy{groups.Keep, groups.DropAutomatic, groups.DropAll}).Draw(t, "policy")
	case 3:
		g.Kind = rapid.SampledFrom([]groups.Kind{groups.AutomaticGroup, groups.ManualGroup}).Draw(t, "kind")
	default:
		if g.ID != "readers" {
			g.Criteria = groups.AnySets(groups.All(evalCity.Is(rapid.SampledFrom([]string{"Rome", "Oslo"}).Draw(t, "city"))))
		}
	}
	return g
}

// acts are what can happen.
func (l *life) acts() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"a user comes or changes": func(t *rapid.T) {
			u := evalUser(lifeUser(t),
				rapid.SampledFrom([]evalTrait{evalIn("Rome"), evalIn("Oslo"), evalNowhereKnown, evalNowhereKnown}).Draw(t, "city"),
				rapid.SampledFrom([]evalTrait{func(*groups.User) {}, func(*groups.User) {}, evalOff, evalPerhapsOff}).Draw(t, "status"))
			if day := rapid.IntRange(0, 9).Draw(t, "day"); day > 0 {
				u.Fields["hired"] = groups.Day(groups.NewDate(2026, 3, day))
			} else {
				delete(u.Fields, "hired")
			}
			l.must(t, l.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{u}}))
		},
		"a user goes": func(t *rapid.T) {
			l.must(t, l.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{lifeUser(t)}}))
		},
		"people decide": func(t *rapid.T) {
			d := groups.Decision{By: "ann", Replace: true}
			if rapid.Bool().Draw(t, "for a day") {
				d.Until = l.now.Add(24 * time.Hour)
			}
			g, u := l.group(t).ID, lifeUser(t)
			var err error
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				_, err = l.ev.Exclude(t.Context(), g, d, u)
			case 1:
				_, err = l.ev.Unassign(t.Context(), g, "ann", u)
			default:
				_, err = l.ev.Assign(t.Context(), g, d, u)
			}
			l.must(t, err)
		},
		"a group is saved": func(t *rapid.T) {
			_, err := l.ev.Save(t.Context(), l.edited(t), "ann")
			l.must(t, err)
		},
		"an edit is previewed": func(t *rapid.T) {
			_, err := l.ev.Preview(t.Context(), l.edited(t), &groups.PreviewOptions{Members: groups.MembersAssigned})
			l.must(t, err)
		},
		"time passes": func(*rapid.T) { l.now = l.now.Add(11 * time.Hour) },
		"a run is written": func(t *rapid.T) {
			_, err := l.ev.Process(t.Context())
			l.must(t, err)
		},
		"a change is told": func(t *rapid.T) {
			run, err := l.ev.Changed(t.Context(), groups.Touched{Users: rapid.SliceOfN(rapid.Custom(lifeUser), 0, 6).Draw(t, "told")})
			l.must(t, err)
			for _, d := range run.Diffs {
				undecided := map[groups.UserID]bool{}
				for st, err := range l.Standings(t.Context(), d.Group, "") {
					l.must(t, err)
					undecided[st.User] = st.Undecided
				}
				for _, m := range d.Undecided {
					if !undecided[m.User] {
						t.Fatalf("%s is listed, and is not undecided in %s", m.User, d.Group)
					}
				}
			}
		},
	}
}

// Who should have moved in a run that was not written, who was undecided, and who is in by hand is known from
// the run before, and looked at again only where that matters.
func TestEveryRunOfALifeIsALookAtEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		none := groups.Bounds{Leaves: &groups.Limit{}, Joins: &groups.Limit{}}
		guard := rapid.SampledFrom([]*groups.Guard{{}, {}, {Group: none, Day: none, Run: none, Runs: none}}).Draw(t, "guard")
		l := newLife(t, guard)
		acts := l.acts()
		acts[""] = func(t *rapid.T) {
			plain := groups.NewEvaluator(l.Memory, l.Memory, l.options(guard, -1))
			want, err := plain.Evaluate(t.Context())
			l.must(t, err)
			for range 2 {
				got, err := l.ev.Evaluate(t.Context())
				l.must(t, err)
				if at := law.Difference(want, got); at != "" {
					t.Fatal(at)
				}
			}
		}
		t.Repeat(acts)
	})
}

// What a run has given away is the caller's: they may write to it, and the next is as it would have been.
func TestWhatARunReturnsIsTheCallers(t *testing.T) {
	w := newEvalWorld(t, nil)
	w.people(evalUser("ann", evalNowhereKnown), evalUser("bob", evalNowhereKnown))
	w.process()
	for range 2 {
		run, err := w.ev.Evaluate(t.Context())
		w.must(err)
		w.want(evalDiffs(run), "romans ?ann ?bob")
		slices.Reverse(run.Diffs[0].Undecided)
		run.Diffs[0].Undecided = append(run.Diffs[0].Undecided[:1], groups.Member{User: "zoe"})
	}
}
