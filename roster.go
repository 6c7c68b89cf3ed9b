package groups

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/grouprules/groups/internal/ordered"
	"github.com/grouprules/groups/internal/program"
	"github.com/grouprules/groups/internal/userset"
)

// A roster is what is stored about the users of one group, as an index has it. Most are plain: in by the
// rule and nothing else, a bit each. Of the odd ones it has what runs ask of everybody; the rest is read
// from the Store.
type roster struct {
	// epoch and sequence are those of the state that it is a copy of, and live says how plain and firm users
	// are members.
	epoch    string
	sequence uint64
	live     bool

	bit       userset.Set // the automatic bit, of plain and odd users
	odd       userset.Set // whose standing is not plain
	firm      userset.Set // of the odd ones, who is assigned for good and in by that, and nothing else
	undecided userset.Set // of the others
	explicit  userset.Set // of the others, who is assigned or excluded
	// Of the others, how they are in: in the population, and there by the rule; and as members.
	population, byRule, member, memberByRule userset.Set
	until                                    map[uint32]time.Time // when assignments end, or did

	// How many there are.
	oddBits, populations, byRules, members, membersByRule int

	// listed are those who are undecided, in the order of their IDs, and answer what conditions find in the group
	// as long as it is live; nil where that is to be made again.
	listed []Member
	answer *program.Term
	// weight is as it was last counted, and unweighed says that it was written to since.
	weight    int
	unweighed bool

	// settled is what every standing was last found to agree with, but for those of the unsettled: who should
	// have moved then, or was written since.
	settled   settlement
	unsettled userset.Set
}

// A settlement is a state of the world in which every standing of a group is what the decision table makes
// of it, as long as the rule says what the bit does. Who is not as they were then is looked at again.
type settlement struct {
	revision uint64         // of the definition
	stirred  int            // how many users had come, gone, or been switched on or off
	flipped  int            // for how many a predicate had become another
	reads    []program.Term // what the rule found in other groups
	lost     uint64         // how often flips had been lost
	now      time.Time
	ruled    bool // it is of what the rule said, within no scope and with nothing unread
	filled   int  // how many predicates had been filled for the first time
	owes     bool // somebody was to move, which was not written, and of whom no flip tells
}

// follows reports whether it was of the definition, and flips tell of everybody who changed since.
func (s settlement) follows(revision, lost uint64) bool {
	return s.revision == revision && s.lost == lost && !s.now.IsZero() && !s.owes
}

// copies reports whether the roster is of the state.
func (ro *roster) copies(s State) bool {
	return ro.epoch == s.Epoch && ro.sequence == s.Sequence && ro.live == s.Live
}

// plain is the standing of a user who is in by the rule and nothing else.
func (ro *roster) plain(group GroupID, user UserID) Standing {
	st := Standing{Group: group, User: user, Automatic: true, Population: Automatic}
	if ro.live {
		st.Member = Automatic
	}
	return st
}

// standing is what is stored about a user; complete is false where the Store knows more, as of whoever is
// assigned or excluded.
func (ro *roster) standing(group GroupID, n uint32, user UserID) (st Standing, complete bool) {
	switch {
	case ro == nil:
		return Standing{Group: group, User: user}, true
	case !ro.odd.Has(n):
		if ro.bit.Has(n) {
			return ro.plain(group, user), true
		}
		return Standing{Group: group, User: user}, true
	case ro.explicit.Has(n), ro.firm.Has(n):
		return Standing{}, false
	}
	return Standing{
		Group: group, User: user, Automatic: ro.bit.Has(n), Undecided: ro.undecided.Has(n),
		Population: methodOf(ro.population.Has(n), ro.byRule.Has(n)), Member: methodOf(ro.member.Has(n), ro.memberByRule.Has(n)),
	}, true
}

func methodOf(in, byRule bool) Method {
	switch {
	case !in:
		return Outside
	case byRule:
		return Automatic
	}
	return Manual
}

// isPlain reports whether a standing is that of a user who is in by the rule and nothing else.
func (ro *roster) isPlain(st *Standing) bool {
	return st.Assignment == nil && st.Exclusion == nil && sameStanding(*st, ro.plain(st.Group, st.User))
}

