package groups

import (
	"container/heap"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/grouprules/groups/internal/program"
)

// A catalogue is the groups of a Store as an index keeps them between runs, so that a run over a few users
// need not read them all: the order of their references, their rules, and when each is next due. It follows
// what a Memory files.
type catalogue struct {
	x        *index
	of       *Memory
	moment   uint64 // up to which what was filed is read
	entries  map[GroupID]*entry
	refs     *references        // never written to
	order    []*entry           // those read by others first
	flat     []flatEntry        // in that order, for who looks at one user
	numbered []atomic.Int32     // by the number that a group has in the Memory: its place from 1 on; 0 is to be found by its ID
	asking   map[matter]*asking // by what they ask for; made when somebody wants to know
	basis    uint64             // of the schema and the options
	lost     uint64             // flips that were lost when the groups were last found ready

	// unready are those that cannot be followed user by user: a run must look at everybody there, or
	// an index has not done so yet.
	unready []*entry
	alarms  alarms
	frozen  map[GroupID]*entry // those of the frozen whose rule asks for units
	climbs  int                // how many rules climb the reporting line, of groups without a schedule
	reports int                // and how many ask whether somebody has reports

	// Of all groups: the latest clock, how many members there are, and the traffic by hour.
	clock              time.Time
	members, automatic int
	hours              map[int64]Traffic // by the second in which they begin
}

// An entry is a group in a catalogue.
type entry struct {
	*Group  // as it is stored, and never written to
	rule    *Rule
	zone    *time.Location
	waits   bool    // for its schedule: it is not due
	clocked bool    // time alone may change what its rule says
	recipe  *recipe // of a group that is ready, where it asks
	cyclic  bool
	place   int       // in the order
	needs   []GroupID // the groups that its rule reads
	readers []*entry  // those whose rules read it
	wakes   time.Time
	alarm   int  // its place among the alarms
	doubted bool // it is among the unready
}

// A flatEntry is what most looks at a group need of it.
type flatEntry struct {
	program program.Flat
	recipe  *recipe
	regime  regime
	waits   bool
	clocked bool
	reads   bool // other groups
}

// newCatalogue is nil where the Store is no Memory. A Store that has one inside may show other groups than that.
func newCatalogue(x *index) *catalogue {
	of, ok := As[*Memory](x.store)
	if !ok {
		return nil
	}
	return &catalogue{
		x: x, of: of, entries: map[GroupID]*entry{}, frozen: map[GroupID]*entry{}, hours: map[int64]Traffic{},
	}
}

// follow brings the catalogue up to date with the Store, for a run that has read the schema.
func (c *catalogue) follow(r *run) {
	if r.basis != c.basis {
		*c = *newCatalogue(c.x)
		c.basis = r.basis
	}
	written, gone, all, now := c.of.filedSince(c.moment)
	if c.moment = now; all {
		there := make(map[GroupID]bool, len(written))
		for _, g := range written {
			there[g.ID] = true
		}
		for id := range c.entries {
			if !there[id] {
				gone = append(gone, id)
			}
		}
	}
	for _, id := range gone {
		if e := c.entries[id]; e != nil {
			c.count(e, -1)
			c.x.follow(e, nil)
			heap.Remove(&c.alarms, e.alarm)
			delete(c.entries, id)
			c.unready = slices.DeleteFunc(c.unready, func(of *entry) bool { return of == e })
			delete(c.frozen, id)
			c.refs = nil
		}
	}
	filed := make([]*entry, len(written))
	for i, g := range written {
		filed[i] = c.file(r, g)
	}
	if c.refs == nil {
		c.arrange()
	}
	if n := c.of.numberedGroups(); n > len(c.numbered) {
		c.numbered = make([]atomic.Int32, n)
	}
	for _, e := range filed {
		c.doubt(e)
		for _, reader := range e.readers {
			if !reader.waits {
				c.doubt(reader)
			}
		}
	}
	if c.lost != c.x.flips.lost {
		c.lost = c.x.flips.lost
		for _, e := range c.entries {
			c.x.follow(e, nil)
			c.doubt(e)
		}
	}
	c.unready = slices.DeleteFunc(c.unready, func(e *entry) bool {
		e.doubted = !c.isReady(e)
		c.flatten(e)
		return !e.doubted
	})
}

