package groups

import (
	"slices"
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/naming"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds what single checks need of a group, and who asks it about one user.

// A check is what single checks need of a group, as it was filed. Most of the time that a question takes is spent on
// waiting for memory and on guessing which way it goes: so the steps lie together, and each leads to the next.
type check struct {
	// What most questions need, in 64 bytes.
	subject *subject
	decided decided

	steps  []step
	groups []namedGroups[GroupID] // by the number of a condition on them; blank is one that is not there
	first  int32
	// silent says that conditions on the group have no answer, whoever it is about.
	silent bool
	_      [8]byte // so that none of a list of them lies across what memory is read by
}

// decided is what is stored about a group and those that its rule reads, however far, where everybody was decided
// about in all of them: of whoever has not changed since, and of whom nothing is unknown, the rule says what their
// bit does. It is empty where the rule has to be asked.
type decided struct {
	bit       *userset.Set   // of the group
	undecided []*userset.Set // of each that it reads
	agendas   []*agenda      // of the rules that time alone changes
}

// A step is a condition of a check.
type step struct {
	// Of a condition on values that stands on their sheet: who has which, and its place in a row, as long as what was
	// vouched for stays.
	values *valued
	seat   uint32

	number uint32
	next   [Yes + 1]int32 // by what it says; after Unknown the steps do not tell
}

// checks are by group.
type checks struct {
	names *naming.Names[GroupID]
	list  []check // by number; one without a subject is none
}

func newChecks() *checks { return &checks{names: naming.New[GroupID]()} }

// of is the check of a group, or nil.
func (c *checks) of(id GroupID) *check {
	n, known := c.names.Find(id)
	if !known || c.list[n].subject == nil {
		return nil
	}
	return &c.list[n]
}

func (c *checks) put(id GroupID, k check) {
	n := c.names.Add(id)
	if int(n) == len(c.list) {
		c.list = append(c.list, check{})
	}
	c.list[n] = k
}

func (c *checks) drop(id GroupID) {
	if k := c.of(id); k != nil {
		*k = check{}
	}
}

func (x *index) newCheck(of *entry, recipe *recipe) check {
	k := check{silent: of.cyclic || of.Status != Active, subject: &subject{Group: of.Group, stored: true, recipe: recipe}, first: program.EndNo}
	if recipe == nil {
		return k
	}
	x.flatten(recipe)
	if of.recipe == recipe {
		k.decided = x.decided(of)
	}
	steps, first := recipe.flat.Steps()
	k.first = first
	for _, s := range steps {
		out := step{number: s.Number, next: [...]int32{No: s.No, Yes: s.Yes}}
		if s.Number < groupsFrom {
			if p := x.asked[s.Number-1]; p.filled && !p.relative && p.table == nil && p.sheet != nil {
				out.values, out.seat = p.aspect.(*valued), p.seat
			}
		}
		k.steps = append(k.steps, out)
	}
	known := func(id GroupID) GroupID {
		if x.catalogue.entries[id] == nil {
			return ""
		}
		return id
	}
	for _, g := range recipe.groups {
		k.groups = append(k.groups, namedBy(g.leaf, x.catalogue.refs, known))
	}
	return k
}

// decided is empty where not everybody was decided about in all of the groups, or where one has no answer, or another as
// soon as it is due or an assignment ends.
func (x *index) decided(of *entry) (d decided) {
	c := x.catalogue
	for _, g := range of.recipe.groups {
		if slices.ContainsFunc(g.leaf.groups, func(id GroupID) bool { return c.entries[id] == nil }) {
			return decided{}
		}
	}
	for _, id := range append([]GroupID{of.ID}, c.refs.allNeeds(of.ID)...) {
		e, ro := c.entries[id], x.rosters[id]
		if e == nil || e.doubted || ro == nil || e.scheduled() || e != of && (e.Status != Active || len(ro.until) > 0) {
			return decided{}
		}
		if e == of {
			d.bit = &ro.bit
		} else {
			d.undecided = append(d.undecided, &ro.undecided)
		}
		if e.clocked {
			on := x.agendas[e.zone]
			if on == nil {
				return decided{}
			}
			d.agendas = append(d.agendas, on)
		}
	}
	return d
}

// tells reports whether the bit of a user is what the rule says of them, as of the days of the agendas.
func (d *decided) tells(x *index, n uint32) bool {
	if d.bit == nil || len(x.flips.of[n]) > 0 || x.flips.unsure.Has(n) {
		return false
	}
	for _, of := range d.undecided {
		if of.Has(n) {
			return false
		}
	}
	return true
}

// says is what the bit of a user does.
func (d *decided) says(n uint32) Verdict { return verdictOf(d.bit.Has(n)) }

// verdictFrom is what a program says as a verdict.
func verdictFrom(truth program.Truth) Verdict {
	return [...]Verdict{program.No: No, program.Unknown: Unknown, program.Yes: Yes}[truth]
}

// An asker asks for one user, who is among the people. What it says is only so where found is answered.
type asker struct {
	x     *index
	e     *Evaluator
	n     uint32
	id    UserID
	now   time.Time // zero where nobody has asked for it
	found finding
}

// give up says that the index does not tell, or not yet.
func (a *asker) give(up finding) Verdict {
	a.found = max(a.found, up)
	return Unknown
}

// criteria is what those of a group say.
func (a *asker) criteria(k *check) Verdict {
	if k.decided.tells(a.x, a.n) && a.isOf(k.decided.agendas) {
		return k.decided.says(a.n)
	}
	at := k.first
	for at >= 0 {
		s := &k.steps[at]
		v := unasked
		if s.values != nil {
			if row := s.values.row(s.values.codes.Code(a.n)); row != nil {
				v = row[s.seat]
			}
		}
		if v == unasked {
			v = a.condition(k, s.number)
		}
		if v == Unknown {
			return a.unsure(k)
		}
		at = s.next[v]
	}
	return verdictOf(at == program.EndYes)
}

// isOf reports whether it is the day of the agendas.
func (a *asker) isOf(agendas []*agenda) bool {
	for _, g := range agendas {
		if g.day != calendar.In(a.clock(), g.view.Zone) {
			return false
		}
	}
	return true
}

// unsure is criteria for one of whom something is unknown.
func (a *asker) unsure(k *check) Verdict {
	return verdictFrom(k.subject.recipe.flat.Match(func(number uint32) program.Truth { return truthOf(a.condition(k, number)) }))
}

// condition is what one says, by its number and not negated.
func (a *asker) condition(k *check, number uint32) Verdict {
	if number >= groupsFrom {
		return k.groups[number-groupsFrom].held(a.answer)
	}
	p := a.x.asked[number-1]
	if !p.filled || p.relative && p.agenda.day != calendar.In(a.clock(), p.agenda.view.Zone) {
		return a.give(outdated)
	}
	return verdictFrom(p.truth(a.n, a.x.flips.unsure.Has(a.n)))
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

// answer is what a condition finds in a group. Whoever would move there may be held back by the guard, which takes a
// run to tell.
func (a *asker) answer(id GroupID) Verdict {
	if id == "" {
		return Unknown
	}
	k := a.x.checks.of(id)
	switch {
	case k == nil:
		return a.give(outdated)
	case k.silent:
		return Unknown
	case k.subject.scheduled():
		return a.give(unfit)
	}
	stored, same := a.e.memory.standingAt(a.x.catalogue.moment, id, a.id)
	if !same {
		return a.give(outdated)
	}
	verdict := No
	if k.subject.asks() {
		verdict = a.criteria(k)
	}
	u := User{ID: a.id, Activation: activationOf(a.x.status.codes.Code(a.n))}
	next, _ := k.subject.settle(&u, verdict, stored, a.clock(), a.e.opts.Exclusions)
	if k.subject.State.Held != "" {
		next, _ = k.subject.holdBack(&u, stored, a.clock(), a.e.opts.Exclusions)
	}
	switch {
	case !sameStanding(stored, next):
		return a.give(unfit)
	case next.Undecided:
		return Unknown
	}
	return verdictOf(next.Member != Outside)
}