// putPlain is put of many who are plain, of whom nothing was stored.
func (ro *roster) putPlain(plain []userset.Bits, users int) {
	n := 0
	for chunk, size := range chunksOf(users) {
		if in := plain[chunk].Count(); in > 0 {
			n += in
			ro.bit.Or(chunk, &plain[chunk])
			ro.bit.Put(chunk, &plain[chunk], size)
		}
	}
	ro.populations, ro.byRules = ro.populations+n, ro.byRules+n
	if ro.live {
		ro.members, ro.membersByRule = ro.members+n, ro.membersByRule+n
	}
}

// put replaces what is stored about a user.
func (ro *roster) put(n uint32, st Standing) {
	ro.answer = nil
	ro.count(n, -1)
	odd := !st.Blank() && !sameStanding(st, ro.plain(st.Group, st.User))
	was, firm := ro.odd.Has(n), ro.isFirm(st)
	if st.Undecided || ro.undecided.Has(n) {
		ro.listed = nil
	}
	include(&ro.bit, n, st.Automatic)
	if odd || was {
		include(&ro.odd, n, odd)
		include(&ro.firm, n, firm)
		odd = odd && !firm
		include(&ro.undecided, n, odd && st.Undecided)
		include(&ro.explicit, n, odd && (st.Assignment != nil || st.Exclusion != nil))
		include(&ro.population, n, odd && st.Population != Outside)
		include(&ro.byRule, n, odd && st.Population == Automatic)
		include(&ro.member, n, odd && st.Member != Outside)
		include(&ro.memberByRule, n, odd && st.Member == Automatic)
		delete(ro.until, n)
	}
	if st.Assignment != nil && !st.Assignment.Until.IsZero() {
		if ro.until == nil {
			ro.until = map[uint32]time.Time{}
		}
		ro.until[n] = st.Assignment.Until
	}
	ro.count(n, 1)
}

// isFirm reports whether a user is in by an assignment that does not end, and nothing is to be decided, but for the
// bit.
func (ro *roster) isFirm(st Standing) bool {
	return st.Assignment != nil && st.Assignment.Until.IsZero() && st.Exclusion == nil && !st.Undecided &&
		st.Population == Manual && st.Member == methodOf(ro.live, false)
}

func include(set *userset.Set, n uint32, in bool) {
	if in {
		set.Add(n)
	} else {
		set.Remove(n)
	}
}

// count adds what is stored about a user to the counts, or with -1 takes it out.
func (ro *roster) count(n uint32, by int) {
	add := func(to *int, is bool) {
		if is {
			*to += by
		}
	}
	if !ro.odd.Has(n) {
		if ro.bit.Has(n) {
			ro.populations += by
			ro.byRules += by
			add(&ro.members, ro.live)
			add(&ro.membersByRule, ro.live)
		}
		return
	}
	add(&ro.oddBits, ro.bit.Has(n))
	if ro.firm.Has(n) {
		ro.populations += by
		add(&ro.members, ro.live)
		return
	}
	add(&ro.populations, ro.population.Has(n))
	add(&ro.byRules, ro.byRule.Has(n))
	add(&ro.members, ro.member.Has(n))
	add(&ro.membersByRule, ro.memberByRule.Has(n))
}

// answers makes what conditions find in the group: its members, but for those who are undecided.
func (ro *roster) answers(users int) program.Term {
	t := program.Term{Yes: new(userset.Set), Unknown: new(userset.Set)}
	var b userset.Bits
	for chunk, size := range chunksOf(users) {
		b.Reset()
		if ro.live {
			ro.bit.Load(chunk, &b)
			ro.odd.AndNot(chunk, &b)
			ro.firm.Or(chunk, &b)
		}
		ro.member.Or(chunk, &b)
		ro.undecided.AndNot(chunk, &b)
		t.Yes.Put(chunk, &b, size)
		if ro.undecided.CountIn(chunk) > 0 {
			ro.undecided.Load(chunk, &b)
			t.Unknown.Put(chunk, &b, size)
		}
	}
	return t
}

// found is what a condition finds in the group about one user.
func (ro *roster) found(n uint32) Verdict {
	switch {
	case ro == nil:
		return No
	case ro.answer.Unknown.Has(n):
		return Unknown
	}
	return verdictOf(ro.answer.Yes.Has(n))
}