// file enters a group as it is stored now.
func (c *catalogue) file(r *run, g *Group) *entry {
	e := c.entries[g.ID]
	known := e != nil
	if !known {
		e = &entry{}
		c.entries[g.ID] = e
	} else {
		c.count(e, -1)
	}
	if !known || g.Revision != e.Revision || g.State.Epoch != e.State.Epoch {
		c.x.follow(e, nil)
		e.rule, e.clocked, e.waits = nil, false, g.scheduled()
		e.zone, _ = r.e.rules.zone(g.Zone, r.e.opts.Zone)
		if g.Kind == AutomaticGroup {
			e.rule, _ = r.e.rules.compile(r.schema, *g)
			e.clocked = e.rule != nil && len(e.rule.clocked) > 0
		}
		c.refs = nil
	}
	woke := e.wakes
	e.Group, e.wakes = g, g.wakes()
	c.x.checks.drop(g.ID)
	if e.State.Clock.After(c.clock) {
		c.clock = e.State.Clock
	}
	c.count(e, 1)
	if delete(c.frozen, e.ID); e.Frozen && !e.waits && e.rule != nil && e.rule.units {
		c.frozen[e.ID] = e
	}
	switch {
	case !known:
		heap.Push(&c.alarms, e)
	case !e.wakes.Equal(woke):
		heap.Fix(&c.alarms, e.alarm)
	}
	return e
}

// count adds a group to what the catalogue has of all groups, or with -1 takes it out.
func (c *catalogue) count(e *entry, by int) {
	c.members += by * e.State.Members
	c.automatic += by * e.State.Automatic
	for _, t := range e.State.Lately {
		sum := c.hours[t.Hour.Unix()]
		sum.add(Traffic{Joined: by * t.Joined, Left: by * t.Left, Assigned: by * t.Assigned})
		if sum.Joined == 0 && sum.Left == 0 && sum.Assigned == 0 {
			delete(c.hours, t.Hour.Unix())
		} else {
			c.hours[t.Hour.Unix()] = sum
		}
	}
	if e.rule == nil || e.waits {
		return
	}
	if e.rule.lines {
		c.climbs += by
	}
	if e.rule.reports {
		c.reports += by
	}
}

// arrange puts the groups in the order of their references.
func (c *catalogue) arrange() {
	all := make([]*Group, 0, len(c.entries))
	for _, e := range c.entries {
		all = append(all, e.Group)
	}
	arrangement := newArrangement(all)
	c.refs, c.asking = arrangement.refs, nil
	c.order, c.flat = make([]*entry, len(all)), make([]flatEntry, len(all))
	c.numbered = nil
	for place, of := range arrangement.order {
		e := c.entries[of.id]
		e.place, e.cyclic, e.needs = place, of.cyclic, of.needs
		c.order[place] = e
		c.doubt(e)
	}
	for _, p := range c.x.asked {
		for i := range p.uses {
			p.uses[i].place = int32(p.uses[i].of.place)
		}
	}
	for _, e := range c.order {
		e.readers = nil
		for id := range c.refs.readBy(e.ID) {
			e.readers = append(e.readers, c.entries[id])
		}
	}
}

// asking are the groups whose rules ask for something, with their conditions that do, by their IDs.
type asking struct {
	entries []*entry
	said    []Asking
}

// asks are those that ask for one of these. They are not to be written to.
func (c *catalogue) asks(of matters) asking {
	if c.asking == nil {
		c.asking = map[matter]*asking{}
		for _, e := range slices.SortedFunc(maps.Values(c.entries), byID) {
			for _, a := range e.asking(nil, func(Condition) bool { return true }) {
				for _, asked := range a.Conditions {
					for m := range mattersOf(asked.Condition) {
						c.asking[m] = c.asking[m].with(e, asked)
					}
				}
			}
		}
		for _, by := range c.asking {
			by.pack()
		}
	}
	var all asking
	for m := range of {
		if by := c.asking[m]; by != nil {
			if len(of) == 1 {
				return *by
			}
			all.entries = append(all.entries, by.entries...)
		}
	}
	slices.SortFunc(all.entries, byID)
	all.entries = slices.Compact(all.entries)
	for _, e := range all.entries {
		all.said = e.asking(all.said, of.askedBy)
	}
	return all
}

