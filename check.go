package groups

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// This file holds the single check: what the criteria of one group say of one user.

// Match is what the criteria of a group, within the scope of its owner, say of a user as they are now, processed or
// not: the verdict that [Evaluator.Explain] tells of. It writes nothing. Who is a member is another question, of
// [Evaluator.IsMember]. An unknown group or user is an error that wraps [ErrNotFound].
//
// Where the Evaluator has its index of the people and the Store is a [Memory], this takes two look-ups by name and
// does not allocate; the first question after a write takes in what was written. It takes as long as to explain where
// no run has looked at everybody by those criteria yet, as in a frozen group; where the Directory is [Scoping]; and
// where the criteria ask for a group that has a [Schedule], or in which processing would move the user.
func (e *Evaluator) Match(ctx context.Context, group GroupID, user UserID) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Unknown, err
	}
	if v, ok := e.matchByIndex(ctx, group, user); ok {
		return v, nil
	}
	seen, err := e.lookAt(ctx, group, user)
	if err != nil {
		return Unknown, err
	}
	return seen.subject.criteriaOn(seen.user), nil
}

// matchByIndex is Match where the index tells.
func (e *Evaluator) matchByIndex(ctx context.Context, group GroupID, user UserID) (v Verdict, ok bool) {
	x := e.index
	if x == nil || e.memory == nil || e.scoping != nil {
		return Unknown, false
	}
	for n := 1; ; n++ {
		version, err := x.version.Version(ctx)
		if err != nil {
			return Unknown, false
		}
		v, found := x.match(e, version, group, user)
		if found != outdated || n == 2 || !x.vouch(ctx, e, group) {
			return v, found == answered
		}
	}
}

// A sight is what a run has found of one user in a group; user is nil for one who is not among the people.
type sight struct {
	run     *run
	subject *subject
	user    *User
}

// lookAt takes one user through a group and those it refers to, as processing all of them would. It is what answers
// where there is no index, and what tests compare with.
func (e *Evaluator) lookAt(ctx context.Context, group GroupID, user UserID) (sight, error) {
	return retried(func() (sight, error) {
		g, err := e.group(ctx, group)
		if err == nil && g == nil { // the store has its own words for that
			if _, err = e.store.Group(ctx, group); err == nil {
				err = errMoved
			}
		}
		if err != nil {
			return sight{}, err
		}
		r, err := e.start(ctx)
		if err != nil {
			return sight{}, err
		}
		stored, all := e.concerned(ctx, *g, *g)
		if !all {
			r.around = group
		}
		if err := r.readGroups(stored, nil, 0); err != nil {
			return sight{}, err
		}
		seen, err := r.lookAt(ctx, group, user)
		if err != nil || !slices.ContainsFunc(r.order, (*subject).moves) {
			return seen, err
		}
		// The guard counts who moves among all groups.
		if r, err = e.begin(ctx, nil); err != nil {
			return sight{}, err
		}
		return r.lookAt(ctx, group, user)
	})
}

// moves reports whether somebody moves there.
func (s *subject) moves() bool { return s.whole || s.diff.traffic() != Traffic{} || s.held }

func (r *run) lookAt(ctx context.Context, group GroupID, user UserID) (sight, error) {
	s, ok := r.groups[group]
	if !ok {
		return sight{}, fmt.Errorf("group %q: %w", group, ErrNotFound)
	}
	for _, id := range r.refs.allNeeds(group) {
		r.groups[id].partial = true
	}
	s.partial = true
	r.users, r.met = map[UserID]struct{}{user: {}}, map[UserID]*User{}
	r.supposing = s
	r.e.index.lend(ctx, r, func() { maps.Copy(r.trees, r.e.index.trees) })
	if err := r.evaluate(ctx); err != nil {
		return sight{}, err
	}
	u, err := r.user(ctx, user)
	if err != nil {
		return sight{}, err
	}
	if slices.ContainsFunc(r.order, func(s *subject) bool { return s.whole }) {
		// The guard has had it look at everybody, and somebody else is at hand.
		if err := r.alone(ctx, user, u); err != nil {
			return sight{}, err
		}
	}
	if u == nil && s.standing.Blank() {
		return sight{}, fmt.Errorf("user %q: %w", user, ErrNotFound)
	}
	return sight{r, s, u}, nil
}

