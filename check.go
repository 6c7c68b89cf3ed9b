package groups

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
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
	_, s, u, err := e.lookAt(ctx, group, user)
	if err != nil {
		return Unknown, err
	}
	return s.criteriaOn(u), nil
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

// lookAt takes one user through a group and those it refers to, as processing all of them would. It is what answers
// where there is no index, and what tests compare with.
func (e *Evaluator) lookAt(ctx context.Context, group GroupID, user UserID) (*run, *subject, *User, error) {
	r, err := e.begin(ctx, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	s, ok := r.groups[group]
	if !ok {
		return nil, nil, nil, fmt.Errorf("group %q: %w", group, ErrNotFound)
	}
	for _, id := range r.refs.allNeeds(group) {
		r.groups[id].partial = true
	}
	s.partial = true
	r.users = map[UserID]struct{}{user: {}}
	if err := r.evaluate(ctx); err != nil {
		return nil, nil, nil, err
	}
	u, err := r.user(ctx, user)
	if err != nil {
		return nil, nil, nil, err
	}
	if slices.ContainsFunc(r.order, func(s *subject) bool { return s.whole }) {
		// The guard has had it look at everybody, and somebody else is at hand.
		if err := r.alone(ctx, user, u); err != nil {
			return nil, nil, nil, err
		}
	}
	if u == nil && s.standing.Blank() {
		return nil, nil, nil, fmt.Errorf("user %q: %w", user, ErrNotFound)
	}
	return r, s, u, nil
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
	groups *references
}

// A check is what single checks need of a group. It is never written to.
type check struct {
	program program.Flat
	groups  []askedGroups // by the number of a condition on groups
	recipe  *recipe
	subject subject
}

// askedGroups is a condition on groups.
type askedGroups struct {
	match Match
	each  [][]GroupID // of each group it names: that one, and those below that count too
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
	if version != v.people || version != x.at || x.flips.lost != v.lost || c.refs != v.groups || c.moment != c.of.moment.Load() {
		return Unknown, outdated
	}
	k := x.checks[group]
	if k == nil {
		return Unknown, outdated
	}
	n, met := x.numbers.Find(user)
	if !met || !x.present.Has(n) {
		return Unknown, unfit
	}
	a := asker{x: x, e: e, n: n, id: user, unsure: x.flips.unsure.Has(n)}
	return verdictFrom(a.criteria(k)), a.found
}

// verdictFrom is what a program says as a verdict.
func verdictFrom(truth program.Truth) Verdict {
	return [...]Verdict{program.No: No, program.Unknown: Unknown, program.Yes: Yes}[truth]
}

// An asker asks for one user, who is among the people. What it says is only so where found is answered.
type asker struct {
	x      *index
	e      *Evaluator
	n      uint32
	id     UserID
	unsure bool      // something may be unknown of them
	now    time.Time // zero where nobody has asked for it
	found  finding
}

// give up says that the index does not tell, or not yet.
func (a *asker) give(up finding) program.Truth {
	a.found = max(a.found, up)
	return program.Unknown
}

// criteria is what those of a group say.
func (a *asker) criteria(k *check) program.Truth {
	return k.program.Match(func(number uint32) program.Truth {
		if number >= groupsFrom {
			return a.memberOf(&k.groups[number-groupsFrom])
		}
		p := a.x.asked[number-1]
		if !p.filled || p.relative && p.agenda.day != calendar.In(a.clock(), p.agenda.view.Zone) {
			return a.give(outdated)
		}
		return p.truth(a.n, a.unsure)
	})
}

// clock is the time. A run is never earlier than those before it, which the index does not tell apart.
func (a *asker) clock() time.Time {
	if a.now.IsZero() {
		if a.now = a.e.opts.Now(); a.now.Before(a.x.catalogue.clock) {
			a.give(unfit)
		}
	}
	return a.now
}

// memberOf is a condition on groups, not negated.
func (a *asker) memberOf(k *askedGroups) program.Truth {
	result := neutral(k.match)
	for _, named := range k.each {
		answer := No
		for _, id := range named {
			answer = MatchAny.join(answer, a.answer(id))
		}
		result = k.match.join(result, answer)
	}
	return truthOf(result)
}

// answer is what a condition finds in a group. Whoever would move there may be held back by the guard, which takes a
// run to tell.
func (a *asker) answer(id GroupID) Verdict {
	of := a.x.catalogue.entries[id]
	if of == nil || of.cyclic || of.Status != Active {
		return Unknown
	}
	k := a.x.checks[id]
	switch {
	case k == nil:
		a.give(outdated)
		return Unknown
	case k.subject.scheduled():
		a.give(unfit)
		return Unknown
	}
	stored, same := a.e.memory.standingAt(a.x.catalogue.moment, id, a.id)
	if !same {
		a.give(outdated)
		return Unknown
	}
	verdict := No
	if k.subject.asks() {
		verdict = verdictFrom(a.criteria(k))
	}
	u := User{ID: a.id, Activation: activationOf(a.x.status.codes.Code(a.n))}
	next, _ := k.subject.settle(&u, verdict, stored, a.clock(), a.e.opts.Exclusions)
	if of.State.Held != "" {
		next, _ = k.subject.holdBack(&u, stored, a.clock(), a.e.opts.Exclusions)
	}
	switch {
	case !sameStanding(stored, next):
		a.give(unfit)
		return Unknown
	case next.Undecided:
		return Unknown
	}
	return verdictOf(next.Member != Outside)
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
	now := vouched{x.at, x.schema, x.flips.lost, c.refs}
	if was := x.vouched; now.schema != was.schema || now.lost != was.lost || now.groups != was.groups {
		clear(x.checks)
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
			delete(x.checks, of.ID)
			return
		}
	}
	k := x.checks[of.ID]
	if k != nil && k.recipe == recipe {
		return
	}
	k = &check{recipe: recipe, subject: subject{Group: *of.Group, stored: true}}
	if recipe != nil {
		x.flatten(recipe)
		k.program = recipe.flat
		for _, g := range recipe.groups {
			k.groups = append(k.groups, x.askedGroups(g.leaf))
		}
	}
	x.checks[of.ID] = k
}

func (x *index) askedGroups(l *groupLeaf) askedGroups {
	asked := askedGroups{match: l.match}
	for _, id := range l.groups {
		named := []GroupID{id}
		if l.orBelow {
			named = append(named, x.catalogue.refs.beneath(id)...)
		}
		asked.each = append(asked.each, named)
	}
	return asked
}
