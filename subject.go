package groups

import (
	"time"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/program"
)

// subject is one group in a run.
type subject struct {
	*Group         // of a run over a few users that of the store, and not written to
	stored  bool   // the Store has it
	draft   bool   // the definition is not the stored one
	was     *Group // the stored one, where that is so
	rule    *Rule  // nil: the rule gives no verdict
	broken  bool   // the criteria do not fit the schema any more: everybody is Unknown
	cyclic  bool
	needs   []GroupID // the groups that its rule reads
	place   int       // of a glance, in the order of the groups
	view    View
	whole   bool // evaluated for everybody
	partial bool // evaluated for the users of the run
	waits   bool // not due by its schedule: what people decide is stored, and counts later
	trusted bool // not for the guard: a person has seen it, or decided it
	scope   Scope
	unread  bool // the scope of the owner cannot be read

	// held: the guard holds the group, since an earlier run or, with a hold, by this one; before is what it held
	// back before this run, as kept in the note.
	held   bool
	hold   *holding
	before *Plan
	note   *Note
	// edit is the newest version of its criteria where the group that is held was not processed with it so far.
	edit *Note

	// What a run by an index has of the group: how it evaluates the rule, what is stored, and when. preset
	// says that the counts began as they are stored.
	recipe *recipe
	terms  []program.Term
	toJoin []joinedTerm // those of the terms that read several groups, which are joined where they are needed
	roster *roster
	found  settlement
	preset bool
	// listed are those who were undecided, as the roster had them, and redecided those of these about whom the run has
	// decided anew.
	listed    []Member
	redecided []UserID
	// unordered says that somebody may have been met after others with higher IDs.
	unordered bool
	// movers are the numbers of those of the standings about whom the index has told.
	movers []uint32

	// About the user at hand.
	standing Standing
	answer   Verdict // what a condition on this group finds

	diff      Diff
	standings []Standing // to be written
	written   bool       // it is in the commit
	kept      []Member   // where an edition wants to know
	first     page       // of who is in, where an edition wants to know
	// undecided is how many are undecided beside those listed, where an edition is only counted.
	undecided int
	// automatic is how many of the users looked at are members by their bit after the run.
	automatic int
	// next is the earliest instant met at which time alone changes something, and turn the
	// earliest day, after today, whose coming does.
	next  time.Time
	today calendar.Day
	turn  calendar.Day
	met   func(turn) // meet, made once
}

// uncount takes a user out of the counts who is in them as stored.
func (s *subject) uncount(stored Standing) {
	if stored.Population != Outside {
		s.diff.Population--
		if s.hold != nil {
			s.hold.planned.Population--
			s.hold.planned.Members--
		}
	}
	if stored.Member != Outside {
		s.diff.Members--
	}
	if stored.Member == Automatic {
		s.automatic--
	}
}

// expect notes when an assignment ends.
func (s *subject) expect(a *Assignment, now time.Time) {
	if a != nil && a.Until.After(now) {
		s.next = sooner(s.next, a.Until)
	}
}

// foresee notes when a new day can next change what the rule says of the user.
func (s *subject) foresee(u *User) {
	if u == nil || s.rule == nil || s.Frozen || s.turn == s.today+1 {
		return
	}
	for _, c := range s.rule.clocked {
		if s.met == nil {
			s.met = s.meet
		}
		c.turns(u, &s.view, s.met)
	}
}

// meet notes the day on which a date's relation to today changes.
func (s *subject) meet(t turn) {
	if day, ok := t.relation.NextDay(t.day, s.today, t.span); ok {
		s.turn = min(s.turn, day)
	}
}

// nextTurn is the earliest instant at which time alone can change what was met. Where the zone sets
// its clock back across midnight, the return of yesterday counts as such.
func (s *subject) nextTurn(now time.Time) time.Time {
	next := s.next
	if s.turn != noDay {
		if at, ok := calendar.Turn(s.turn, now, s.view.Zone); ok {
			next = sooner(next, at)
		}
	}
	if s.rule != nil && len(s.rule.clocked) > 0 && !s.Frozen {
		if at, ok := calendar.Turn(s.today, now, s.view.Zone); ok {
			next = sooner(next, at)
		}
	}
	return next
}