// tidy is called between writes and reads, with whether other groups read this one.
func (ro *roster) tidy(x *index, read bool) {
	if read && ro.answer == nil {
		answer := ro.answers(len(x.ids))
		ro.answer, ro.unweighed = &answer, true
	}
	if ro.listed == nil {
		ro.listed, ro.unweighed = make([]Member, 0, ro.undecided.Count()), true
		for n := range ro.undecided.All() {
			ro.listed = append(ro.listed, Member{x.ids[n], methodOf(ro.population.Has(n), ro.byRule.Has(n))})
		}
		sortByUser(ro.listed, func(m Member) UserID { return m.User })
	}
	if ro.unweighed {
		ro.weigh(&x.weighed.bytes)
	}
}

// weigh brings the sum of what rosters weigh up to date.
func (ro *roster) weigh(sum *int) {
	was := ro.weight
	ro.weight, ro.unweighed = ro.bytes(), false
	*sum += ro.weight - was
}

func (ro *roster) bytes() int {
	n := 48*len(ro.until) + 24*cap(ro.listed)
	if ro.answer != nil {
		n += ro.answer.Yes.Bytes() + ro.answer.Unknown.Bytes()
	}
	for _, set := range []*userset.Set{&ro.bit, &ro.odd, &ro.unsettled, &ro.undecided, &ro.explicit, &ro.firm, &ro.population, &ro.byRule, &ro.member, &ro.memberByRule} {
		n += set.Bytes()
	}
	return n
}

// readRosters brings what is stored about the groups of a run, and those that their rules read, up to
// date.
func (x *index) readRosters(ctx context.Context, r *run) error {
	read := r.readByWhole()
	var wanted, missing []*subject
	for _, s := range r.order {
		if !s.whole && !read[s.ID] || !s.stored {
			continue
		}
		wanted = append(wanted, s)
		if ro := x.rosters[s.ID]; ro == nil || !ro.copies(s.State) {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		x.known.grow(x.store)
	}
	rosters, strangers := make([]*roster, len(missing)), make([][]Standing, len(missing))
	err := eachInParallel(len(missing), func(i int) (err error) {
		rosters[i], strangers[i], err = x.readRoster(ctx, r, missing[i])
		return err
	})
	if err != nil {
		return err
	}
	for i, s := range missing {
		for _, st := range strangers[i] {
			rosters[i].put(x.number(st.User), st)
		}
		x.rosters[s.ID] = rosters[i]
		rosters[i].weigh(&x.weighed.bytes)
	}
	for _, s := range wanted {
		s.roster = x.rosters[s.ID]
		s.roster.tidy(x, read[s.ID])
	}
	return nil
}

// readRoster reads what is stored about a group, as far as the users have numbers. Several may be read at once.
func (x *index) readRoster(ctx context.Context, r *run, s *subject) (ro *roster, strangers []Standing, err error) {
	ro = &roster{epoch: s.State.Epoch, sequence: s.State.Sequence, live: s.State.Live}
	if was := x.rosters[s.ID]; was != nil {
		ro.weight = was.weight // in its place
	}
	with := x.scratch()
	defer x.scratches.Put(with)
	plain := with.nobody(len(x.ids))
	last := UserID("")
	for st, err := range numberedStandings(ctx, x.store, s.ID) {
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("read standings of group %q: %w", s.ID, err)
		case last != "" && st.User <= last:
			return nil, nil, fmt.Errorf("read standings of group %q: %v after %v: %w", s.ID, st.User, last, ordered.ErrOrder)
		}
		last = st.User
		switch n, known := x.numberOf(&st); {
		case !known:
			strangers = append(strangers, st.Standing)
		case ro.isPlain(&st.Standing):
			plain[n/userset.Chunk].Set(uint16(n % userset.Chunk))
		default:
			ro.put(n, st.Standing)
		}
	}
	ro.putPlain(plain, len(x.ids))
	return ro, strangers, r.still(ctx, s)
}

// numberOf is the number of the user of a standing, who has one unless they are a stranger. Many may ask at once.
func (x *index) numberOf(st *numberedStanding) (n uint32, known bool) {
	k := &x.known
	here := st.number > 0 && st.era == k.era && int(st.number) < len(k.numbers)
	if here {
		if n := atomic.LoadUint32(&k.numbers[st.number]); n > 0 {
			return n - 1, true
		}
	}
	n, known = x.numbers.Find(st.User)
	if known && here {
		atomic.StoreUint32(&k.numbers[st.number], n+1)
	}
	return n, known
}

// known are the users that have a number in a [Memory] as well.
type known struct {
	era     uint64
	numbers []uint32 // by that number, from 1 on; 0 is nobody
}