// with adds a condition, if it is not the last one already.
func (a *asking) with(e *entry, of Asked) *asking {
	if a == nil {
		a = new(asking)
	}
	if n := len(a.entries); n == 0 || a.entries[n-1] != e {
		a.entries, a.said = append(a.entries, e), append(a.said, Asking{Group: e.ID, Name: e.Name})
	}
	last := &a.said[len(a.said)-1].Conditions
	if n := len(*last); n == 0 || (*last)[n-1].Pointer != of.Pointer {
		*last = append(*last, of)
	}
	return a
}

// pack lays the conditions and their units side by side, in the order in which they are read, and the IDs of the units once
// each: whoever goes through all of them does not wait for memory.
func (a *asking) pack() {
	conditions, operands := 0, 0
	for i := range a.said {
		for _, asked := range a.said[i].Conditions {
			if c, is := asked.Condition.(UnitCondition); is {
				operands += len(c.Units)
			}
			conditions++
		}
	}
	all, units, ids := make([]Asked, 0, conditions), make([]string, 0, operands), map[string]string{}
	for i := range a.said {
		first := len(all)
		for _, asked := range a.said[i].Conditions {
			if c, is := asked.Condition.(UnitCondition); is && len(c.Units) > 0 {
				from := len(units)
				for _, id := range c.Units {
					if _, met := ids[id]; !met {
						ids[id] = strings.Clone(id)
					}
					units = append(units, ids[id])
				}
				c.Units = slices.Clip(units[from:])
				asked.Condition = c
			}
			all = append(all, asked)
		}
		a.said[i].Conditions = slices.Clip(all[first:])
	}
}

func byID(a, b *entry) int { return strings.Compare(string(a.ID), string(b.ID)) }

// around are some groups, those that read them, however far, and those that all of these read.
func (c *catalogue) around(some []*entry) ([]*Group, *arrangement) {
	met := map[*entry]bool{}
	var list []*entry
	reach := func(e *entry) {
		if !met[e] {
			met[e] = true
			list = append(list, e)
		}
	}
	for _, e := range some {
		reach(e)
	}
	for i := 0; i < len(list); i++ {
		for _, reader := range list[i].readers {
			reach(reader)
		}
	}
	for i := 0; i < len(list); i++ {
		for _, id := range list[i].needs {
			reach(c.entries[id])
		}
	}
	slices.SortFunc(list, func(a, b *entry) int { return a.place - b.place })
	all, are := make([]*Group, len(list)), &arrangement{refs: c.refs, order: make([]placed, len(list))}
	for i, e := range list {
		all[i], are.order[i] = e.Group, placed{e.ID, e.cyclic, e.needs}
	}
	return all, are
}

// placeOf is the place of a group with that number in the Memory, if it is in the catalogue. Many may ask at once.
func (c *catalogue) placeOf(number uint32, id GroupID) (place int, ok bool) {
	if uint64(number) < uint64(len(c.numbered)) {
		if at := c.numbered[number].Load(); at > 0 {
			return int(at) - 1, true
		}
	}
	e := c.entries[id]
	if e == nil {
		return 0, false
	}
	if uint64(number) < uint64(len(c.numbered)) {
		c.numbered[number].Store(int32(e.place) + 1)
	}
	return e.place, true
}

// doubt has a group looked at again, whether it is ready.
func (c *catalogue) doubt(e *entry) {
	if !e.doubted {
		e.doubted, c.unready = true, append(c.unready, e)
	}
}

