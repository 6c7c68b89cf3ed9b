package law

import (
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// A Matcher answers criteria for one user.
type Matcher interface {
	Match(c groups.Criteria, u groups.User, w oracle.World) (groups.Verdict, error)
}

// A Foreteller answers criteria, and says until when the answers of all their conditions stand.
type Foreteller interface {
	Matcher
	Next(c groups.Criteria, u groups.User, w oracle.World) (next time.Time, ok bool, err error)
}

// Compiled is the rule of package groups.
type Compiled struct{}

// Match compiles and matches.
func (Compiled) Match(c groups.Criteria, u groups.User, w oracle.World) (groups.Verdict, error) {
	rule, err := w.Schema.Compile(c)
	if err != nil {
		return groups.Unknown, err
	}
	return rule.Match(&u, View(w)), nil
}

// Next compiles and asks for the next turn.
func (Compiled) Next(c groups.Criteria, u groups.User, w oracle.World) (time.Time, bool, error) {
	rule, err := w.Schema.Compile(c)
	if err != nil {
		return time.Time{}, false, err
	}
	next, ok := rule.Next(&u, View(w))
	return next, ok, nil
}

// Explained is the verdict that package groups explains.
type Explained struct{}

// Match compiles and explains.
func (Explained) Match(c groups.Criteria, u groups.User, w oracle.World) (groups.Verdict, error) {
	rule, err := w.Schema.Compile(c)
	if err != nil {
		return groups.Unknown, err
	}
	return rule.Explain(&u, View(w)).Verdict, nil
}

// View is a world as package groups takes it.
func View(w oracle.World) *groups.View {
	byTree := map[groups.Tree][]groups.Unit{}
	for _, t := range w.Schema.Trees {
		byTree[t] = nil
	}
	for _, u := range w.Units {
		byTree[u.Tree] = append(byTree[u.Tree], u)
	}
	v := &groups.View{Now: w.Now, Zone: w.Zone, Trees: map[groups.Tree]*groups.Hierarchy{}, Lines: groups.NewLines(w.Users...)}
	for t, list := range byTree {
		v.Trees[t] = groups.NewTree(list...)
	}
	if w.Member != nil {
		v.Memberships = memberOf(w.Member)
	}
	return v
}

type memberOf func(groups.UserID, groups.GroupID, bool) groups.Verdict

func (f memberOf) MemberOf(u groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
	return f(u, g, orBelow)
}

// Reading is the page, read right or with a defect.
type Reading struct {
	oracle.Oracle
	once []groups.Unit // the first units seen, for TreesAreReadOnce
}

// Match asks the oracle.
func (r *Reading) Match(c groups.Criteria, u groups.User, w oracle.World) (groups.Verdict, error) {
	if r.has(oracle.TreesAreReadOnce) {
		if r.once == nil {
			r.once = w.Units
		}
		w.Units = r.once
	}
	return r.Verdict(c, u, w), nil
}

// Next is that of the compiled rule, or what a defect makes of it; the page has no formula for it.
func (r *Reading) Next(c groups.Criteria, u groups.User, w oracle.World) (time.Time, bool, error) {
	switch {
	case r.has(oracle.NextIsNever):
		return time.Time{}, false, nil
	case r.has(oracle.NextTurnsInUTC):
		w.Zone = time.UTC
	}
	return Compiled{}.Next(c, u, w)
}

func (r *Reading) has(d oracle.Defect) bool {
	for _, has := range r.Defects {
		if has == d {
			return true
		}
	}
	return false
}

// Misread is the page read with a defect.
func Misread(d oracle.Defect) *Reading { return &Reading{Oracle: oracle.Broken(d)} }
