package groups_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// This file shows the scope of owners: a rule holds for the users assigned to the owner of its group.

// scopes is a Directory that knows which users are assigned to whom.
type scopes struct {
	groups.Directory
	of     map[string][]groups.UserID
	broken bool
}

func (s *scopes) Unwrap() any { return s.Directory }

func (s *scopes) Scope(_ context.Context, owner string) (groups.Scope, error) {
	if s.broken {
		return nil, errors.New("the table of owners is locked")
	}
	users, limited := s.of[owner]
	if !limited {
		return nil, nil
	}
	return func(u *groups.User) groups.Verdict {
		for _, id := range users {
			if id == u.ID {
				return groups.Yes
			}
			if id == "?"+u.ID {
				return groups.Unknown
			}
		}
		return groups.No
	}, nil
}

func TestARuleHoldsWithinTheScopeOfTheOwner(t *testing.T) {
	ctx := t.Context()
	in := func(name string, run func(w *evalWorld, s *scopes)) evalCase {
		return evalCase{name, func(w *evalWorld) {
			s := &scopes{Directory: w.Memory, of: map[string][]groups.UserID{"pat": {"ann", "cid"}, "lee": {"bob"}}}
			w.ev = groups.NewEvaluator(s, w.Memory, &groups.Options{Now: func() time.Time { return w.now }})
			w.edit("romans", func(g *groups.Group) { g.Owner = "pat" })
			w.want(w.process(), "romans -bob(rule)")
			run(w, s)
		}}
	}
	evalTable(t, nil, []evalCase{
		in("whoever edits it", func(w *evalWorld, s *scopes) {
			p := w.planFor("romans", nil, func(g *groups.Group) { g.Criteria = evalGroup("", evalCity.Is("Rome", "Oslo")).Criteria })
			r, err := w.ev.Publish(ctx, p, "an administrator who sees everybody")
			w.must(err)
			w.want(evalDiffs(r), "romans +cid(rule)")
		}),
		in("a change of owner recalculates", func(w *evalWorld, s *scopes) {
			w.edit("romans", func(g *groups.Group) { g.Owner = "lee" })
			w.want(w.changed(groups.Touched{}), "romans -ann(rule) +bob(rule)")
			w.edit("romans", func(g *groups.Group) { g.Owner = "" })
			w.want(w.changed(groups.Touched{}), "romans +ann(rule)")
		}),
		in("a change of the owner's scope recalculates", func(w *evalWorld, s *scopes) {
			s.of["pat"] = []groups.UserID{"bob"}
			w.want(w.changed(groups.Touched{Owners: []string{"pat"}}), "romans -ann(rule) +bob(rule)")
		}),
		in("an owner without limits has to do with everybody", func(w *evalWorld, s *scopes) {
			w.edit("romans", func(g *groups.Group) { g.Owner = "root" })
			w.want(w.process(), "romans +bob(rule)")
		}),
		in("an owner whose limits are gone has to do with everybody, though no user changed", func(w *evalWorld, s *scopes) {
			delete(s.of, "pat")
			w.want(w.process(), "romans +bob(rule)")
		}),
		in("nobody stays undecided once the scope can be read, though no user changed", func(w *evalWorld, s *scopes) {
			delete(s.of, "pat")
			w.want(w.process(), "romans +bob(rule)")
			s.broken = true
			w.edit("romans", func(g *groups.Group) { g.Criteria = evalGroup("", evalCity.Is("Rome", "Oslo")).Criteria })
			w.want(w.process(), "romans ?ann ?bob ?cid")
			s.broken = false
			w.want(w.process(), "romans +cid(rule)")
		}),
		in("assignments do not ask for the scope", func(w *evalWorld, s *scopes) {
			w.want(w.assign("romans", "bob"), "romans +bob(assignment)")
		}),
		in("a manual group is not recalculated", func(w *evalWorld, s *scopes) {
			g := evalManual("club")
			g.Owner = "lee"
			w.save(g)
			w.process()
			w.want(w.assign("club", "ann"), "club +ann(assignment)")
			w.edit("club", func(g *groups.Group) { g.Owner = "pat" })
			w.want(w.process(), "")
			s.of["pat"] = nil
			w.want(w.changed(groups.Touched{Owners: []string{"pat"}}), "romans -ann(rule)")
		}),
		in("a scope that cannot be read moves nobody, and is found", func(w *evalWorld, s *scopes) {
			s.broken = true
			w.people(evalUser("ann", evalIn("Oslo")), evalUser("bob", evalIn("Rome")), evalUser("eve", evalIn("Rome")))
			r, err := w.ev.Process(ctx)
			w.must(err)
			w.want(evalDiffs(r), "romans -ann(rule) ?bob ?eve") // the rule's No beats the Unknown
			if !strings.Contains(findingCodes(r.Findings), "scopeUnreadable group romans") {
				w.Errorf("%v", r.Findings)
			}
		}),
		in("whether somebody is assigned may be unknown", func(w *evalWorld, s *scopes) {
			s.of["pat"] = []groups.UserID{"?ann", "?bob"}
			w.want(w.process(), "romans ?ann ?bob")
			w.want(w.members("romans"), "ann")
		}),
		in("the explanation says so", func(w *evalWorld, s *scopes) {
			x, err := w.ev.Explain(ctx, "romans", "bob")
			w.must(err)
			if x.Verdict != groups.Yes || x.Population != groups.Outside || x.Scope == nil || *x.Scope != groups.No || !strings.Contains(x.String(), "assigned to the owner: no") {
				w.Errorf("%v", x)
			}
		}),
		in("an import is planned within the scope as well", func(w *evalWorld, s *scopes) {
			f, err := groups.ReadPeopleCSV(strings.NewReader("key,city\nbob,Rome\ncid,Rome\n"), &groups.PeopleCSV{Key: "key"})
			w.must(err)
			p, err := w.ev.PlanImport(ctx, f)
			w.must(err)
			w.want(evalDiffs(p.Run), "romans +cid(rule)")
		}),
	})
}