// isReady reports whether a run may follow a group user by user: it was last looked at as it is, by the index,
// for everybody.
func (c *catalogue) isReady(e *entry) bool {
	switch {
	case e.State.Held != "":
		return false
	case e.waits:
		return true // until it is due, nobody is looked at
	case e.cyclic, e.State.Revision != e.Revision, e.State.Live != (e.Status == Active), e.State.Reads != readsOf(c.basis, e.needs, c.read):
		return false
	}
	ro := c.x.rosters[e.ID]
	if ro == nil || !ro.copies(e.State) || !ro.settled.follows(e.Revision, c.x.flips.lost) {
		return false
	}
	if e.Kind != AutomaticGroup || e.Frozen {
		return true
	}
	if e.recipe == nil {
		c.x.follow(e, c.x.recipes[recipeKey{e.rule, e.zone}])
	}
	return e.recipe != nil
}

// read is what those find in a group who read it.
func (c *catalogue) read(id GroupID) asRead {
	e := c.entries[id]
	return asRead{e.Revision, e.State.Revision, e.State.Sequence, e.State.Live}
}

// follow makes a group a reader of the predicates of a recipe, and of no others.
func (x *index) follow(e *entry, recipe *recipe) {
	if e.recipe == recipe {
		return
	}
	if e.recipe != nil {
		for _, p := range e.recipe.predicates {
			p.uses = slices.DeleteFunc(p.uses, func(u use) bool { return u.of == e })
		}
	}
	if e.recipe = recipe; recipe != nil {
		x.flatten(recipe)
		for i, p := range recipe.predicates {
			p.uses = append(p.uses, use{e, int32(e.place), recipe.signs[i]})
		}
	}
}

// isDue reports whether time has come for a group, or was later already for one.
func (c *catalogue) isDue(now time.Time) bool {
	return now.Before(c.clock) || len(c.alarms) > 0 && come(c.alarms[0].wakes, now)
}

// groupsFrom is the first number of a condition on groups: it counts those of the recipe.
const groupsFrom = 1 << 30

// flatten notes what most looks at a group need.
func (c *catalogue) flatten(e *entry) {
	f := flatEntry{recipe: e.recipe, regime: regime{e.Kind, e.Deactivated, e.Frozen, e.Status == Active}, waits: e.waits, clocked: e.clocked}
	if e.recipe != nil {
		f.program, f.reads = e.recipe.flat, len(e.recipe.groups) > 0
	}
	c.flat[e.place] = f
}

// flatten makes the program of a recipe for one user, if it has none.
func (x *index) flatten(recipe *recipe) {
	if recipe.isFlat {
		return
	}
	terms := make([]program.Question, len(recipe.terms))
	for i, p := range recipe.predicates {
		if p.number == 0 {
			x.asked, x.seats = append(x.asked, p), append(x.seats, seat{})
			p.number = uint32(len(x.asked))
			x.stand(p)
		}
		terms[recipe.places[i]] = p.question(x.present.Count())
	}
	for i, g := range recipe.groups {
		terms[g.term] = program.Question{Number: uint32(groupsFrom + i), Chance: 0.5, Effort: groupEffort}
	}
	recipe.isFlat, recipe.flat = true, recipe.program.Flat(terms)
}

// traffic is that of all groups in the 24 hours up to now.
func (c *catalogue) traffic(now time.Time) (sum Traffic) {
	for hour, t := range c.hours {
		if isLate(time.Unix(hour, 0), now) {
			sum.add(t)
		}
	}
	return sum
}

// alarms are the groups for which time matters, the next first.
type alarms []*entry

func (a alarms) Len() int { return len(a) }
func (a alarms) Less(i, j int) bool {
	return !a[i].wakes.IsZero() && (a[j].wakes.IsZero() || a[i].wakes.Before(a[j].wakes))
}
func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].alarm, a[j].alarm = i, j
}

func (a *alarms) Push(e any) {
	e.(*entry).alarm = len(*a)
	*a = append(*a, e.(*entry))
}

func (a *alarms) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// next is when time next matters to a group other than those; zero is never.
func (a alarms) next(except map[GroupID]*subject) time.Time { return a.from(0, except) }

func (a alarms) from(i int, except map[GroupID]*subject) time.Time {
	if i >= len(a) {
		return time.Time{}
	}
	if _, is := except[a[i].ID]; !is {
		return a[i].wakes
	}
	return sooner(a.from(2*i+1, except), a.from(2*i+2, except))
}