// criteriaOn is what the criteria say of a user, asked for or not; nil is one who is not among the people.
func (s *subject) criteriaOn(u *User) Verdict {
	switch {
	case u == nil:
		return Unknown
	case s.broken:
		return s.within(u, Unknown)
	case s.rule == nil:
		return s.within(u, No)
	}
	return s.within(u, s.rule.Match(u, &s.view))
}

// vouched says as of when the index was last found to be what the people and the groups are, and its checks to be
// of those.
type vouched struct {
	people string
	schema *Schema
	lost   uint64 // flips, and with them what rules are asked by
	turned uint64
	groups *references
}

// finding is what came of asking the index.
type finding int

const (
	answered finding = iota
	outdated         // it may be another once the index is brought up to date
	unfit            // the index does not tell
)

// match asks the index, if it is of that version of the people and of the groups as they are.
func (x *index) match(e *Evaluator, version string, group GroupID, user UserID) (Verdict, finding) {
	x.reading.RLock()
	defer x.reading.RUnlock()
	c := x.catalogue
	v := &x.vouched
	if version != v.people || version != x.at || x.flips.lost != v.lost || x.flips.turned != v.turned || c.refs != v.groups || c.moment != c.of.moment.Load() {
		return Unknown, outdated
	}
	k := x.checks.of(group)
	if k == nil {
		return Unknown, outdated
	}
	n, met := x.numbers.Find(user)
	if !met || !x.present.Has(n) {
		return Unknown, unfit
	}
	// Most questions end here, before there is an asker, which takes longer to make than this to answer.
	if d := &k.decided; len(d.agendas) == 0 && d.tells(x, n) {
		return d.says(n), answered
	}
	a := asker{x: x, e: e, n: n, id: user}
	return a.criteria(k), a.found
}

// vouch brings the index up to date for a question about a group, and reports whether it could.
func (x *index) vouch(ctx context.Context, e *Evaluator, group GroupID) bool {
	unlock := x.lock()
	defer unlock()
	if x.at == "" {
		return false
	}
	version, err := x.readVersion(ctx)
	if err != nil {
		return false
	}
	r, err := e.start(ctx)
	if err != nil || x.schema != r.schema {
		return false
	}
	if x.at != version {
		x.catchUp(ctx, r)
	}
	if x.follows(r); x.at != version || !x.flips.on {
		return false
	}
	c := x.catalogue
	now := vouched{x.at, x.schema, x.flips.lost, x.flips.turned, c.refs}
	if was := x.vouched; now.schema != was.schema || now.lost != was.lost || now.turned != was.turned || now.groups != was.groups {
		x.checks = newChecks()
	}
	x.vouched = now
	for _, id := range append(c.refs.allNeeds(group), group) {
		if of := c.entries[id]; of != nil {
			x.prepare(e, of)
		}
	}
	return true
}

// prepare makes the check of a group. A rule that is broken, or that no run has looked at everybody for, has none.
func (x *index) prepare(e *Evaluator, of *entry) {
	var recipe *recipe
	if of.Kind == AutomaticGroup {
		zone, err := e.rules.zone(of.Zone, e.opts.Zone)
		if err == nil {
			var rule *Rule
			if rule, err = e.rules.compile(x.schema, *of.Group); err == nil {
				recipe = x.recipes[recipeKey{rule, zone}]
			}
		}
		if recipe == nil {
			x.checks.drop(of.ID)
			return
		}
	}
	if k := x.checks.of(of.ID); k == nil || k.subject.recipe != recipe {
		x.checks.put(of.ID, x.newCheck(of, recipe))
	}
}