// grow makes room for those that there are.
func (k *known) grow(store Store) {
	m, ok := store.(*Memory)
	if !ok {
		return
	}
	era, n := m.numbers()
	if era != k.era {
		k.era, k.numbers = era, nil
	}
	if more := n + 1 - len(k.numbers); more > 0 {
		k.numbers = append(k.numbers, make([]uint32, more)...)
	}
}

// wrote brings the rosters up to date with what a run has written. Those that are not of the state that
// the run started from are left as they are, and read again when they are needed.
func (x *index) wrote(writes []Write, r *run) {
	if x == nil {
		return
	}
	defer x.lock()()
	for i := range writes {
		w := &writes[i]
		ro := x.rosters[w.Group]
		switch {
		case ro == nil || len(w.Standings) == 0 && !w.Delete && w.State == nil:
		case w.Delete || w.Was == nil || ro.epoch != w.Was.Epoch || ro.sequence != w.Was.Sequence:
			x.forget(w.Group)
		case w.State != nil && !x.turn(ro, w):
			x.forget(w.Group)
		case len(w.Standings) > 0:
			for _, st := range w.Standings {
				n := x.number(st.User)
				ro.put(n, st)
				ro.unsettled.Add(n)
				if _, alone := r.users[st.User]; r.glance == nil && (alone || r.groups[w.Group].roster == nil) {
					x.flips.add(n, flip{}) // decided by what the Directory said, which the index may not have read
				}
			}
			ro.sequence++
			ro.unweighed = true
		}
	}
	x.settle(r, true)
	x.glanced(r)
}

// turn makes the roster live, or not, as a write says. It reports false where somebody who is plain or firm is not
// written about: they would be taken for what they are not.
func (x *index) turn(ro *roster, w *Write) bool {
	if w.State.Live == ro.live {
		return true
	}
	left := ro.bit.Count() - ro.oddBits + ro.firm.Count()
	for _, st := range w.Standings {
		if n := x.number(st.User); ro.firm.Has(n) || ro.bit.Has(n) && !ro.odd.Has(n) {
			ro.put(n, Standing{Group: w.Group, User: st.User})
			left--
		}
	}
	ro.live = w.State.Live
	return left == 0
}

// forget drops the roster of a group.
func (x *index) forget(group GroupID) {
	x.weighed.bytes -= x.rosters[group].weight
	delete(x.rosters, group)
}

// settle notes that every standing of the groups agrees with what a run found, but for those that it would
// write, or where it has written, all of them.
func (x *index) settle(r *run, written bool) {
	all := r.edition == nil && r.glance == nil
	if r.glance == nil && !r.followed {
		for id := range r.users { // of whom the Directory told, not the index
			if n, known := x.numbers.Find(id); known {
				x.flips.note(n)
			}
		}
	}
	for _, s := range r.order {
		ro := x.rosters[s.ID]
		if !s.whole || s.held || s.draft || ro == nil || ro != s.roster || s.found.stirred == 0 && s.found.now.IsZero() {
			all = all && s.waits
			continue
		}
		switch moved := len(s.standings) > 0; {
		case written && moved && ro.sequence == s.State.Sequence+1:
			s.found.owes = false
			ro.settled, ro.unsettled = s.found, userset.Set{}
		case !(written && moved) && ro.sequence == s.State.Sequence:
			s.found.owes = moved && !ro.settled.follows(s.found.revision, s.found.lost) // else flips tell of them
			ro.settled, ro.unsettled = s.found, userset.Set{}
			for _, n := range s.movers {
				ro.unsettled.Add(n)
			}
			if len(s.movers) < len(s.standings) { // some were decided about alongside
				for i := range s.standings {
					ro.unsettled.Add(x.number(s.standings[i].User))
				}
			}
			all = all && !moved
		default:
			all = false
		}
	}
	if all && r.told == x.flips.told {
		x.flips.settled()
	}
}

// ended are the users of a roster whose assignments ended between then and now, in either direction.
func (ro *roster) ended(now time.Time) (ended []uint32) {
	from, to := ro.settled.now, now
	if to.Before(from) {
		from, to = to, from
	}
	for n, until := range ro.until {
		if until.After(from) && !until.After(to) {
			ended = append(ended, n)
		}
	}
	slices.Sort(ended)
	return ended
}
